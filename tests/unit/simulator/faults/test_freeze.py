from __future__ import annotations

import asyncio

from tests.unit.simulator.bench import Bench, trial


def test_nothing_is_read_while_it_lasts_and_all_is_answered_after_it() -> None:
    async def script(bench: Bench) -> None:
        await bench.call(says=("one", "two"), pause=0.3)

    found = trial(script, "freeze:at=200ms,lasts=500ms")

    assert found.seen[0].answers == ("one", "two")
    assert found.rows[0].last_frame_at is not None
    assert found.rows[0].last_frame_at - found.rows[0].attempted_at > 650


def test_new_connections_are_left_unread() -> None:
    async def script(bench: Bench) -> None:
        await bench.call()
        await asyncio.sleep(0.2)
        await bench.call(patience=0.2)

    found = trial(script, "freeze:at=100ms,lasts=700ms")

    assert [(row.end, row.kind) for row in found.rows] == [("closed", ""), ("handshake", "timeout")]


def test_it_comes_again() -> None:
    async def script(bench: Bench) -> None:
        await bench.call(says=("one", "two"), pause=0.4)

    found = trial(script, "freeze:at=50ms,lasts=200ms,every=100ms")

    assert found.seen[0].answers == ("one", "two")
    assert found.rows[0].last_frame_at is not None
    assert found.rows[0].last_frame_at - found.rows[0].attempted_at > 500


def test_a_process_that_is_killed_takes_what_it_held_with_it() -> None:
    async def script(bench: Bench) -> None:
        await bench.call(hold=3)

    found = trial(script, "freeze:at=100ms,lasts=200ms,form=reset")

    assert [(row.end, row.cause) for row in found.rows] == [("data", "mass-disconnect")]
