from __future__ import annotations

from jmxgen.scenario.load import loads
from jmxgen.scenario.model import Scenario
from jmxgen.search import length
from jmxgen.search.model import Demand, Load, Probe, Trials

TEXT = """
name: s
target: {url: "ws://127.0.0.1:1/"}
load: LOAD
call: [{listen: 1s}]
"""
DEMANDS = (Demand("handshake", 0.01, ""),)


def changed(load: str, callers: int, rate: float | None = None) -> Scenario:
    text = TEXT.replace("LOAD", load)
    return loads(text, overrides=length.overrides(loads(text), Load(callers, rate), 7.5))


def test_callers_come_at_the_scenarios_own_pace_whatever_their_number() -> None:
    load = changed("{callers: 100, ramp_up: 20s, hold: 5m}", 30).load

    assert (load.callers, load.ramp.seconds, load.hold and load.hold.seconds) == (30, 6, 7.5)


def test_stages_and_calls_give_way_and_openings_are_slowed_down() -> None:
    staged = changed("{stages: [{callers: 50, over: 10s, hold: 1m}]}", 20, rate=2.5).load
    calls = changed("{callers: 5, calls: 9, ramp_up: 0s}", 20).load

    assert (staged.callers, staged.ramp.seconds, str(staged.handshake_rate)) == (20, 8, "2.5/s")
    assert (calls.callers, calls.calls, calls.ramp.seconds) == (20, 1, 0)


def test_a_probe_lasts_as_long_as_its_criteria_need_and_no_longer_than_the_scenario() -> None:
    one_a_second = Probe(
        load=Load(10), purpose="", handshake=Trials(0, 100), data=Trials(0, 100), caller_seconds=100
    )

    assert length.hold_s(Load(10), [], DEMANDS, 300) == length.FIRST_S
    assert length.hold_s(Load(10), [one_a_second], DEMANDS, 300) == 17  # 1.2 × 408 / 3 / 10
    assert length.hold_s(Load(10), [one_a_second], DEMANDS, 9) == 9
    assert length.hold_s(Load(500), [one_a_second], DEMANDS, 300) == length.SHORTEST_S
