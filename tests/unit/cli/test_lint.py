"""The command line of lint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jmxgen.cli import execute
from tests.plans import closed, element, group, http, opened, pings, plan, read, request

REMARK = plan(group(http()), element("ResultCollector", gui="ViewResultsFullVisualizer"))
TIDY = "websocket.thread.stop.policy=wsClose\njmeter.save.saveservice.subresults=false\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "bad.jmx").write_bytes(plan(group(opened(), request())))
    (tmp_path / "remark.jmx").write_bytes(REMARK)
    (tmp_path / "fine.jmx").write_bytes(plan(group(http())))
    (tmp_path / "unknown.jmx").write_bytes(plan(group(element("example.WebSocketSampler"))))
    return tmp_path


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["fine.jmx"], 0),
        (["bad.jmx"], 1),
        (["bad.jmx", "--fail-on", "never"], 0),
        (["bad.jmx", "--select", "JX010", "--fail-on", "error"], 0),
        (["bad.jmx", "--select", "JX001", "--fail-on", "error"], 1),
        (["remark.jmx"], 0),
        (["remark.jmx", "--fail-on", "info"], 1),
        (["bad.jmx", "--ignore", "JX0"], 0),
        (["unknown.jmx"], 1),
        (["unknown.jmx", "--select", "JX001"], 1),
        (["unknown.jmx", "--ignore", "not-checked"], 0),
        (["fine.jmx", "bad.jmx"], 1),
        ([], 2),
        (["none.jmx"], 2),
        (["bad.jmx", "--select", "JX9"], 2),
        (["bad.jmx", "--set", "ping_interval"], 2),
        (["bad.jmx", "--properties", "none.properties"], 2),
    ],
)
def test_the_exit_status_tells(words: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["lint", *words]) == status

    errors = capsys.readouterr().err
    assert errors.count("\n") == (status == 2)
    assert errors.startswith("jmxgen: error: ") == (status == 2)


def test_the_file_settings_hold_and_the_command_line_wins(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.jmxgen.lint]\nignore = ["JX0"]\nselect = ["JX00"]\n')
    assert execute(["lint", "bad.jmx"]) == 0

    (folder / "pyproject.toml").write_text('[tool.jmxgen.lint]\nfail-on = "never"\n')
    assert execute(["lint", "bad.jmx"]) == 0
    assert execute(["lint", "bad.jmx", "--fail-on", "warning"]) == 1


def test_the_properties_beside_a_plan_are_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "p.jmx").write_bytes(plan(group(pings(), opened(), read(optional=True), closed())))
    words = ["lint", "p.jmx", "--select", "JX005,JX055", "--fail-on", "info"]

    assert execute(words) == 1
    (folder / "own.properties").write_text(TIDY)
    assert execute([*words, "--properties", "own.properties"]) == 0
    (folder / "p.properties").write_text(TIDY)
    assert execute(words) == 0
    capsys.readouterr()


def test_what_can_be_read_is_told_beside_what_can_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["lint", "none.jmx", "bad.jmx"]) == 2

    told = capsys.readouterr()
    assert "JX001" in told.out
    assert told.err.startswith("jmxgen: error: none.jmx: can't be read")


def test_the_list_names_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    from jmxgen.lint import registry

    assert execute(["lint", "--list"]) == 0

    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        rule.id for rule in registry.rules()
    ]


def test_a_format_is_written_to_a_file(folder: Path) -> None:
    assert execute(["lint", "bad.jmx", "--format", "sarif", "-o", "out/lint.sarif"]) == 1

    assert json.loads((folder / "out" / "lint.sarif").read_text())["version"] == "2.1.0"


def test_an_output_over_the_plan_is_refused(folder: Path) -> None:
    before = (folder / "bad.jmx").read_bytes()

    assert execute(["lint", "bad.jmx", "-o", "bad.jmx"]) == 2
    assert (folder / "bad.jmx").read_bytes() == before


def test_what_is_not_checked_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    execute(["lint", "unknown.jmx"])

    shown = capsys.readouterr().out
    assert "no WebSocket sampler that jmxgen knows; not checked: example.WebSocketSampler" in shown
    assert "nothing found" not in shown


def test_nothing_found_is_not_said_of_a_plan_that_can_not_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["lint", "none.jmx"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "gitlab"])
def test_a_password_in_the_server_field_is_found_and_shown_nowhere(
    form: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "login.jmx").write_bytes(plan(group(opened(server="jo:hunter2x@example.com"), closed())))
    assert execute(["lint", "login.jmx", "--format", form]) == 1
    said = capsys.readouterr().out
    assert "JX042" in said
    assert "JX061" in said
    assert "hunter2x" not in said
