from __future__ import annotations

from tests.unit.simulator.bench import Bench, trial


def test_connections_are_taken_up_one_after_the_other() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(5)

    found = trial(script, "slow-accept:rate=20/s")

    assert found.ends() == ["closed"] * 5
    took = max(row.opened_at or 0 for row in found.rows) - min(row.attempted_at for row in found.rows)
    assert took > 5 * 1000 / 20 * 0.95


def test_a_client_that_goes_away_unread_has_timed_out() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(2, patience=0.2)

    found = trial(script, "slow-accept:rate=4/s", "stall")

    assert [(row.end, row.kind) for row in found.rows] == [("handshake", "timeout")] * 2
