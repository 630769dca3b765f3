"""Run a plan in a real JMeter, as a child process that can be watched and stopped."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jmxgen.errors import Fault, JMeterError, Place
from jmxgen.jmeter import properties as java_properties
from jmxgen.jmeter import sizing, trouble
from jmxgen.jmeter.control import Control
from jmxgen.jmeter.folder import Files, claim, has_samples, tail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from jmxgen.jmeter.home import Home

    OnPoll = Callable[["Status"], str | None]

POLL_S: Final = 0.5
FULL_DISK_BYTES: Final = 16 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class Status:
    """What a watcher is told, about twice a second."""

    seconds: float  # since the start
    jtl: Path  # may not exist yet
    log: Path
    stopping: str  # why the run is being stopped, "" while it runs freely


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """A run that came to its end, or was stopped.

    Attributes:
        jtl: the results.
        log: JMeter's log.
        seconds: how long JMeter ran, its own start included.
        stopped_by: "" where the plan ended by itself, `user` for Ctrl-C, else what `on_poll` returned.
    """

    jtl: Path
    log: Path
    seconds: float
    stopped_by: str


class RunFailedError(JMeterError):
    """JMeter failed while or before it ran the plan; `outcome` tells what was kept."""

    def __init__(self, fault: Fault, outcome: Outcome) -> None:
        super().__init__(fault.what, place=fault.place, hint=fault.hint)
        self.outcome = outcome


def run(
    plan: Path,
    folder: Path,
    *,
    home: Home,
    properties: Mapping[str, str] | None = None,
    property_file: Path | None = None,
    remote: Sequence[str] = (),
    callers: int | None = None,
    on_poll: OnPoll | None = None,
    arguments: Sequence[str] = (),
) -> Outcome:
    """Run `plan` to its end in JMeter and return what it left in `folder`.

    Ctrl-C (or SIGTERM) once lets the callers end their steps and JMeter write its results; twice kills it.

    Args:
        plan: the .jmx. Files that it names are looked for beside it, as JMeter does.
        folder: the run's own; made when missing. One that holds a run already is refused.
        home: the JMeter.
        properties: JMeter properties (-J). They reach JMeter through a file that only the user can read and
            that is deleted, so that no secret shows in the process list or in a log.
        property_file: PLAN.properties; read before `properties`.
        remote: engines as HOST:PORT; all properties are sent to them.
        callers: how many callers the plan has at most, for the size of the Java machine.
        on_poll: called about twice a second; the reason it returns, if any, stops the run as Ctrl-C does.
        arguments: more arguments of JMeter's own.

    Raises:
        RunFailedError: JMeter failed; what was measured until then is kept.
        JMeterError: the folder holds a run already, or can't be written.
    """
    files = claim(folder)
    started = time.monotonic()
    with _property_files(properties or {}, property_file) as paths:
        command = [
            *(str(home.java), *_java_arguments(callers)),
            *("-jar", str(home.jar), "-n", "-t", str(plan.absolute())),
            *("-l", str(files.jtl), "-j", str(files.log)),
            *_property_arguments(paths, remote),
            *arguments,
        ]
        with files.output.open("wb") as output:
            status, stopped_by = _watch(command, output.fileno(), files, on_poll)
    outcome = Outcome(files.jtl, files.log, time.monotonic() - started, stopped_by)
    _raise_trouble(files, outcome, status)
    return outcome


def _java_arguments(callers: int | None) -> list[str]:
    from jmxgen.jmeter.preflight import available_memory_mb

    return sizing.java_arguments(callers, available_mb=available_memory_mb(), environment=os.environ)


@contextlib.contextmanager
def _property_files(properties: Mapping[str, str], given: Path | None) -> Iterator[list[Path]]:
    """Yield the property files to pass: the plan's, and a private one that is deleted in the end."""
    own = {"jmeter.save.saveservice.autoflush": "true"}  # what was measured is kept, whatever happens
    own |= {"jmeterengine.nongui.port": str(_free_udp_port()), "jmeterengine.nongui.maxport": "65535"}
    with tempfile.TemporaryDirectory(prefix="jmxgen-") as private:  # mode 0700
        path = Path(private) / "run.properties"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(java_properties.render({**own, **properties}))
        yield [*((given.absolute(),) if given else ()), path]


def _property_arguments(paths: Sequence[Path], remote: Sequence[str]) -> list[str]:
    arguments = [part for path in paths for part in ("-q", str(path))]
    if remote:
        arguments += [part for path in paths for part in ("-G", str(path))]
        arguments += ["-R", ",".join(remote)]
    return arguments


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _watch(command: Sequence[str], output: int, files: Files, on_poll: OnPoll | None) -> tuple[int, str]:
    """Start JMeter, wait for its end, and stop it when asked; return its exit status and why it stopped."""
    try:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    except OSError as error:
        raise JMeterError(f"Java does not start: {error.strerror}", place=Place(command[0])) from error
    control = Control(child, files.output)
    started = time.monotonic()
    try:
        with _interrupts() as interrupts:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return child.wait(POLL_S), control.reason
                status = Status(time.monotonic() - started, files.jtl, files.log, control.reason)
                asked = on_poll(status) if on_poll else None
                control.advance(len(interrupts), asked or _full_disk(files.folder))
    finally:
        if child.poll() is None:  # on_poll failed: leave no JMeter behind
            child.kill()
            child.wait()


def _full_disk(folder: Path) -> str:
    return "full disk" if shutil.disk_usage(folder).free < FULL_DISK_BYTES else ""


@contextlib.contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Collect SIGINT and SIGTERM instead of dying of them; only a main thread gets any."""
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    before = {
        number: signal.signal(number, lambda number, _frame: received.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise_trouble(files: Files, outcome: Outcome, status: int) -> None:
    """Raise what went wrong, with the log's path; delete the output of a run that went well."""
    results = has_samples(files.jtl)
    if outcome.stopped_by == "full disk":
        fault: Fault | None = Fault("the run was stopped: its disk is full", hint="free some space")
    else:
        stopped = bool(outcome.stopped_by)
        log, output = tail(files.log), tail(files.output)
        fault = trouble.find(log, output, status=status, results=results, stopped=stopped)
    if fault is None:
        files.output.unlink(missing_ok=True)
        return
    kept = f"; what was measured until then is in {files.jtl}" if results else ""
    where = files.log if files.log.exists() and files.log.stat().st_size else files.output
    hint = f"{fault.hint}; see {where}" if fault.hint else f"see {where}"
    raise RunFailedError(Fault(fault.what, fault.place, hint + kept), outcome)
