from __future__ import annotations

import asyncio

from tests.unit.simulator.bench import Bench, trial


def test_one_more_waits_for_a_place_and_gets_it() -> None:
    async def script(bench: Bench) -> None:
        first = asyncio.create_task(bench.call(hold=0.3))
        await bench.until(lambda: bench.simulator.admitted == 1)
        await asyncio.gather(first, bench.call())

    rows = trial(script, "queue:limit=1").rows

    assert [row.end for row in rows] == ["closed", "closed"]
    assert rows[1].opened_at is not None
    assert rows[1].opened_at >= rows[0].ended_at


def test_one_who_has_waited_long_enough_is_refused() -> None:
    async def script(bench: Bench) -> None:
        first = asyncio.create_task(bench.call(hold=1))
        await bench.until(lambda: bench.simulator.admitted == 1)
        await bench.call()
        await first

    rows = trial(script, "queue:limit=1,patience=100ms,form=504").rows

    assert [(row.status, row.cause) for row in rows if row.end == "handshake"] == [(504, "concurrency-cap")]
