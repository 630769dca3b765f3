from __future__ import annotations

import pytest

from tests.unit.simulator.bench import Bench, trial


@pytest.mark.parametrize(
    ("form", "kind", "code"),
    [("1011", "server_close", 1011), ("reset", "abnormal", 1006), ("eof", "abnormal", 1006)],
)
def test_a_client_that_does_not_read_is_given_up(form: str, kind: str, code: int) -> None:
    async def script(bench: Bench) -> None:
        await bench.call(deaf=True, hold=10)

    row = trial(script, f"pings:interval=200ms,timeout=200ms,form={form}").rows[0]

    assert (row.end, row.kind, row.code, row.cause) == ("data", kind, code, "unanswered-pings")
    assert row.opened_at is not None
    assert row.ended_at - row.opened_at >= 399


def test_a_client_that_answers_lives_on() -> None:
    async def script(bench: Bench) -> None:
        await bench.call(hold=0.6)

    row = trial(script, "pings:interval=100ms,timeout=5s").rows[0]

    assert row.end == "closed"
    assert row.frames_in > 1  # its message and its pongs
