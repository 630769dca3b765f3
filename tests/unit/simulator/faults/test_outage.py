from __future__ import annotations

import asyncio

from tests.unit.simulator.bench import Bench, trial


def test_all_handshakes_fail_while_it_lasts() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(3)
        await asyncio.sleep(0.4)
        await bench.calls(2)

    found = trial(script, "outage:lasts=300ms,form=502")

    assert found.ends() == ["handshake"] * 3 + ["closed"] * 2
    assert {row.status for row in found.rows} == {502, None}
    assert found.causes() == {"outage"}


def test_open_connections_are_lost_with_it() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(2, hold=5)
        await bench.call()

    found = trial(script, "outage:at=200ms,loses=reset")

    assert found.ends() == ["data", "data", "handshake"]


def test_a_silent_one_lets_clients_wait() -> None:
    async def script(bench: Bench) -> None:
        await bench.call(patience=0.1)
        await bench.call()

    found = trial(script, "outage:lasts=400ms,form=stall")

    assert [row.kind for row in found.rows] == ["timeout", ""]
