"""What people type first does what they mean."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jmxgen.cli import execute
from jmxgen.cli.init import SAMPLES
from jmxgen.errors import ResultError

FOLDER = Path(__file__).parents[3] / "samples"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_help_and_version_are_words_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["help"]) == 0
    assert "Commands:" in capsys.readouterr().out
    assert execute(["help", "plot"]) == 0
    assert "--kind" in capsys.readouterr().out
    assert execute(["version"]) == 0
    assert capsys.readouterr().out.startswith("jmxgen ")


def test_quiet_and_verbose_may_follow_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["init", "a.yaml", "-q"]) == 0
    assert execute(["generate", "-q", "a.yaml"]) == 0
    assert capsys.readouterr().err == ""
    with pytest.raises(ResultError, match=r"none\.jtl"):
        execute(["analyze", "none.jtl", "-v"])


def test_a_folder_stands_for_the_results_in_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "run").mkdir()
    shutil.copy(FOLDER / "cap.jtl", folder / "run" / "results.jtl")
    shutil.copy(FOLDER / "cap.jtl", folder / "run" / "other.jtl")
    assert execute(["plot", "run", "-o", "a.png", "--kind", "threshold"]) == 0
    (folder / "run" / "results.jtl").unlink()
    assert execute(["plot", "run", "-o", "b.png", "--kind", "threshold"]) == 0
    assert (folder / "a.png").read_bytes() == (folder / "b.png").read_bytes()

    (folder / "run" / "more.jtl").touch()
    assert execute(["analyze", "run"]) == 3
    assert "run: holds several results (name those of one run: more.jtl, other" in capsys.readouterr().err
    assert execute(["analyze", "."]) == 3
    assert ".: holds no results" in capsys.readouterr().err


def test_a_scenario_is_linted_as_the_plan_that_it_makes(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["-q", "init", "a.yaml"]) == 0
    assert execute(["lint", "a.yaml", "--format", "json", "--fail-on", "never"]) == 0
    of_scenario = capsys.readouterr().out
    assert execute(["-q", "generate", "a.yaml"]) == 0
    assert execute(["lint", "a.jmx", "--format", "json", "--fail-on", "never"]) == 0
    assert capsys.readouterr().out == of_scenario

    Path("a.yaml").write_text("name: [")
    assert execute(["lint", "a.yaml"]) == 2
    assert "a.yaml:1" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "path"), SAMPLES.items())
def test_samples_are_written_for_who_installed_by_pip(name: str, path: str, folder: Path) -> None:
    assert execute(["init", "--sample", name]) == 0
    assert (folder / name).read_bytes() == (FOLDER / path).read_bytes()
    assert execute(["init", "--sample", name]) == 2, "it is there already"
