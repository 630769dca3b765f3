from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jmxgen.cli import execute
from jmxgen.jmx import tree
from jmxgen.scenario.load import load

SAMPLES = Path(__file__).parents[3] / "samples"


def test_the_next_run_generates_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(SAMPLES / "limit.yaml", tmp_path / "scenario.yaml")  # as `jmxgen run` leaves it
    shutil.copy(SAMPLES / "cap.jtl", tmp_path / "results.jtl")
    target = tmp_path / "next.yaml"

    execute(["analyze", str(tmp_path), "--next", str(target)])

    assert [stage.callers for stage in load(target).load.stages] == [57, 63, 57, 63]
    assert "next run: " in capsys.readouterr().err
    assert execute(["generate", str(target), "-o", str(tmp_path / "next.jmx")]) == 0


def test_a_plan_is_hardened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(SAMPLES / "plans" / "naive.jmx", tmp_path / "plan.jmx")
    shutil.copy(SAMPLES / "cap.jtl", tmp_path / "results.jtl")
    target = tmp_path / "next.jmx"

    assert execute(["analyze", str(tmp_path), "--next", str(target)]) == 0

    assert tree.read(target).source != (tmp_path / "plan.jmx").read_bytes()
    assert "next run: " in capsys.readouterr().err


def test_without_what_was_run_there_is_no_next_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(SAMPLES / "cap.jtl", tmp_path / "results.jtl")

    assert execute(["analyze", str(tmp_path), "--next", str(tmp_path / "next.yaml")]) == 2
    assert "there is no scenario.yaml or plan.jmx beside the results" in capsys.readouterr().err


def test_without_the_scenario_it_is_rebuilt_from_the_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(SAMPLES / "plans" / "naive.jmx", tmp_path / "plan.jmx")
    shutil.copy(SAMPLES / "cap.jtl", tmp_path / "results.jtl")
    target = tmp_path / "next.yaml"

    execute(["analyze", str(tmp_path), "--next", str(target)])

    made = load(target)
    assert [stage.callers for stage in made.load.stages] == [57, 63, 57, 63]
    assert [step.kind for step in made.call] == ["request", "repeat", "disconnect"]
    assert "# Rebuilt from plan.jmx: " in target.read_text("utf-8")
    assert "Rebuilt from plan.jmx: " in capsys.readouterr().err
    assert execute(["generate", str(target), "-o", str(tmp_path / "next.jmx")]) == 0


def test_the_next_run_does_not_mix_with_the_verdict_on_stdout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["analyze", str(SAMPLES / "cap.jtl"), "--scenario", str(SAMPLES / "limit.yaml"), "--next", "-"]

    assert execute(words) == 2
    assert "--next writes a file" in capsys.readouterr().err
