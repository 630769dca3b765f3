"""Waits as settings: their names, their defaults, and where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.errors import ScenarioError
from jmxgen.plan.build import build
from jmxgen.plan.think import waits_of
from jmxgen.scenario.load import loads

HEAD = 'name: x\ntarget: {url: "ws://x/"}\n'


def defaults(call: str, more: str = "") -> dict[str, str]:
    """Return the settings that waits have, with their defaults."""
    scenario = loads(f"{HEAD}{more}\ncall:\n{call}", path=Path("x.yaml"))
    return {knob.name: knob.default for wait in waits_of(scenario).values() for knob in wait.knobs}


def test_a_wait_has_a_setting_named_after_its_label() -> None:
    call = "  - listen: 5s\n    label: Gather Input\n  - listen: 2s\n  - listen: 3s\n"

    assert defaults(call) == {"gather_input_ms": "5000", "listen_ms": "2000", "listen_2_ms": "3000"}


def test_a_wait_that_is_drawn_has_two() -> None:
    assert defaults("  - send: x\n  - pause: 1s..3s\n") == {"pause_min_ms": "1000", "pause_max_ms": "3000"}


def test_waits_within_other_steps_and_before_the_opening_have_settings_too() -> None:
    call = "  - pause: 1s\n  - repeat: {times: 2, steps: [{listen: 4s}]}\n"

    assert defaults(call) == {"pause_ms": "1000", "listen_ms": "4000"}


@pytest.mark.parametrize(("label", "name"), [("3 s", "wait_3_s_ms"), ("ws_", "ws_ms"), ("Ж", "wait_1_ms")])
def test_every_label_makes_a_name_that_jmeter_and_the_scenario_take(label: str, name: str) -> None:
    assert list(defaults(f"  - listen: 1s\n    label: {label}\n")) == [name]


def test_labels_that_make_one_name_are_told_apart() -> None:
    call = "  - listen: 1s\n    label: a b\n  - listen: 2s\n    label: a-b\n"

    assert defaults(call) == {"a_b_ms": "1000", "a_b_2_ms": "2000"}


def test_there_are_none_where_own_pings_fall_into_waits() -> None:
    call = "  - send: x\n  - repeat: {times: 3, steps: [{listen: 2s}]}\n"

    assert defaults(call, "keep_alive: {ping_every: 6s}") == {}
    assert defaults(call, "keep_alive: {ping_every: 7s}") == {"listen_ms": "2000"}


def test_a_variable_may_not_have_the_name_of_a_waits_setting() -> None:
    call = "call: [{set: {variable: listen_ms, value: x}}, {send: x}, {listen: 1s}]"

    with pytest.raises(ScenarioError, match="setting of the plan"):
        build(loads(HEAD + call, path=Path("x.yaml")))
