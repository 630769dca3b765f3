from __future__ import annotations

import asyncio

import pytest

from tests.unit.simulator.bench import Bench, trial


async def ten_at_once(bench: Bench) -> None:
    await bench.calls(10)


@pytest.mark.parametrize("form", ["429", "reset", "eof"])
def test_handshakes_beyond_the_tokens_are_refused(form: str) -> None:
    found = trial(ten_at_once, f"rate:limit=1/m,burst=4,form={form}")

    assert found.ends().count("closed") == 4
    assert found.ends().count("handshake") == 6
    assert found.causes() == {"handshake-rate-limit"}


def test_a_stalling_limit_admits_all_in_their_turn() -> None:
    found = trial(ten_at_once, "rate:limit=20/s,burst=1,form=stall")

    assert found.ends() == ["closed"] * 10
    took = max(row.opened_at or 0 for row in found.rows) - min(row.attempted_at for row in found.rows)
    assert took > 9 * 1000 / 20 * 0.95


def test_a_caller_that_does_not_wait_its_turn_has_timed_out() -> None:
    async def script(bench: Bench) -> None:
        await bench.call()
        await bench.call(patience=0.2)

    found = trial(script, "rate:limit=1/m,burst=1,form=stall")

    assert [(row.end, row.kind, row.cause) for row in found.rows] == [
        ("closed", "", ""),
        ("handshake", "timeout", "handshake-rate-limit"),
    ]


def test_tokens_come_back_with_time() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(3)
        await asyncio.sleep(1.3)
        await bench.calls(3)

    ends = trial(script, "rate:limit=1/s,burst=2").ends()

    assert ends.count("closed") >= 3
    assert ends[:3].count("closed") == 2


def test_a_queue_that_is_full_refuses() -> None:
    found = trial(ten_at_once, "rate:limit=20/s,burst=1,form=stall,queue=4")

    assert found.ends().count("closed") == 5
    assert [row.status for row in found.rows if row.end == "handshake"] == [503] * 5
