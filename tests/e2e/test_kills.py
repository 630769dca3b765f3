"""Killed at any moment: no half-written output, no JMeter left behind, and the next try works.

CI kills each command a few times; JMXGEN_KILLS=100 (`make nightly`) a hundred times.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from jmxgen.jmeter.home import cache_folder
from jmxgen.jmeter.install import is_whole
from jmxgen.jmeter.versions import JMETER
from jmxgen.simulator.process import simulation

pytestmark = pytest.mark.jmeter
KILLS = int(os.environ.get("JMXGEN_KILLS", "3"))
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
SAMPLES = Path(__file__).parents[2] / "samples"
GONE_S = 10
GENTLE_S = 90  # a gentle stop lets callers end their step
SCENARIO = """\
name: kills
target: {{url: {url}}}
load: {{callers: 5, ramp_up: 1s, hold: 2s}}
call:
  - request: {{send: '{{"type":"open"}}', contains: opened, within: 5s}}
  - listen: 500ms
"""


def start(words: list[str], folder: Path, **variables: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "jmxgen", *words],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(SAMPLES.parent), **variables},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def kill_at_random(words: list[str], folder: Path, longest: float, number: int, **variables: str) -> str:
    """Kill a command within `longest` seconds; return what it wrote to stderr."""
    child = start(words, folder, **variables)
    time.sleep(random.uniform(0, longest))
    child.send_signal(number)
    _, said = child.communicate(timeout=GENTLE_S)
    return said.decode()


def processes_of(folder: Path) -> list[psutil.Process]:
    """Return the processes that name a folder in their words."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in word for word in process.info["cmdline"] or ())
    ]


@pytest.mark.parametrize(
    ("words", "outputs"),
    [
        (["generate", str(SAMPLES / "ivr.yaml"), "-o", "p.jmx"], ["p.jmx", "p.properties"]),
        (
            ["analyze", str(SAMPLES / "cap.jtl"), "-o", ".", "--junit", "j.xml"],
            ["analysis.json", "connections.csv", "timeline.png", "timeline.svg", "report.html", "j.xml"],
        ),
    ],
)
def test_outputs_of_a_killed_command_are_whole_or_as_before(
    words: list[str], outputs: list[str], tmp_path: Path
) -> None:
    whole, folder = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    folder.mkdir()
    began = time.monotonic()
    with start(words, whole) as child:
        assert child.wait(GENTLE_S) == 0
    took = time.monotonic() - began
    for name in outputs:
        (folder / name).write_text("before")
    for turn in range(KILLS):
        said = kill_at_random(words, folder, took, SIGNALS[turn % len(SIGNALS)])

        assert "Traceback" not in said
        for name in outputs:
            kept = (folder / name).read_bytes()
            assert kept == b"before" or len(kept) > 0.9 * (whole / name).stat().st_size, name
        if turn % len(SIGNALS):  # nobody can tidy up after SIGKILL
            assert not list(folder.glob("*.part"))
        for left in folder.glob(".jmxgen-*.part"):
            left.unlink()


def test_a_killed_run_leaves_no_jmeter(tmp_path: Path) -> None:
    with simulation() as server:
        (tmp_path / "s.yaml").write_text(SCENARIO.format(url=server.url))
        for turn in range(KILLS):
            out = tmp_path / f"run-{turn}"

            said = kill_at_random(
                ["run", "s.yaml", "-o", str(out)], tmp_path, 12, SIGNALS[turn % len(SIGNALS)]
            )

            assert "Traceback" not in said
            _, alive = psutil.wait_procs(processes_of(out), GONE_S)
            assert not alive
            for plan in out.glob("plan.jmx"):
                assert plan.read_bytes().endswith(b"</jmeterTestPlan>\n")


def test_a_killed_install_is_made_good_by_the_next(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    if not (cache_folder() / "maven").is_dir():
        pytest.fail("install JMeter first: jmxgen jmeter install")
    shutil.copytree(cache_folder() / "maven", cache / "maven")
    for turn in range(KILLS):
        said = kill_at_random(
            ["jmeter", "install"], tmp_path, 1.5, SIGNALS[turn % len(SIGNALS)], JMXGEN_CACHE=str(cache)
        )
        assert "Traceback" not in said
        home = cache / "jmeter" / JMETER
        assert not home.exists() or is_whole(home, JMETER)
        shutil.rmtree(home, ignore_errors=True)

    install = ["jmeter", "install"]
    with (
        start(install, tmp_path, JMXGEN_CACHE=str(cache)) as one,
        start(install, tmp_path, JMXGEN_CACHE=str(cache)) as other,
    ):
        assert [one.wait(GENTLE_S), other.wait(GENTLE_S)] == [0, 0]
    assert is_whole(cache / "jmeter" / JMETER, JMETER)
    assert [path.name for path in (cache / "jmeter").iterdir() if path.is_dir()] == [JMETER]
