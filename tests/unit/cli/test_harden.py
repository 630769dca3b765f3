"""The command line of harden."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.cli import execute
from tests.plans import closed, group, headers, http, opened, plan, request

SOURCE = plan(group(headers(Origin="x"), http(), opened(), request(), closed()))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.jmx").write_bytes(SOURCE)
    return tmp_path


def test_the_plan_its_properties_and_a_list_of_changes_are_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["harden", "plan.jmx", "-o", "out/safe.jmx"]) == 0

    told = capsys.readouterr().out.splitlines()
    assert told[-1] == "2 changes, 1 left alone"
    assert all(line.startswith("plan.jmx:") for line in told[:-1])
    assert b"close before it opens again" in (folder / "out" / "safe.jmx").read_bytes()
    assert "websocket.thread.stop.policy=wsClose" in (folder / "out" / "safe.properties").read_text()
    assert (folder / "plan.jmx").read_bytes() == SOURCE


def test_lint_is_quieter_after_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["lint", "plan.jmx", "--ignore", "JX041"]) == 1
    execute(["harden", "plan.jmx", "-o", "safe.jmx"])
    assert execute(["lint", "safe.jmx", "--ignore", "JX041"]) == 0
    capsys.readouterr()


def test_a_diff_is_shown_and_nothing_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["harden", "plan.jmx", "--diff"]) == 0

    told = capsys.readouterr()
    assert told.out.startswith("--- plan.jmx\n+++ plan.jmx (hardened)\n@@ ")
    assert "2 changes, 1 left alone" in told.err
    assert [path.name for path in folder.iterdir()] == ["plan.jmx"]


def test_properties_of_the_plan_are_kept(folder: Path) -> None:
    (folder / "plan.properties").write_text("callers=5\nwebsocket.thread.stop.policy=none\n")

    execute(["harden", "plan.jmx", "-o", "safe.jmx"])

    lines = (folder / "safe.properties").read_text().splitlines()
    assert lines[:2] == ["callers=5", "websocket.thread.stop.policy=none"]
    assert lines[-2:] == ["websocket.thread.stop.policy=wsClose", "jmeter.save.saveservice.subresults=false"]


def test_options_reach_the_plan(folder: Path) -> None:
    words = ["--attempts", "3", "--base", "250ms", "--cap", "5s", "--give-up-on", "401", "--without", "pings"]

    assert execute(["harden", "plan.jmx", "-o", "safe.jmx", *words]) == 0

    made = (folder / "safe.jmx").read_bytes()
    assert b">jmxgen_open_1 3 250 5000 401<" in made
    assert b"jmxgen: pings are answered" not in made


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["plan.jmx"],
        ["none.jmx", "-o", "x.jmx"],
        ["plan.jmx", "-o", "plan.jmx"],
        ["plan.jmx", "-o", "x.jmx", "--base", "soon"],
        ["plan.jmx", "-o", "x.jmx", "--give-up-on", "all"],
        ["plan.jmx", "-o", "x.jmx", "--attempts", "0"],
        ["plan.jmx", "-o", "x.jmx", "--without", "nothing"],
    ],
)
def test_a_wrong_word_is_one_line(words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["harden", *words]) == 2

    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert errors.startswith("jmxgen: error: ")
    assert not (folder / "x.jmx").exists()
    assert (folder / "plan.jmx").read_bytes() == SOURCE


def test_the_rewrites_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["harden", "--list"]) == 0

    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == ["expressions", "headers", "last_close", "opens", "pings", "subresults"]
