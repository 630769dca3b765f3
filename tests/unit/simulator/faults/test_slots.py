from __future__ import annotations

from tests.unit.simulator.bench import Bench, trial


def test_a_caller_who_vanished_keeps_the_slot_until_the_time_is_up() -> None:
    async def script(bench: Bench) -> None:
        await bench.call(leave="vanish")
        await bench.quiet()
        assert bench.simulator.active_conversations() == 1
        await bench.call()
        await bench.until(lambda: not bench.simulator.active_conversations())
        await bench.call()

    found = trial(script, "slots:limit=1,hold=1500ms")

    assert found.ends() == ["leaked", "handshake", "closed"]
    assert found.causes() == {"leaked-sessions"}


def test_a_caller_who_says_goodbye_frees_the_slot() -> None:
    async def script(bench: Bench) -> None:
        for _ in range(3):
            await bench.call()

    assert trial(script, "slots:limit=1").ends() == ["closed"] * 3


def test_slots_that_are_all_in_use_are_a_cap() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(3, together=True)

    assert trial(script, "slots:limit=2").causes() == {"concurrency-cap"}


def test_the_servers_own_drop_frees_the_slot() -> None:
    async def script(bench: Bench) -> None:
        await bench.call(says=("a",))
        await bench.quiet()
        await bench.call(says=("a",))

    assert trial(script, "slots:limit=1", "drop:form=eof").ends() == ["data", "data"]
