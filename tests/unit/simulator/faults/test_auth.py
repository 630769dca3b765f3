from __future__ import annotations

import pytest

from jmxgen.errors import UsageError
from jmxgen.simulator.faults import parse
from tests.unit.simulator.bench import Bench, trial


@pytest.mark.parametrize(
    ("headers", "end"),
    [({"X-API-KEY": "right"}, "closed"), ({"X-API-KEY": "wrong"}, "handshake"), ({}, "handshake")],
)
def test_only_the_right_key_opens(headers: dict[str, str], end: str) -> None:
    async def script(bench: Bench) -> None:
        await bench.call(headers=headers)

    row = trial(script, "auth:key=right").rows[0]

    assert row.end == end
    assert row.status == (None if end == "closed" else 401)


def test_the_key_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMULATOR_KEY", "right")

    async def script(bench: Bench) -> None:
        await bench.call(headers={"X-API-KEY": "right"})

    assert trial(script, "auth:env=SIMULATOR_KEY").ends() == ["closed"]


def test_a_variable_that_is_not_set_is_an_error() -> None:
    with pytest.raises(UsageError, match="environment variable"):
        parse("auth:env=NO_SUCH_VARIABLE")
