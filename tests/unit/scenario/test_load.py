"""Scenario files: all faults at once, in place, in plain sentences; overrides."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.errors import ScenarioError
from jmxgen.scenario.load import MOST_FAULTS, load, loads

GOLDEN = Path(__file__).parents[2] / "golden" / "scenario" / "faults.txt"
LEAST = "name: a\ntarget: {url: ws://x}\ncall: [listen: 1s]\n"


def told(text: str, *overrides: str, functions: bool = True) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        loads(text, path="x", overrides=overrides, functions=functions)
    return [str(fault) for fault in caught.value.faults]


def test_a_file_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(LEAST, encoding="utf-8")

    assert load(file).name == "a"
    assert load(file) == loads(LEAST)


CASES = [case for case in GOLDEN.read_text(encoding="utf-8").split("\n\n") if not case.startswith("#")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rpartition("! ")[2][:60])
def test_all_faults_of_a_file_are_told_at_once_in_plain_sentences(case: str) -> None:
    text, _, faults = case.strip("\n").partition("\n! ")

    assert told(text + "\n") == faults.split("\n! ")


def test_a_huge_number_is_out_of_bounds_and_no_more() -> None:
    found = told(LEAST + f"load: {{callers: {'9' * 900}}}\n")

    assert found == ["x:4:17: load.callers: this must be 1000000 or less"]


def test_very_many_faults_are_cut_short() -> None:
    found = told("name: a\ntarget: {url: ws://x}\ncall: [" + "{snd: 1}," * 3000 + "]")

    assert len(found) == MOST_FAULTS + 1
    assert found[-1] == f"x: and {3000 - MOST_FAULTS} more errors"


def test_a_terminal_escape_in_a_key_is_shown_and_not_sent() -> None:
    (found,) = told(LEAST + '"\\e[31mred": 1\n')

    assert "\x1b" not in found
    assert "x1b" in found


def test_an_override_wins_and_is_typed_as_yaml_is() -> None:
    scenario = loads(
        LEAST + "load: {callers: 500, ramp_up: 100s}\n",
        overrides=[
            "load.callers=2000",
            "load.ramp_up=400s",
            "call.0.listen=2s",
            "target.headers.X-A=b:c",
        ],
    )

    assert scenario.load.callers == 2000
    assert str(scenario.load.ramp) == "6m40s"
    assert str(scenario.call[0].listen) == "2s"  # type: ignore[union-attr]
    assert scenario.target.headers == {"X-A": "b:c"}


def test_an_override_may_be_a_whole_part_and_an_empty_one_takes_a_key_away() -> None:
    scenario = loads(
        LEAST + "load: {callers: 500, ramp_up: 100s}\n",
        overrides=["load.callers=", "load.ramp_up=", "load.stages=[{callers: 5, hold: 1m}]"],
    )

    assert scenario.load.peak_callers == 5


@pytest.mark.parametrize(
    ("override", "fault"),
    [
        ("load.callers", "--set: 'load.callers': an override is KEY.KEY=VALUE (e.g. load.callers=2000)"),
        ("=5", "--set: '': an override is KEY.KEY=VALUE (e.g. load.callers=2000)"),
        ("load..callers=5", "--set: 'load..callers': an override is KEY.KEY=VALUE (e.g. load.callers=2000)"),
        ("load.callers=many", "--set: load.callers: this must be a whole number, not a text"),
        ("load.caller=5", "--set: load: unknown key 'caller' (did you mean 'callers'?)"),
        ("call.7.listen=5s", "--set: the list has no entry 7 (it has 1, from 0)"),
        ("call.x=5s", "--set: the list has no entry 'x' (it has 1, from 0)"),
        ("load.callers=[", "--set:1:2: not valid YAML: while parsing a flow node expected the node content"),
        ("target.url.x=5", "--set: target.url: this must be a text, not a mapping"),
    ],
)  # fmt: skip
def test_an_override_that_is_off_is_placed_at_set(override: str, fault: str) -> None:
    (found,) = told(LEAST, override)
    assert found.startswith(fault)


def test_defaults_are_those_of_the_design() -> None:
    scenario = loads(LEAST)

    assert scenario.reconnect.max_attempts == 6
    assert (str(scenario.reconnect.base), str(scenario.reconnect.cap)) == ("1s", "1m")
    assert scenario.reconnect.give_up_on == (401, 403, 404)
    assert (scenario.reconnect.jitter, scenario.reconnect.after_loss) == ("full", "restart")
    assert (str(scenario.target.connect_timeout), str(scenario.target.read_timeout)) == ("5s", "5s")
    assert scenario.keep_alive.reply_to_pings
    assert scenario.load.calls == 1


@pytest.mark.parametrize(
    "load_of",
    [
        "[{callers: 100, over: 30s, hold: 2m}]",
        "{rate: 10/s, for: 5m}",
    ],
)
def test_the_designs_scenario_loads_with_each_kind_of_load(load_of: str) -> None:
    text = (GOLDEN.parent / "design.yaml").read_text(encoding="utf-8")
    kind = "stages" if load_of.startswith("[") else "arrivals"
    instead = [f"load.{kind}={load_of}", "load.callers=", "load.ramp_up=", "load.hold="]

    assert loads(text).load.ramp_rate == 5
    assert [step.kind for step in loads(text, overrides=instead).call] == [
        "send", "expect", "request", "listen", "pause", "repeat", "disconnect",
    ]  # fmt: skip
