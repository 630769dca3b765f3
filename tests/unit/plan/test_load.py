from __future__ import annotations

import math

import pytest

from jmxgen.plan.load import blocks
from jmxgen.scenario.demand import Stage

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
