"""Real runs of a real JMeter, and how they end: by themselves, by Ctrl-C, by a kill, by trouble."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from jmxgen.errors import JMeterError
from jmxgen.jmeter import record
from jmxgen.jmeter import run as jmeter_run
from jmxgen.jmeter.home import Home, find
from jmxgen.jmeter.run import Outcome, RunFailedError, Status, run

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.jmeter
PLANS = Path(__file__).parent / "plans"
ENDLESS = {"calls": "-1", "pause": "50"}


@pytest.fixture(scope="module")
def home() -> Home:
    return find()


def _rows(jtl: Path) -> list[str]:
    return jtl.read_text(encoding="utf-8").splitlines()[1:]


def _once_there_are_rows(act: Callable[[], object]) -> Callable[[Status], str | None]:
    """Make an `on_poll` that acts once, as soon as the results hold some rows."""
    done: list[bool] = []

    def on_poll(status: Status) -> str | None:
        if not done and status.jtl.exists() and len(_rows(status.jtl)) >= 5:
            done.append(True)
            act()
        return None

    return on_poll


def _my_jmeter() -> psutil.Process:
    (child,) = [p for p in psutil.Process().children() if "java" in p.name()]
    return child


def test_a_plan_runs_to_its_end_with_its_properties(home: Home, tmp_path: Path) -> None:
    seen: list[Status] = []
    plan_file = tmp_path / "plan.properties"
    plan_file.write_text("callers=3\ncalls=7\n", encoding="ascii")
    secret = "a \u00e9 secret=1\n"
    shown: list[str] = []
    left: list[Path] = []

    def on_poll(status: Status) -> None:
        seen.append(status)
        left[:] = [Path(a) for a in shown if a.endswith("run.properties") and Path(a).exists()]
        with contextlib.suppress(psutil.ZombieProcess):  # it has ended since, and is not waited for yet
            shown.extend(_my_jmeter().cmdline())
        files = [Path(a) for a in shown if a.endswith("run.properties")]
        assert all(stat.S_IMODE(f.stat().st_mode) == 0o600 for f in files if f.exists())

    outcome = run(
        PLANS / "tiny.jmx",
        tmp_path / "run",
        home=home,
        properties={"calls": "2", "token": secret, "pause": "300"},
        property_file=plan_file,
        on_poll=on_poll,
    )
    assert outcome.stopped_by == ""
    rows = _rows(outcome.jtl)
    assert len(rows) == 3 * 2, "callers of the file, calls of the properties, which win"
    assert all("token set" in row for row in rows)
    assert seen
    assert seen == sorted(seen, key=lambda status: status.seconds)
    assert any(a.endswith("run.properties") for a in shown)
    assert left == [], "a file with secrets is deleted as soon as JMeter has read it"
    assert sorted(p.name for p in (tmp_path / "run").iterdir()) == ["jmeter.log", "results.jtl", "run.json"]
    assert record.read(tmp_path / "run") == record.Record(callers=None)
    assert "secret" not in " ".join(shown)
    assert "secret" not in outcome.log.read_text(encoding="utf-8")
    assert not [a for a in shown if a.endswith("run.properties") and Path(a).exists()]
    with pytest.raises(JMeterError, match="already contains a run"):
        run(PLANS / "tiny.jmx", tmp_path / "run", home=home)


def test_ctrl_c_once_lets_callers_end_their_step_and_keeps_the_results(home: Home, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    outcome = run(
        PLANS / "tiny.jmx",
        tmp_path,
        home=home,
        properties=ENDLESS,
        on_poll=_once_there_are_rows(lambda: os.kill(os.getpid(), signal.SIGINT)),
    )
    assert outcome.stopped_by == "user"
    assert signal.getsignal(signal.SIGINT) is before
    rows = _rows(outcome.jtl)
    assert len(rows) >= 5
    assert all(len(row.split(",")) == 17 for row in rows), "no row is cut off"
    assert record.read(tmp_path) == record.Record(
        callers=None, incomplete_because="the run was interrupted (Ctrl-C or SIGTERM)"
    )
    assert "Notifying test listeners of end of test" in outcome.log.read_text(encoding="utf-8")


def test_a_watcher_may_stop_the_run_and_say_why(home: Home, tmp_path: Path) -> None:
    def on_poll(status: Status) -> str | None:
        return "closures" if status.jtl.exists() and _rows(status.jtl) else None

    outcome = run(PLANS / "tiny.jmx", tmp_path, home=home, properties=ENDLESS, on_poll=on_poll)
    assert outcome.stopped_by == "closures"


def test_ctrl_c_twice_ends_a_jmeter_whose_callers_hang(home: Home, tmp_path: Path) -> None:
    def press_twice() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    started = time.monotonic()
    presses = threading.Event()

    def on_poll(status: Status) -> None:
        if not presses.is_set() and "Thread started" in status.log.read_text(encoding="utf-8"):
            presses.set()
            press_twice()

    properties = {"pause": "600000"}
    outcome = run(PLANS / "tiny.jmx", tmp_path, home=home, properties=properties, on_poll=on_poll)
    assert outcome.stopped_by == "user"
    assert time.monotonic() - started < 200


def test_a_jmeter_that_is_killed_leaves_what_it_measured(home: Home, tmp_path: Path) -> None:
    with pytest.raises(RunFailedError) as error:
        run(
            PLANS / "tiny.jmx",
            tmp_path,
            home=home,
            properties=ENDLESS,
            on_poll=_once_there_are_rows(lambda: _my_jmeter().kill()),
        )
    assert "JMeter was killed by SIGKILL" in str(error.value)
    assert str(tmp_path / "jmeter.log") in str(error.value)
    assert "what was measured until then is in" in str(error.value)
    outcome: Outcome = error.value.outcome
    assert len(_rows(outcome.jtl)) >= 5
    kept = record.read(tmp_path)
    assert kept
    assert str(kept.incomplete_because).startswith("JMeter was killed by SIGKILL")


def test_a_disk_that_fills_up_stops_the_run(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_up() -> None:
        monkeypatch.setattr(jmeter_run, "FULL_DISK_BYTES", 1 << 62)

    on_poll = _once_there_are_rows(fill_up)
    with pytest.raises(RunFailedError, match="its disk is full") as error:
        run(PLANS / "tiny.jmx", tmp_path, home=home, properties=ENDLESS, on_poll=on_poll)
    assert len(_rows(error.value.outcome.jtl)) >= 5


def test_a_jmeter_without_memory_says_so(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JVM_ARGS", "-Xmx96m")
    with pytest.raises(RunFailedError, match="JMeter ran out of memory: Java heap space"):
        run(PLANS / "tiny.jmx", tmp_path, home=home, properties={"hog": "yes"})
    assert (tmp_path / "jmeter.out").exists()


def test_a_java_that_does_not_start_says_why(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JVM_ARGS", "-Xbogus")
    with pytest.raises(RunFailedError, match="Java does not start: Unrecognized option: -Xbogus") as error:
        run(PLANS / "tiny.jmx", tmp_path, home=home)
    assert str(tmp_path / "jmeter.out") in str(error.value)


def test_a_plan_with_a_plugin_that_is_missing_names_its_class(home: Home, tmp_path: Path) -> None:
    text = (PLANS / "tiny.jmx").read_text(encoding="utf-8")
    plan = tmp_path / "plan.jmx"
    plan.write_text(text.replace("JSR223Sampler", "com.example.Nope"), encoding="utf-8")
    with pytest.raises(RunFailedError, match=r"the plan uses com\.example\.Nope"):
        run(plan, tmp_path / "run", home=home)


def test_the_command_ends_with_status_4_and_one_line(tmp_path: Path) -> None:
    (tmp_path / "plan.jmx").write_text("<jmeterTestPlan><hashTree><Nope/></hashTree></jmeterTestPlan>")
    done = subprocess.run(
        [sys.executable, "-m", "jmxgen", "run", "plan.jmx", "-o", "out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4, done.stderr
    assert done.stderr.startswith("jmxgen: error: the plan uses Nope, which this JMeter does not have (")
    assert done.stderr.count("\n") == 1
