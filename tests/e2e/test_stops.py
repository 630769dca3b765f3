"""A plan that is stopped, or run by Validate: nothing stays open, and nobody opens after the stop."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jmxgen.jmeter import run as runs
from jmxgen.jmeter.home import find
from jmxgen.plan.build import build
from jmxgen.scenario.load import loads
from jmxgen.simulator.process import simulation
from tests.e2e import generated
from tests.e2e.generated import Case

if TYPE_CHECKING:
    from jmxgen.jmeter.run import Status

pytestmark = pytest.mark.jmeter

CALLERS = 60
HELD = f"""
load: {{callers: {CALLERS}, ramp_up: 0s, hold: 10m, handshake_rate: 4/s}}
call:
  - request: {{send: '{{"type":"open"}}', contains: opened, within: 20s}}
  - listen: 2s
"""
ONCE = """
load: {callers: 5, ramp_up: 5s, calls: 1}
call:
  - request: {send: '{"type":"open"}', contains: opened, within: 20s}
"""


def _written(text: str, url: str, folder: Path) -> tuple[Path, Path]:
    scenario = generated.scenario_text("stopped", Case(text), url)
    return generated.write_plan(build(loads(scenario, path=folder / "x.yaml")), folder)


@pytest.mark.parametrize("message", ["Shutdown", "StopTestNow"])
def test_a_stop_leaves_nothing_open_and_who_waits_opens_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    with contextlib.closing(socket.socket(type=socket.SOCK_DGRAM)) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr(runs, "_free_udp_port", lambda: port)
    sent: list[str] = []

    def stop(status: Status) -> None:
        if not sent and status.jtl.exists() and b"listen" in status.jtl.read_bytes():
            with socket.socket(type=socket.SOCK_DGRAM) as control:
                control.sendto(message.encode(), ("127.0.0.1", port))
            sent.append(message)

    with simulation(truth=tmp_path / "truth") as server:
        jmx, properties = _written(HELD, server.url, tmp_path)
        outcome = runs.run(jmx, tmp_path / "run", home=find(), property_file=properties, on_poll=stop)

    truth = generated.read_truth(tmp_path / "truth")
    assert sent == [message]
    assert 1 <= len(truth) < CALLERS
    assert all(t["close_frame"] for t in truth if t["opened_at"] is not None)
    assert "ERROR" not in outcome.log.read_text(encoding="utf-8")


def test_validate_makes_the_calls_without_the_set_up_group(tmp_path: Path) -> None:
    home = find()
    with simulation(truth=tmp_path / "truth") as server:
        jmx, _ = _written(ONCE, server.url, tmp_path)
        folder = home.jar.parent.parent
        done = subprocess.run(
            [
                *(home.java, "-cp", f"{folder}/lib/*:{folder}/lib/ext/*:{home.jar}"),
                *("groovy.ui.GroovyMain", Path(__file__).with_name("validate.groovy"), folder, jmx),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    truth = generated.read_truth(tmp_path / "truth")
    assert [(t["end"], t["by"], t["close_frame"]) for t in truth] == [("closed", "client", True)]
