from __future__ import annotations

import pytest

from jmxgen.errors import UsageError
from jmxgen.simulator.faults import parse
from tests.unit.simulator.bench import Bench, trial


def test_a_hazard_ends_connections_at_different_ages() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(20, hold=20)

    found = trial(script, "random:hazard=10/s")

    assert found.causes() == {"random-drop"}
    ages = [row.ended_at - row.opened_at for row in found.rows if row.opened_at]
    assert len(ages) == 20
    assert max(ages) > 2 * min(ages)


def test_a_probability_ends_connections_at_their_messages() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(40, says=("a", "b"))

    found = trial(script, "random:probability=30%,form=eof")

    assert 5 < found.ends().count("data") < 35
    assert found.causes() == {"random-drop"}
    assert {seen.how for seen in found.seen if seen.end == "data"} == {"eof"}


def test_without_any_chance_it_is_refused() -> None:
    with pytest.raises(UsageError, match="hazard or a probability"):
        parse("random")
