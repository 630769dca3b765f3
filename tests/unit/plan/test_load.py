from __future__ import annotations

import math
from pathlib import Path

import pytest

from jmxgen.plan.load import blocks, describe, longest_call_ms
from jmxgen.scenario.amounts import Duration
from jmxgen.scenario.demand import Stage
from jmxgen.scenario.load import loads

UP_AND_DOWN = [
    Stage.model_validate(stage)
    for stage in (
        {"callers": 100, "over": "30s", "hold": "2m"},
        {"callers": 250, "over": "1m", "hold": "2m"},
        {"callers": 50, "over": "30s", "hold": "1m"},
        {"callers": 150, "hold": "1m"},
    )
]


def there(at_ms: float) -> float:
    """Return how many callers the blocks hold at a time, counted as shares of a caller."""
    total = 0.0
    for block in blocks(UP_AND_DOWN):
        come = 1.0 if not block.over else min(1.0, max(0.0, (at_ms - block.comes) / block.over))
        gone = 1.0 if not block.gone_over else min(1.0, max(0.0, (at_ms - block.goes) / block.gone_over))
        come = come if at_ms >= block.comes else 0.0
        gone = gone if at_ms >= block.goes else 0.0
        total += block.callers * (come - gone)
    return total


@pytest.mark.parametrize(
    ("seconds", "callers"),
    [
        (15, 50),
        (30, 100),
        (149, 100),
        (180, 175),
        (210, 250),
        (329, 250),
        (345, 150),
        (360, 50),
        (419, 50),
        (421, 150),
    ],
)
def test_as_many_callers_are_there_as_the_stages_say(seconds: float, callers: float) -> None:
    assert there(seconds * 1000) == pytest.approx(callers, abs=0.01)


def test_nobody_stays_beyond_the_last_stage() -> None:
    assert all(block.goes + block.gone_over <= 480_000 for block in blocks(UP_AND_DOWN))
    assert sum(block.callers for block in blocks(UP_AND_DOWN)) == 100 + 150 + 100


def test_those_that_came_last_go_first() -> None:
    found = [block for block in blocks(UP_AND_DOWN) if block.goes < 480_000]

    assert min(block.comes for block in found) >= 15_000
    assert not any(math.isinf(block.goes) for block in found)


def described(load: str, more: str = "") -> str:
    text = f'name: x\ntarget: {{url: "ws://x/"}}\nload: {{{load}}}\n{more}\ncall: [send: x]'
    return describe(loads(text, path=Path("x.yaml")))


def test_the_load_is_described_with_its_handshakes_per_second() -> None:
    told = described("callers: 500, ramp_up: 100s, hold: 5m")

    assert told.startswith("500 callers over 1m40s, held for 5m: the ramp makes 5 handshakes a second")
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

    assert f"it ends within {Duration(1000 * seconds)}, " in described(load, reconnect)


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
