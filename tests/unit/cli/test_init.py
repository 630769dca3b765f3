"""jmxgen init: a scenario to start from, or the schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jmxgen.cli import execute
from jmxgen.scenario import templates
from jmxgen.scenario.load import load


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("template", ["ivr", "notifications", "audiohook"])
def test_what_it_writes_loads(folder: Path, template: str) -> None:
    assert execute(["init", "new/a.yaml", "--template", template]) == 0

    assert load(folder / "new" / "a.yaml").call


def test_the_default_is_an_ivr_in_scenario_yaml(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["init"]) == 0

    assert (folder / "scenario.yaml").read_text(encoding="utf-8") == templates.read("ivr")
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "wrote scenario.yaml\n")


def test_a_file_that_exists_stays_unless_forced(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "scenario.yaml").write_text("mine", encoding="utf-8")

    assert execute(["init"]) == 2
    assert (
        capsys.readouterr().err
        == "jmxgen: error: scenario.yaml: already exists (use --force to overwrite it)\n"
    )
    assert (folder / "scenario.yaml").read_text(encoding="utf-8") == "mine"

    assert execute(["-q", "init", "--force"]) == 0
    assert load(folder / "scenario.yaml").name == "ivr-gather"


def test_a_dash_is_stdout(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["init", "-"]) == 0

    assert capsys.readouterr().out == templates.read("ivr")
    assert not list(folder.iterdir())


def test_the_schema_is_json_on_stdout_or_in_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["init", "--schema"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert execute(["init", "--schema", "scenario.schema.json"]) == 0

    assert shown["title"] == "jmxgen scenario"
    assert json.loads((folder / "scenario.schema.json").read_text(encoding="utf-8")) == shown
