from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from jmxgen.analysis.model import LABEL_COLUMNS, Run
from jmxgen.cli import execute, mismatch
from jmxgen.jmeter.record import Record
from jmxgen.scenario.load import load
from jmxgen.scenario.model import Scenario
from tests import made

SCENARIO = """\
name: ivr
target: {url: 'wss://ivr.example.com/ws?caller=7'}
load: {callers: 40, ramp_up: 10s, hold: 10s}
call:
  - label: greet ${caller}
    request: {send: hi, contains: ok, within: 5s}
  - disconnect: {code: 1000}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    path = tmp_path / "ivr.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return load(path)


def run_with(labels: list[str], *, planned: int = 40) -> Run:
    table = pd.DataFrame([(name, 9, 0, 1, 1, 1, 1, 1) for name in labels], columns=list(LABEL_COLUMNS))
    return dataclasses.replace(made.healthy(40).run, labels=table, planned_callers=planned)


def test_the_scenario_that_was_run_is_not_doubted(scenario: Scenario) -> None:
    results = run_with(["open", "greet 17", "close", "https://example.com/logo.png"])
    record = Record(callers=40, scenario="ivr", target="wss://ivr.example.com/ws")

    assert not list(mismatch.notes(results, scenario, [record]))


def test_other_labels_callers_and_targets_are_named(scenario: Scenario) -> None:
    results = run_with(["WS Open", "greet 17"], planned=30)
    record = Record(callers=30, scenario="chat", target="wss://chat.example.com/ws")

    said = mismatch.warning(mismatch.notes(results, scenario, [record]))

    assert said == (
        "this scenario is not the one that was run: 1 of 2 labels are not those of its steps: 'WS Open'; "
        "it plans 30 callers, and the results show 40; its name is 'ivr', and 'chat' was run; "
        "its target is 'wss://ivr.example.com/ws', and 'wss://chat.example.com/ws' was run"
    )


def test_analyze_says_that_another_scenario_was_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], scenario: Scenario
) -> None:
    sample = Path(__file__).parents[3] / "samples" / "cap.jtl"

    assert execute(["analyze", str(sample), "--scenario", str(tmp_path / "ivr.yaml")]) == 0

    assert "this scenario is not the one that was run: 4 of 4 labels" in capsys.readouterr().out
