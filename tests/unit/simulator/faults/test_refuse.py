from __future__ import annotations

from tests.unit.simulator.bench import Bench, trial


def test_a_share_is_refused() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(40)

    found = trial(script, "refuse:share=50%,form=500")

    assert 5 < found.ends().count("handshake") < 35
    assert found.causes() == {"random-drop"}
