from __future__ import annotations

import asyncio

import pytest

from tests.unit.simulator.bench import Bench, trial


@pytest.mark.parametrize("window", ["fixed", "sliding"])
def test_handshakes_beyond_the_count_are_refused_in_the_window(window: str) -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(6)

    found = trial(script, f"window:limit=2,period=24h,window={window}")

    assert found.ends().count("closed") == 2
    assert found.ends().count("handshake") == 4
    assert found.causes() == {"handshake-rate-limit"}


@pytest.mark.parametrize(("counts", "admitted"), [("admitted", 2), ("all", 1)])
def test_refused_ones_may_count_as_well(counts: str, admitted: int) -> None:
    async def script(bench: Bench) -> None:
        for _ in range(5):
            await bench.call()
            await asyncio.sleep(0.2)

    found = trial(script, f"window:limit=1,period=500ms,window=sliding,counts={counts}")

    assert found.ends().count("closed") == admitted
