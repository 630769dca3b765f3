from __future__ import annotations

from tests.unit.simulator.bench import Bench, trial


def test_an_answer_that_is_late_ends_its_connection() -> None:
    async def script(bench: Bench) -> None:
        await bench.call()

    found = trial(script, "late:limit=100ms", "processing:workers=1,service=1s")

    assert [(row.end, row.kind, row.cause) for row in found.rows] == [
        ("data", "abnormal", "processing-bottleneck")
    ]


def test_one_in_time_does_not() -> None:
    async def script(bench: Bench) -> None:
        await bench.call(hold=0.6)

    assert trial(script, "late:limit=300ms", "processing:workers=1,service=50ms").ends() == ["closed"]


def test_a_handshake_that_is_late_is_refused_with_504() -> None:
    async def script(bench: Bench) -> None:
        await bench.call()

    found = trial(script, "late:limit=100ms", "stall:delay=5s")

    assert [row.status for row in found.rows] == [504]
    assert found.causes() == {"processing-bottleneck"}
