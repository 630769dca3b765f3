"""The scenarios that `jmxgen init` writes, as they are, in a real JMeter against the simulator."""

from __future__ import annotations

import concurrent.futures
import csv
import json
from pathlib import Path
from typing import Any

import pytest

from jmxgen.jmeter.home import find
from jmxgen.jmeter.run import run
from jmxgen.jmx.properties import render_properties
from jmxgen.jmx.render import render
from jmxgen.plan.build import build
from jmxgen.scenario.load import load
from jmxgen.simulator.process import simulation

pytestmark = pytest.mark.jmeter

SAMPLES = Path(__file__).parents[2] / "samples"
FEW = ("load.callers=3", "load.ramp_up=1s")
# Each with its server's path, and with less of a load than a person wants.
SHORTER = {
    "ivr": ("/ivr", ("load.callers=3", "load.ramp_up=1s", "load.hold=2s")),
    "notifications": ("/notifications/a?heartbeat=1s", ("load.callers=3", "load.ramp_up=1s")),
    "audiohook": ("/audiohook", ("load.callers=3", "load.ramp_up=1s", "load.calls=1")),
    "socketio": ("/socket.io/?EIO=4&transport=websocket&ping=1s", FEW),
    "graphql-ws": ("/graphql?ping=1s", FEW),
    "stomp": ("/stomp", FEW),
    "signalr": ("/signalr?ping=1s", FEW),
    "twilio-media": ("/twilio-media", FEW),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("samples")
    with simulation(truth=folder / "truth") as server, concurrent.futures.ThreadPoolExecutor(3) as pool:
        rows = dict(pool.map(lambda name: (name, measured(name, server.port, folder)), SHORTER))
    truth = [json.loads(line) for line in (folder / "truth").read_text(encoding="utf-8").splitlines()]
    return {"rows": rows, "truth": truth}


def measured(name: str, port: int, folder: Path) -> list[dict[str, str]]:
    path, overrides = SHORTER[name]
    file = SAMPLES / f"{name}.yaml"
    scenario = load(file, overrides=[f"target.url=ws://127.0.0.1:{port}{path}", *overrides])
    (folder / "voice.ulaw").write_bytes(b"\xff" * 16_000)
    plan = build(scenario, folder=folder.as_posix())
    (folder / f"{name}.jmx").write_bytes(render(plan))
    (folder / f"{name}.properties").write_text(render_properties(plan), encoding="ascii")
    outcome = run(
        folder / f"{name}.jmx", folder / name, home=find(), property_file=folder / f"{name}.properties"
    )
    with outcome.jtl.open(encoding="utf-8", newline="") as results:
        return list(csv.DictReader(results))


@pytest.mark.parametrize("name", SHORTER)
def test_every_row_is_a_success(found: dict[str, Any], name: str) -> None:
    failed = [row for row in found["rows"][name] if row["success"] != "true"]

    assert not failed
    assert sum(row["label"] == "open" for row in found["rows"][name]) >= 3


@pytest.mark.parametrize("name", SHORTER)
def test_every_connection_ends_with_the_callers_close_frame(found: dict[str, Any], name: str) -> None:
    truth = [t for t in found["truth"] if t["path"].startswith(SHORTER[name][0].partition("?")[0])]

    assert {(t["end"], t["by"], t["close_frame"]) for t in truth} == {("closed", "client", True)}
    opened = {row["ws_id"] for row in found["rows"][name] if row["label"] in ("open", "reconnect")}
    assert {t["key"] for t in truth} == opened


def test_each_subscriber_gets_its_heartbeats(found: dict[str, Any]) -> None:
    rows = found["rows"]["notifications"]

    assert [sum(row["label"] == label for row in rows) for label in ("subscribe", "heartbeat", "ping")] == [
        3,
        6,
        6,
    ]


def test_each_session_is_opened_pinged_and_closed_by_the_protocol(found: dict[str, Any]) -> None:
    rows = found["rows"]["audiohook"]

    labels = ("session open", "session ping", "digit", "session close")
    assert [sum(row["label"] == label for row in rows) for label in labels] == [3, 6, 3, 3]
