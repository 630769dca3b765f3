from __future__ import annotations

import pytest

from tests.unit.simulator.bench import Bench, trial


@pytest.mark.parametrize("form", ["200", "404", "426"])
def test_every_upgrade_is_answered_with_the_status(form: str) -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(2)

    found = trial(script, f"endpoint:form={form}")

    assert [row.status for row in found.rows] == [int(form)] * 2
    assert found.causes() == {"wrong-endpoint"}
