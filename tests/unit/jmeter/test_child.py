"""JMeter's process ends with jmxgen's. A Python that sleeps stands in for Java."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from jmxgen.jmeter.child import start

_PARENT = """
import pathlib, signal, sys, time
from jmxgen.jmeter.child import start
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # a session that ignores it must not decide
sleep = "import time; print('here', flush=True); time.sleep(600)"
child = start([sys.executable, "-c", sleep], open(sys.argv[1], "wb"))
while not pathlib.Path(sys.argv[1]).read_text(): time.sleep(0.01)
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_child_dies_with_its_parent_however_that_dies(number: int, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path / "out")], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))

        parent.send_signal(number)

        child.wait(10)
    assert not child.is_running()


def test_a_child_has_its_words_and_status_as_if_started_alone(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as output:
        child = start([sys.executable, "-c", "import sys; print(sys.argv); sys.exit(7)", "a b", ""], output)

        assert child.wait(60) == 7
    assert (tmp_path / "out").read_text() == "['-c', 'a b', '']\n"


def test_a_java_that_is_no_program_is_said_in_its_output(tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.touch(mode=0o755)
    with (tmp_path / "out").open("wb") as output:
        assert start([str(java)], output).wait(60) == 1

    assert (tmp_path / "out").read_text() == "Java does not start: Exec format error\n"
