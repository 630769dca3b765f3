"""What a load never exceeds, by its shape: attempts, attempts per second, time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmxgen.plan.bounds import ceiling, describe, limits, longest_call_ms, longest_ms, most_attempts
from jmxgen.plan.build import build
from jmxgen.plan.model import (
    Element,
    IfController,
    Open,
    OpenModelThreadGroup,
    ScriptTimer,
    ThreadGroup,
    WhileController,
)
from jmxgen.scenario.amounts import Duration
from jmxgen.scenario.load import loads
from jmxgen.scenario.model import Scenario


def described(load: str, more: str = "") -> str:
    text = f'name: x\ntarget: {{url: "ws://x/"}}\nload: {{{load}}}\n{more}\ncall: [send: x]'
    scenario = loads(text, path=Path("x.yaml"))
    return f"{describe(scenario)}\n{limits(scenario)}"


def test_the_load_is_described_with_its_handshakes_per_second() -> None:
    told = described("callers: 500, ramp_up: 100s, hold: 5m")

    assert told.startswith("500 callers over 1m40s, held for 5m: the ramp makes 5 handshakes per second")
    assert "all handshakes at once" in described("callers: 500, ramp_up: 0s")


@pytest.mark.parametrize(
    ("load", "seconds"),  # an attempt: 4 s of wait, 5 s to connect, 5 s each to open and to close
    [
        ("callers: 5, ramp_up: 10s", 10 + 3 * 19),
        ("callers: 5, ramp_up: 10s, calls: 7", 10 + 7 * 3 * 19),
        ("callers: 5, ramp_up: 10s, hold: 1m", 10 + 60 + 3 * 19),
        ("stages: [{callers: 5, over: 20s, hold: 5s}]", 20 + 5 + 3 * 19),
        ("callers: 5, ramp_up: 10s, handshake_rate: 1/s", 10 + 3 * (19 + 5)),
        ("arrivals: {rate: 1/s, for: 20s, drain: 7s}", 20 + 7),
    ],
)
def test_every_load_ends_within_a_time_that_is_said(load: str, seconds: int) -> None:
    reconnect = "reconnect: {max_attempts: 3, base: 1s, cap: 4s, first_wait: 1s}"

    assert f"it ends within {Duration(1000 * seconds)}; " in described(load, reconnect)


def test_the_longest_call_counts_every_attempt_and_every_wait() -> None:
    scenario = loads(
        """
name: x
target: {url: "ws://x/", connect_timeout: 1s, read_timeout: 2s}
reconnect: {max_attempts: 3, base: 1s, cap: 10s, first_wait: 4s}
call:
  - repeat: {times: 2, steps: [{listen: 3s}, {pause: 1s..2s}, {expect: {contains: a, within: 1s}}]}
  - if: {contains: a, then: [{listen: 7s}], else: [{ping: }]}
""",
        path=Path("x.yaml"),
    )

    backoff, attempts, steps = 1000 + 2000, 3 * (1000 + 2000), 2 * (3000 + 2000 + 1000) + 7000
    assert longest_call_ms(scenario) == backoff + attempts + 4000 + steps + 2000


@pytest.mark.parametrize(
    ("load", "said"),
    [
        ("callers: 5, ramp_up: 10s", "at most 3 attempts per call, 15 in all; "),
        ("callers: 5, ramp_up: 10s, calls: 7", "at most 3 attempts per call, 105 in all; "),
        (
            "callers: 5, ramp_up: 10s, hold: 1m",
            "at most 3 attempts per call, for as many calls as fit into the time; ",
        ),
        (
            "callers: 5, ramp_up: 10s, hold: 1m, handshake_rate: 2/s",  # 10 s + 60 s + 3 * (20 s + 2.5 s)
            "at most 2/s connection attempts, 3 attempts per call, 276 in all; ",
        ),
        (
            "stages: [{callers: 5, over: 20s, hold: 5s}]",
            "at most 3 attempts per call, for as many calls as fit into the time; ",
        ),
        (
            "stages: [{callers: 5, over: 20s, hold: 5s}], handshake_rate: 1/s",  # 25 s + 3 * (20 s + 5 s)
            "at most 1/s connection attempts, 3 attempts per call, 101 in all; ",
        ),
        (
            "callers: 5, handshake_rate: 20/s",
            "at most 20/s connection attempts, 3 attempts per call, 15 in all; ",
        ),
        ("arrivals: {rate: 1/s, for: 20s, spacing: even}", "at most 3 attempts per call, 60 in all; "),
        (
            "arrivals: {rate: 1/s, for: 20s}",
            "at most 3 attempts per call, for as many calls as fit into the time; ",
        ),
    ],
)
def test_every_load_shape_says_its_bound(load: str, said: str) -> None:
    told = described(load, "reconnect: {max_attempts: 3, base: 1s, cap: 4s}")

    assert f"whatever the server does: {said}" in told
    assert "attempts within a second without a finished call stop the test" in told


WHOLE = st.integers(1, 50)
SHAPES = st.one_of(
    st.builds("callers: {}, ramp_up: {}s, calls: {}".format, WHOLE, WHOLE, WHOLE),
    st.builds("callers: {}, ramp_up: {}s, hold: {}s".format, WHOLE, WHOLE, WHOLE),
    st.builds("stages: [{{callers: {}, over: {}s}}, {{callers: {}, hold: {}s}}]".format, *[WHOLE] * 4),
    st.builds("arrivals: {{rate: {}/s, for: {}s, spacing: even}}".format, WHOLE, WHOLE),
)
AFTER_LOSS = st.sampled_from(["restart", "continue", "stop"])


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    reconnect = f"max_attempts: {draw(WHOLE)}, cap: {draw(WHOLE)}s, after_loss: {draw(AFTER_LOSS)}"
    rate = draw(st.sampled_from(["", ", handshake_rate: 20/s"]))
    text = (
        f'name: x\ntarget: {{url: "ws://x/"}}\nload: {{{draw(SHAPES)}{rate}}}\n'
        f"reconnect: {{{reconnect}}}\ncall: [send: x, listen: 1s]"
    )
    return loads(text, path=Path("x.yaml"))


def within(element: Element, above: tuple[Element, ...] = ()) -> list[tuple[Element, ...]]:
    """Return the way to each element of a tree."""
    way = (*above, element)
    return [way, *(found for child in element.children for found in within(child, way))]


@given(scenarios())
def test_no_opener_of_a_plan_is_outside_the_loop_that_counts_attempts(scenario: Scenario) -> None:
    ways = [way for way in within(build(scenario).tree) if isinstance(way[-1], Open)]

    assert ways
    for way in ways:
        loops = [element.condition for element in way if isinstance(element, WhileController)]
        ifs = [element.condition for element in way if isinstance(element, IfController)]
        assert loops == ["${ws_connect}"]
        assert ifs in (["${ws_open}"], ["${ws_reconnect}"])
        lines = [e.line for e in way[-1].children if isinstance(e, ScriptTimer)]
        assert any(".turn()" in line for line in lines)
        assert any(".delay()" in line for line in lines) == (ifs == ["${ws_reconnect}"])


@given(scenarios())
def test_the_bounds_are_those_of_the_plans_own_settings(scenario: Scenario) -> None:
    plan = build(scenario)
    values = {knob.name: knob.default for knob in plan.knobs}
    limit = next(
        value
        for element in plan.tree.children
        for name, value, _ in getattr(element, "variables", ())
        if name == "ceiling"
    )

    sum_ = re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], limit[len("${__jexl3(") : -2])
    assert int(eval(sum_)) == ceiling(scenario)
    attempts = most_attempts(scenario)
    groups = [e for e in plan.tree.children if isinstance(e, ThreadGroup | OpenModelThreadGroup)]
    assert groups
    if attempts is not None and not scenario.load.arrivals and not scenario.load.handshake_rate:
        assert attempts == int(values["callers"]) * int(values["calls"]) * int(values["max_attempts"])
    assert longest_ms(scenario) > 0
