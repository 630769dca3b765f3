"""Stopping, step by step, against a child that listens as JMeter does and notes what it is told."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jmxgen.jmeter import control
from jmxgen.jmeter.control import Control

_CHILD = """
import signal, socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.1", 0))
    told = open(sys.argv[1], "a", buffering=1)
    def terminated(*_):
        told.write("SIGTERM\\n")
    signal.signal(signal.SIGTERM, terminated)
    print("Waiting for possible Shutdown message on port", server.getsockname()[1], flush=True)
    while True:
        told.write(server.recv(100).decode() + "\\n")
"""


class Child:
    """A stubborn child: it notes and goes on, until it is killed."""

    def __init__(self, folder: Path) -> None:
        self.output, self._told = folder / "jmeter.out", folder / "told"
        with self.output.open("wb") as output:
            command = [sys.executable, "-c", _CHILD, str(self._told)]
            self.process = subprocess.Popen(command, stdout=output)
        self._until(lambda: b"on port" in self.output.read_bytes())

    @staticmethod
    def _until(condition: object) -> None:
        assert callable(condition)
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end
            time.sleep(0.01)

    def was_told(self, *words: str) -> None:
        self._until(lambda: self._told.exists() and self._told.read_text().split() == list(words))


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    made = Child(tmp_path)
    yield made
    made.process.kill()
    made.process.wait()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(control, "monotonic", lambda: now[0])
    return now


def test_nobody_asked_so_nothing_is_done(child: Child) -> None:
    control = Control(child.process, child.output)
    control.advance(0, "")
    assert control.reason == ""
    assert child.process.poll() is None


def test_each_step_comes_when_the_one_before_did_not_help(child: Child, clock: list[float]) -> None:
    control = Control(child.process, child.output)
    control.advance(1, "")
    child.was_told("Shutdown")
    control.advance(1, "")
    clock[0] += 31
    control.advance(1, "")
    child.was_told("Shutdown", "StopTestNow")
    clock[0] += 15
    control.advance(1, "")
    assert child.process.poll() is None
    clock[0] += 10
    control.advance(1, "")
    assert child.process.wait(60) == -9
    assert control.reason == "user"


def test_a_second_ctrl_c_ends_and_a_third_kills(child: Child, clock: list[float]) -> None:
    control = Control(child.process, child.output)
    control.advance(2, "")
    assert child.process.poll() is None
    control.advance(3, "")
    assert child.process.wait(60) == -9


def test_the_first_reason_stays(child: Child) -> None:
    control = Control(child.process, child.output)
    control.advance(0, "closures")
    control.advance(1, "")
    assert control.reason == "closures"
    child.was_told("Shutdown")


def test_what_cannot_end_by_itself_is_not_waited_for(child: Child, clock: list[float]) -> None:
    control = Control(child.process, child.output)
    control.advance(0, "lost engine", hurry=True)
    clock[0] += 19
    control.advance(0, "lost engine", hurry=True)
    assert child.process.wait(60) == -9


def test_before_jmeter_listens_the_process_is_ended(tmp_path: Path) -> None:
    output = tmp_path / "jmeter.out"
    output.write_bytes(b"")
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        Control(process, output).advance(1, "")
        assert process.wait(60) == -15
