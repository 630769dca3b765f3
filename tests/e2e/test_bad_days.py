"""Bad days of `jmxgen run`: what was measured is kept and told, and one line says what to do."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from jmxgen.analysis import reading
from jmxgen.errors import ResultError
from jmxgen.simulator.process import SimulatorError, simulation

pytestmark = pytest.mark.jmeter

SCENARIO = """
name: bad
target: {{url: "{url}", connect_timeout: 2s, read_timeout: 2s}}
load: {{callers: 5, ramp_up: 1s, hold: {hold}}}
reconnect: {{max_attempts: 2, base: 200ms, cap: 500ms}}
call:
  - repeat:
      times: 1000
      steps: [{{request: {{send: '{{"type":"open"}}', contains: opened, within: 2s}}}}, {{pause: {pause}}}]
"""
PATIENCE = 240  # seconds; a busy machine takes a while to start a Java


@contextlib.contextmanager
def running(
    folder: Path,
    url: str,
    *words: str,
    hold: str = "10m",
    pause: str = "100ms",
    largest_file: int = 0,
    **environment: str,
) -> Iterator[subprocess.Popen[str]]:
    """Start `jmxgen run` in `folder`, its results going to out/; end it if the test did not."""
    (folder / "bad.yaml").write_text(SCENARIO.format(url=url, hold=hold, pause=pause), encoding="utf-8")
    command = [sys.executable, "-m", "jmxgen", "run", "bad.yaml", "-o", "out", "--no-preflight", *words]
    if largest_file:
        command = ["sh", "-c", f"ulimit -f {largest_file // 512}; exec {shlex.join(command)}"]
    with (
        (folder / "stdout").open("w") as out,
        (folder / "stderr").open("w") as err,
        subprocess.Popen(
            command, cwd=folder, stdout=out, stderr=err, text=True, env={**os.environ, **environment}
        ) as process,
    ):
        try:
            yield process
        finally:
            for child in psutil.Process(process.pid).children() if process.poll() is None else ():
                child.kill()
            process.kill()


def until(process: subprocess.Popen[str], held: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not held():
        assert process.poll() is None, "the run ended too soon"
        assert time.monotonic() < end
        time.sleep(0.2)


def opened(folder: Path) -> int:
    path = folder / "out" / "results.jtl"
    return path.read_bytes().count(b",open,101,") if path.exists() else 0


def size(folder: Path) -> int:
    path = folder / "out" / "results.jtl"
    return path.stat().st_size if path.exists() else 0


def said(folder: Path) -> tuple[str, str]:
    return (folder / "stdout").read_text(encoding="utf-8"), (folder / "stderr").read_text(encoding="utf-8")


def errors(folder: Path) -> list[str]:
    lines = said(folder)[1].splitlines()
    assert not [line for line in lines if line.startswith("Traceback")]
    return [line for line in lines if line.startswith("jmxgen: error: ")]


def reported(folder: Path) -> dict[str, int]:
    """Return the connections of a report that is whole, with nothing half-written beside it."""
    out = folder / "out"
    names = {path.name for path in out.iterdir()}
    assert {"report.html", "analysis.json", "connections.csv", "timeline.svg", "results.jtl"} <= names
    assert not [name for name in names if name.endswith(".part") or "secret" in name]
    found: dict[str, int] = json.loads((out / "analysis.json").read_text("utf-8"))["connections"]
    return found


def test_a_killed_jmeter_leaves_a_report_of_what_it_measured(tmp_path: Path) -> None:
    with simulation() as server, running(tmp_path, server.url) as process:
        until(process, lambda: opened(tmp_path) == 5)
        (java,) = [p for p in psutil.Process(process.pid).children() if "java" in p.name()]
        java.kill()
        assert process.wait(PATIENCE) == 4

    (line,) = errors(tmp_path)
    assert "JMeter was killed by SIGKILL" in line
    assert "what was measured until then is in" in line
    assert reported(tmp_path)["opened"] == 5
    assert said(tmp_path)[0].startswith("Incomplete: JMeter was killed by SIGKILL")


def test_ctrl_c_ends_the_run_with_a_report_and_its_own_status(tmp_path: Path) -> None:
    truth = tmp_path / "truth"
    with simulation(truth=truth) as server, running(tmp_path, server.url) as process:
        until(process, lambda: opened(tmp_path) == 5)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130

    assert not errors(tmp_path)
    assert said(tmp_path)[0].startswith("Incomplete: the run was interrupted")
    assert json.loads((tmp_path / "out" / "analysis.json").read_text("utf-8"))["complete"] is False
    connections = reported(tmp_path)
    assert (connections["opened"], connections["leaked"]) == (5, 0)
    ends = [json.loads(line)["end"] for line in truth.read_text("utf-8").splitlines()]
    assert ends == ["closed"] * 5, "no connection is left without a close frame"


def test_a_server_that_vanishes_is_seen_while_the_run_goes_on_and_in_its_report(tmp_path: Path) -> None:
    seen: list[int] = []

    def readable() -> bool:
        with contextlib.suppress(ResultError):  # no row yet
            seen.append(reading.read([tmp_path / "out" / "results.jtl"]).rows)
        return opened(tmp_path) == 5 and seen[-1] > 5

    with (
        contextlib.suppress(SimulatorError),  # it says that it was killed
        simulation() as server,
        running(tmp_path, server.url, hold="6s") as process,
    ):
        until(process, readable)
        psutil.Process(server.pid).kill()
        assert process.wait(PATIENCE) == 0

    assert seen == sorted(seen), "a file that grows only ever says more"
    connections = reported(tmp_path)
    assert connections["opened"] == 5
    analysis = json.loads((tmp_path / "out" / "analysis.json").read_text("utf-8"))
    assert analysis["closures"]["data"]["total"] == 5
    assert analysis["closures"]["handshake"]["kinds"].get("refused", 0) > 0


def test_files_that_may_not_grow_are_told_and_what_was_written_is_kept(tmp_path: Path) -> None:
    most = 128 * 1024
    with (
        simulation() as server,
        running(tmp_path, server.url, pause="10ms", largest_file=most) as process,
    ):
        until(process, lambda: size(tmp_path) == most)
        process.send_signal(signal.SIGINT)
        status = process.wait(PATIENCE)

    assert status == 4
    (line,) = errors(tmp_path)
    assert "they end in the middle of a row (is the disk full, or a quota?" in line
    assert "what was measured until then is in" in line
    assert size(tmp_path) == most
    assert reported(tmp_path)["opened"] == 5
