from __future__ import annotations

import asyncio

from tests.unit.simulator.bench import Bench, trial


def test_a_stalled_handshake_is_a_timeout_of_the_client() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(2, patience=0.2)

    found = trial(script, "stall")

    assert [(row.kind, row.by, row.cause) for row in found.rows] == [("timeout", "client", "stall")] * 2


def test_a_stall_with_a_delay_ends_in_an_open_connection() -> None:
    async def script(bench: Bench) -> None:
        await bench.call()

    row = trial(script, "stall:delay=200ms").rows[0]

    assert row.end == "closed"
    assert row.opened_at is not None
    assert row.opened_at - row.attempted_at >= 190


def test_clearing_the_fault_lets_the_waiting_in() -> None:
    async def script(bench: Bench) -> None:
        waiting = asyncio.create_task(bench.call())
        await bench.until(lambda: bench.simulator.attempts == 1)
        await asyncio.sleep(0.05)
        bench.simulator.clear_fault("stall")
        await waiting

    assert trial(script, "stall").ends() == ["closed"]
