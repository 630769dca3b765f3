"""The Socket.IO template in a real JMeter against python-socketio itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import socketio

from tests.e2e.serving import serving
from tests.e2e.speaking import run_scenarios

pytestmark = pytest.mark.jmeter

TEMPLATE = Path(__file__).parents[2] / "samples" / "socketio.yaml"


def test_callers_live_through_the_pings_of_a_real_server(tmp_path: Path) -> None:
    server = socketio.AsyncServer(async_mode="asgi", ping_interval=1, ping_timeout=2)
    left: list[Any] = []

    @server.event  # type: ignore[untyped-decorator]
    async def message(sid: str, said: str) -> str:
        await server.emit("message", said, to=sid)
        return said

    @server.event  # type: ignore[untyped-decorator]
    async def disconnect(_sid: str, reason: str) -> None:
        left.append(reason)

    text = TEMPLATE.read_text(encoding="utf-8").replace("name: socketio\n", "")
    text = text.replace("callers: 20, ramp_up: 10s", "callers: 3, ramp_up: 1s")
    with serving(socketio.ASGIApp(server)) as address:
        rows = run_scenarios({"socketio": text.replace("127.0.0.1:8765", address)}, tmp_path)["socketio"]

    assert [row for row in rows if row["success"] == "false"] == []
    assert len([row for row in rows if row["label"] == "event"]) == 3
    assert left == ["client disconnect"] * 3
