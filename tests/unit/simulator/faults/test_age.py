from __future__ import annotations

import asyncio

from jmxgen.simulator.faults import parse
from tests.unit.simulator.bench import Bench, trial


def test_every_connection_ends_at_the_maximum_age_however_busy() -> None:
    async def script(bench: Bench) -> None:
        await asyncio.gather(bench.call(hold=10), bench.call(says=("a",) * 200, pause=0.05))

    found = trial(script, "max-age:limit=300ms,form=eof")

    assert found.causes() == {"max-session-age"}
    for row in found.rows:
        assert row.opened_at is not None
        assert row.ended_at - row.opened_at >= 299


def test_a_limit_set_later_counts_from_the_opening() -> None:
    async def script(bench: Bench) -> None:
        held = asyncio.create_task(bench.call(hold=10))
        await bench.until(lambda: len(bench.simulator.open_connections()) == 1)
        await asyncio.sleep(0.3)
        bench.simulator.set_fault(parse("max-age:limit=200ms,form=1001"))
        await held

    row = trial(script).rows[0]

    assert (row.end, row.code, row.cause) == ("data", 1001, "max-session-age")


def test_ages_may_be_spread() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(5, hold=3)

    ages = [
        row.ended_at - (row.opened_at or 0) for row in trial(script, "max-age:limit=400ms,spread=50%").rows
    ]

    assert max(ages) - min(ages) > 20
    assert min(ages) > 190
