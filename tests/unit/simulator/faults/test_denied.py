from __future__ import annotations

import asyncio

from tests.unit.simulator.bench import Bench, trial


def test_a_share_of_the_tokens_is_refused_each_time() -> None:
    async def script(bench: Bench) -> None:
        for number in range(20):
            await bench.calls(2, path=f"ivr?token={number}")

    found = trial(script, "denied:share=50%,form=403")

    refused = [row.status == 403 for row in found.rows]
    assert refused[::2] == refused[1::2]
    assert 0 < sum(refused) < len(refused)
    assert found.causes() == {"denied"}


def test_a_token_expires() -> None:
    async def script(bench: Bench) -> None:
        await bench.call(path="ivr?token=a")
        await asyncio.sleep(0.3)
        await bench.call(path="ivr?token=a")
        await bench.call(path="ivr?token=b")

    found = trial(script, "denied:expires=200ms")

    assert [row.status for row in found.rows] == [None, 401, None]
