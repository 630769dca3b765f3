from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from pathlib import Path

import pytest
from websockets.sync.client import connect

from jmxgen.simulator import truth
from jmxgen.simulator.process import SimulatorError, simulation


def test_the_files_are_complete_after_the_block_with_what_was_open(tmp_path: Path) -> None:
    log, series = tmp_path / "truth.jsonl", tmp_path / "metrics.csv"

    clients = contextlib.ExitStack()  # they outlive the server
    with clients, simulation(faults=["cap:limit=2"], truth=log, metrics=series) as server:
        with connect(server.url, proxy=None) as first:
            first.send("hello")
            assert first.recv(timeout=20) == "hello"
        held = clients.enter_context(connect(server.url_for("ivr?caller=7"), proxy=None))
        clients.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        held.send("a")
        assert held.recv(timeout=20) == "a"

    rows = truth.read(log)
    assert [(row.end, row.by, row.frames_in) for row in rows] == [
        ("closed", "client", 1),
        ("open", "client", 1),
        ("open", "client", 0),
    ]
    assert [row.path for row in rows] == ["/ivr", "/ivr?caller=7", None]
    assert series.read_text().startswith("time,open,processing,active_conversations\n2")


def test_it_says_why_it_did_not_start() -> None:
    with pytest.raises(SimulatorError, match="no fault 'cop'"), simulation(faults=["cop"]):
        pass


def test_it_says_that_it_died() -> None:
    def kill() -> None:
        with simulation() as server:
            os.kill(server.pid, signal.SIGKILL)
            time.sleep(0.5)

    with pytest.raises(SimulatorError, match="died"):
        kill()


def test_a_failure_in_the_block_comes_through() -> None:
    with pytest.raises(ZeroDivisionError), simulation() as server:
        server.port / 0


def test_the_side_port_has_its_address() -> None:
    with simulation(options=["--prometheus", "0"]) as server:
        assert server.metrics_url
        assert server.metrics_url.startswith("http://127.0.0.1:")
