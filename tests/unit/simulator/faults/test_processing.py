from __future__ import annotations

import asyncio

from tests.unit.simulator.bench import Bench, trial


def test_answers_wait_for_a_worker_and_come_in_order() -> None:
    most = 0

    async def script(bench: Bench) -> None:
        nonlocal most
        calls = asyncio.create_task(bench.calls(6))
        while not calls.done():
            most = max(most, bench.simulator.processing())
            await asyncio.sleep(0.01)
        await calls

    found = trial(script, "processing:workers=2,service=200ms")

    assert found.ends() == ["closed"] * 6
    assert most > 2
    took = max(row.ended_at for row in found.rows) - min(row.opened_at or 0 for row in found.rows)
    assert took >= 3 * 195


def test_a_full_queue_drops_connections() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(10)

    found = trial(script, "processing:workers=1,service=100ms,queue=3")

    assert found.ends().count("closed") >= 4
    assert found.ends().count("data") >= 2
    assert found.causes() == {"processing-bottleneck"}


def test_only_answered_conversations_are_active() -> None:
    most = 0

    async def script(bench: Bench) -> None:
        nonlocal most
        calls = asyncio.create_task(bench.calls(5, together=True))
        await bench.until(lambda: bench.told == 5)
        most = bench.simulator.active_conversations()
        await calls

    trial(script, "processing:workers=1,service=300ms")

    assert most < 5


def test_conversations_stop_rising_at_their_number_while_connections_go_on() -> None:
    most: list[tuple[int, int]] = []

    async def script(bench: Bench) -> None:
        calls = asyncio.create_task(bench.calls(9, hold=0.2))
        while not calls.done():
            simulator = bench.simulator
            most.append((simulator.active_conversations(), len(simulator.open_connections())))
            await asyncio.sleep(0.01)
        await calls

    found = trial(script, "processing:conversations=3,service=1ms")

    assert found.ends() == ["closed"] * 9  # each in its turn
    assert max(active for active, _ in most) == 3
    assert max(connections for _, connections in most) > 3


def test_a_caller_who_gives_up_waiting_leaves_the_queue() -> None:
    async def script(bench: Bench) -> None:
        held = asyncio.create_task(bench.call(stay=lambda: bench.told == 3))
        await bench.until(lambda: bench.simulator.active_conversations() == 1)
        await bench.call(says=())
        impatient = await bench.raw_client("ivr")
        await impatient.send("a")
        await bench.until(lambda: bench.simulator.processing() == 1)
        await impatient.close()
        await bench.until(lambda: bench.simulator.processing() == 0)
        await bench.call(says=())
        await held
        await bench.call()

    assert trial(script, "processing:conversations=1").ends() == ["closed"] * 5
