"""What listens does so on this machine alone unless told, and engines without TLS say what that means."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import click
import psutil
import pytest

from jmxgen.cli import COMMANDS, main
from jmxgen.simulator.process import simulation


def test_the_simulator_listens_on_loopback_alone() -> None:
    with simulation(options=["--prometheus", "0"]) as server:
        listening = [
            c for c in psutil.Process(server.pid).net_connections() if c.status == psutil.CONN_LISTEN
        ]

    assert len(listening) == 2
    assert {c.laddr.ip for c in listening} == {"127.0.0.1"}


def test_no_command_listens_elsewhere_by_default() -> None:
    hosts = {
        name: option.default
        for name in COMMANDS
        for option in main.get_command(click.Context(main), name).params  # type: ignore[union-attr]
        if option.name == "host"
    }

    assert hosts == {"simulate": "127.0.0.1", "engine": "127.0.0.1"}


@pytest.mark.jmeter
def test_an_engine_without_tls_warns_of_what_that_lets_in(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "jmxgen", "engine", "--port", "0", "--insecure", "--callers", "10"]
    with (
        (tmp_path / "stderr").open("w") as err,
        subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=err, text=True) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.readline().startswith("engine 127.0.0.1:")
        process.send_signal(signal.SIGINT)
        process.wait(120)

    said = (tmp_path / "stderr").read_text(encoding="utf-8")
    assert "jmxgen: warning: --insecure" in said
    assert "can run any code here" in said
