from __future__ import annotations

import pytest

from tests.unit.simulator.bench import Bench, trial


@pytest.mark.parametrize(
    ("form", "kind", "code", "how"),
    [
        ("eof", "abnormal", 1006, "eof"),
        ("reset", "abnormal", 1006, "reset"),
        ("1001", "server_close", 1001, ""),
    ],
)
def test_a_silent_connection_ends_after_the_limit(form: str, kind: str, code: int, how: str) -> None:
    async def script(bench: Bench) -> None:
        await bench.call(hold=10)

    found = trial(script, f"idle:limit=200ms,form={form}")

    row = found.rows[0]
    assert (row.kind, row.code, row.cause) == (kind, code, "idle-timeout")
    assert row.last_frame_at is not None
    assert row.ended_at - row.last_frame_at >= 199
    assert found.seen[0].how == how


def test_a_connection_on_which_frames_pass_lives_on() -> None:
    async def script(bench: Bench) -> None:
        await bench.call(says=("a", "b", "c", "d", "e", "f"), pause=0.2)

    row = trial(script, "idle:limit=1s").rows[0]

    assert row.end == "closed"
    assert row.opened_at is not None
    assert row.ended_at - row.opened_at >= 1000


def test_a_firewall_forgets_the_connection_without_a_word() -> None:
    async def script(bench: Bench) -> None:
        await bench.call(says=("one", "two"), pause=0.3, hold=0.3, leave="vanish")
        bench.simulator.clear_fault("idle")

    found = trial(script, "idle:limit=100ms,form=silent")

    assert found.seen[0].answers == ("one",)


def test_a_sweep_comes_only_so_often() -> None:
    async def script(bench: Bench) -> None:
        await bench.call(hold=3)

    row = trial(script, "idle:limit=100ms,every=1s").rows[0]

    assert row.end == "data"
    assert row.ended_at % 1000 < 300
