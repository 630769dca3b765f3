from __future__ import annotations

import asyncio

from tests.unit.simulator.bench import Bench, trial

PING = '{"message":"ping"}'


def test_one_channel_too_many_evicts_the_one_used_longest_ago() -> None:
    async def script(bench: Bench) -> None:
        held = []
        for number in range(1, 5):
            held.append(asyncio.create_task(bench.call(path="notifications?token=a", says=(PING,), hold=1.5)))
            await bench.until(lambda: bench.simulator.admitted == number)  # noqa: B023
            await asyncio.sleep(0.05)
        await asyncio.gather(*held)

    found = trial(script, "channels:limit=2")

    assert [row.end for row in sorted(found.rows, key=lambda row: row.id)] == [
        "data",
        "data",
        "closed",
        "closed",
    ]
    assert found.causes() == {"concurrency-cap"}
    assert {row.token for row in found.rows} == {"a"}


def test_each_token_has_its_own_channels() -> None:
    async def script(bench: Bench) -> None:
        tokens = [{"Authorization": f"Bearer {name}"} for name in ("a", "a", "b", "b")]
        await asyncio.gather(*(bench.call(headers=token, stay=lambda: bench.told == 4) for token in tokens))

    found = trial(script, "channels:limit=2")

    assert found.ends() == ["closed"] * 4
    assert not any("Bearer" in (row.token or "") for row in found.rows)
    assert len({row.token for row in found.rows}) == 2
