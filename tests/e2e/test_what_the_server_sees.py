"""When callers come, and come back, by the server's own clock: its truth log and nothing else."""

from __future__ import annotations

import itertools
import random
import statistics
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from tests.e2e import generated
from tests.e2e.generated import Case

pytestmark = pytest.mark.jmeter

TALK = """
call:
  - send: '{"type":"open"}'
  - expect: {contains: opened, within: 20s}
"""

# ------ The waits between attempts

JITTERS = ("full", "equal", "decorrelated", "none")
BASE_MS, CAP_MS = 500.0, 3000.0  # large beside what a refused handshake takes
CALLERS, ATTEMPTS = 40, 6
REFUSED = f"""
load: {{callers: {CALLERS}, ramp_up: 3s}}
reconnect: {{max_attempts: {ATTEMPTS}, base: 500ms, cap: 3s, jitter: JITTER, give_up_on: []}}
"""


@pytest.fixture(scope="module")
def gaps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[float]]]:
    """For each jitter the gaps of each caller, in ms, from a refusal to its next attempt."""
    cases = {jitter: Case(REFUSED.replace("JITTER", jitter) + TALK, "closed") for jitter in JITTERS}
    seen = generated.run_cases(cases, {"closed": ("auth:key=right",)}, tmp_path_factory.mktemp("waits"))
    return {jitter: _gaps(seen[jitter].truth) for jitter in JITTERS}


def _gaps(truth: tuple[dict[str, Any], ...]) -> list[list[float]]:
    callers: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(truth, key=lambda row: row["attempted_at"]):
        callers.setdefault(row["key"].rpartition("-")[0], []).append(row)
    return [
        [after["attempted_at"] - before["ended_at"] for before, after in itertools.pairwise(rows)]
        for rows in callers.values()
    ]


@pytest.fixture(scope="module")
def handshake(gaps: dict[str, list[list[float]]]) -> float:
    """What a gap holds besides the wait, in ms: known from the waits without jitter."""
    over = [
        gap - ceiling for caller in gaps["none"] for gap, ceiling in zip(caller, _ceilings(), strict=True)
    ]
    return statistics.median(over)


def _ceilings() -> list[float]:
    """The formula without jitter: v = min(cap, base * 2^n)."""
    return [min(CAP_MS, BASE_MS * 2**n) for n in range(ATTEMPTS - 1)]


def test_without_jitter_the_server_sees_the_formulas_waits(
    gaps: dict[str, list[list[float]]], handshake: float
) -> None:
    assert len(gaps["none"]) == CALLERS
    assert 0 <= handshake < BASE_MS / 5
    for caller in gaps["none"]:
        for gap, ceiling in zip(caller, _ceilings(), strict=True):
            assert gap > ceiling - 5  # a late attempt is the machine's, an early one would be the plan's


@pytest.mark.parametrize("jitter", ["full", "equal", "decorrelated"])
def test_the_server_sees_waits_that_follow_the_jitter(
    gaps: dict[str, list[list[float]]], handshake: float, jitter: str
) -> None:
    # failure-domain: full U(0, v), equal v/2 + U(0, v/2), decorrelated min(cap, U(base, 3 * last)). Its own
    # distribution function makes of each wait a number that is even in 0..1, whatever v or the wait before.
    waits = [[gap - handshake for gap in caller] for caller in gaps[jitter]]
    even = {"full": _full, "equal": _equal, "decorrelated": _decorrelated}[jitter](waits)

    assert len(even) == CALLERS * (ATTEMPTS - 1)
    assert stats.kstest([min(1.0, max(0.0, u)) for u in even], "uniform").pvalue > 1e-4


def _full(waits: list[list[float]]) -> list[float]:
    return [wait / v for caller in waits for wait, v in zip(caller, _ceilings(), strict=True)]


def _equal(waits: list[list[float]]) -> list[float]:
    return [2 * wait / v - 1 for caller in waits for wait, v in zip(caller, _ceilings(), strict=True)]


def _decorrelated(waits: list[list[float]]) -> list[float]:
    dice = random.Random(0)
    even = []
    for caller in waits:
        for last, wait in itertools.pairwise([BASE_MS, *caller]):
            width = 3 * min(CAP_MS, max(BASE_MS, last)) - BASE_MS
            u = (wait - BASE_MS) / width
            at_cap = (CAP_MS - BASE_MS) / width
            # All that the formula draws beyond the cap comes as the cap: any of it may have been drawn.
            even.append(dice.uniform(at_cap, 1.0) if at_cap < 1 and u > at_cap - 5 / width else u)
    return even


# ------ The pace of handshakes

RATE = 20
SECOND_MS = 950  # a busy machine brings an opening to the server's clock up to 50 ms late
PACED = f"""
load: {{callers: 60, ramp_up: 0s, calls: 2, handshake_rate: {RATE}/s}}
reconnect: {{max_attempts: 40, base: 200ms, cap: 2s, first_wait: 500ms}}
"""


def test_the_server_never_sees_more_openings_in_a_second_than_the_rate(tmp_path: Path) -> None:
    # All 60 come at once, and one message in ten resets its connection: there are retries among the openings.
    faults = {"paced": (f"rate:limit={RATE}/s", "random:probability=10%")}
    paced = generated.run_cases({"paced": Case(PACED + TALK, "paced")}, faults, tmp_path)["paced"]

    times = sorted(row["attempted_at"] for row in paced.truth)
    busiest = max(_within(times, begin, SECOND_MS) for begin in times if begin >= times[0] + 1000)
    assert len(times) > 120
    assert _within(times, times[0], 1000) <= 2 * RATE
    assert busiest <= RATE
    assert not [row for row in paced.truth if row["end"] == "handshake"]
    assert len(paced.labelled("close", success=True)) == 120


def _within(times: list[float], begin: float, length: float) -> int:
    """Count the times in the `length` ms from `begin` on, wherever in the clock's seconds that is."""
    return sum(begin <= time < begin + length for time in times)
