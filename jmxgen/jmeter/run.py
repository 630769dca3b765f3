"""Run a plan in a real JMeter, as a child process that can be watched and stopped."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jmxgen.errors import Fault, JMeterError
from jmxgen.jmeter import clocks, engine_key, engines, sizing, trouble
from jmxgen.jmeter.child import start
from jmxgen.jmeter.control import Control, interrupts
from jmxgen.jmeter.folder import Files, breaks_off, claim, has_samples, tail
from jmxgen.jmeter.private import private_folder, write_private
from jmxgen.jmeter.record import RUNNING, Record
from jmxgen.jmx import java_properties

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from jmxgen.jmeter.control import OnInterrupt
    from jmxgen.jmeter.home import Home

    OnPoll = Callable[["Status"], str | None]

POLL_S: Final = 0.5
FULL_DISK_BYTES: Final = 16 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class Status:
    """What a watcher receives, about twice per second."""

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
        clocks: the engines whose clocks differ from this machine's.
    """

    jtl: Path
    log: Path
    seconds: float
    stopped_by: str
    clocks: tuple[clocks.Difference, ...] = ()


class RunFailedError(JMeterError):
    """JMeter failed while or before it ran the plan; `outcome` says what was kept."""

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
    key: Path | None = None,
    insecure: bool = False,
    record: Record | None = None,
    on_interrupt: OnInterrupt | None = None,
) -> Outcome:
    """Run `plan` to its end in JMeter and return what it left in `folder`.

    Ctrl-C (or SIGTERM) once lets the callers end their steps and JMeter write its results; twice kills it.

    Args:
        plan: the .jmx. Files that it names are looked for beside it, as JMeter does.
        folder: the run's own; made when missing. One that already contains a run is refused.
        home: the JMeter.
        properties: JMeter properties (-J). They reach JMeter through a file that only the user can read and
            that is deleted, so that no secret shows in the process list or in a log.
        property_file: PLAN.properties; read before `properties`.
        remote: engines as HOST:PORT; all properties are sent to them.
        callers: how many callers the plan has at most, for the size of the Java machine.
        on_poll: called about twice a second; the reason it returns, if any, stops the run as Ctrl-C does.
        arguments: more arguments of JMeter's own.
        key: the folder with the key that the engines share; default: see `engine_key.keys`.
        insecure: talk to the engines without TLS.
        record: what run.json says of the run besides its end; default: `callers`.
        on_interrupt: called at once with each Ctrl-C and its number, from the signal's handler.

    Raises:
        RunFailedError: JMeter failed; what was measured until then is kept.
        JMeterError: the folder already contains a run, or can't be written.
    """
    team = engines.parse(remote)
    settings = _engine_settings(team, home, key, insecure)  # before the folder is taken: it may fail
    files = claim(folder)
    record = record or Record(callers=callers)
    dataclasses.replace(record, incomplete_because=RUNNING).write(files.folder)
    began, started = time.time(), time.monotonic()
    with (
        _property_files(properties or {}, property_file, settings) as paths,
        engines.Watch(team).watching() as watch,
    ):
        command = [
            *(str(home.java), *_java_arguments(callers), *_remote_java_arguments(team)),
            *("-jar", str(home.jar), "-n", "-t", str(plan.absolute())),
            *("-l", str(files.jtl), "-j", str(files.log)),
            *paths.arguments(team),
            *arguments,
        ]
        status, stopped_by = _run_to_end(command, _Watcher(files, paths, watch, on_poll), on_interrupt)
    names = [engine.name for engine in team]
    times = clocks.differences(files.jtl, names, began_ms=began * 1000, ended_ms=time.time() * 1000)
    outcome = Outcome(files.jtl, files.log, time.monotonic() - started, stopped_by, times)
    fault = _trouble(files, outcome, status, watch.lost)
    because = fault.what if fault else _stopped(outcome.stopped_by)
    dataclasses.replace(record, incomplete_because=because or None).write(files.folder)
    if fault:
        raise RunFailedError(fault, outcome)
    files.output.unlink(missing_ok=True)
    return outcome


@dataclasses.dataclass(frozen=True, slots=True)
class _PropertyFiles:
    """The property files of a run; `own` is for this JMeter alone, the others are for engines too."""

    own: Path
    shared: tuple[Path, ...]

    def forget(self) -> None:
        """Delete what is private, once JMeter has read it: should jmxgen be killed, no secret is left."""
        for path in (self.own, self.shared[-1]):
            path.unlink(missing_ok=True)

    def arguments(self, team: Sequence[engines.Engine]) -> list[str]:
        """Return the arguments that name the files and engines."""
        given = [part for path in (self.own, *self.shared) for part in ("-q", str(path))]
        if team:
            given += [part for path in self.shared for part in ("-G", str(path))]
            given += ["-R", ",".join(engine.name for engine in team), *engines.QUIET]
        return given


def _java_arguments(callers: int | None) -> list[str]:
    from jmxgen.jmeter.preflight import available_memory_mb

    return sizing.java_arguments(callers, available_mb=available_memory_mb(), environment=os.environ)


def _remote_java_arguments(team: Sequence[engines.Engine]) -> list[str]:
    return [f"-Djava.rmi.server.hostname={engines.own_address(team)}", *engines.TIMEOUTS] if team else []


def _engine_settings(
    team: Sequence[engines.Engine], home: Home, key: Path | None, insecure: bool
) -> dict[str, str]:
    if not team:
        return {}
    engines.check(team)
    return engine_key.INSECURE if insecure else engine_key.key_properties(engine_key.keys(home, key))


@contextlib.contextmanager
def _property_files(
    properties: Mapping[str, str], given: Path | None, settings: Mapping[str, str]
) -> Iterator[_PropertyFiles]:
    """Yield the property files to pass; those written here only the user can read, and they are deleted."""
    own = {"jmeter.save.saveservice.autoflush": "true"}  # what was measured is kept, whatever happens
    own |= {"jmeterengine.nongui.port": str(_free_udp_port()), "jmeterengine.nongui.maxport": "65535"}
    # Else idle threads (the pool of an OpenModelThreadGroup) keep Java alive for a minute after the test. The
    # exit comes last of all, when the listeners have written their results (StandardJMeterEngine.run).
    own["jmeterengine.force.system.exit"] = "true"
    with private_folder() as private:
        written = []
        for name, content in (("own", {**own, **settings}), ("run", properties)):
            path = private / f"{name}.properties"
            write_private(path, java_properties.render(content))
            written.append(path)
        yield _PropertyFiles(written[0], (*((given.absolute(),) if given else ()), written[1]))


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclasses.dataclass(frozen=True, slots=True)
class _Watcher:
    """Does at each poll what is to be done while JMeter runs."""

    files: Files
    paths: _PropertyFiles
    watch: engines.Watch
    on_poll: OnPoll | None

    def look(self, control: Control, interrupts: int, seconds: float) -> None:
        """Call the caller's `on_poll`, see whether the run is to stop, and stop it."""
        if control.port():
            self.paths.forget()
        status = Status(seconds, self.files.jtl, self.files.log, control.reason)
        asked = self.on_poll(status) if self.on_poll else None
        asked = asked or _full_disk(self.files.folder) or (self.watch.lost and "lost engine")
        control.advance(interrupts, asked, hurry=bool(self.watch.lost))


def _run_to_end(
    command: Sequence[str], watcher: _Watcher, on_interrupt: OnInterrupt | None
) -> tuple[int, str]:
    """Start JMeter, wait for its end, and stop it when asked; return its exit status and why it stopped."""
    files = watcher.files
    with files.output.open("wb") as output:
        child = start(command, output)
    control = Control(child, files.output)
    started = time.monotonic()
    try:
        with interrupts(on_interrupt) as received:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return child.wait(POLL_S), control.reason
                watcher.look(control, len(received), time.monotonic() - started)
    finally:
        if child.poll() is None:  # on_poll failed: leave no JMeter behind
            child.kill()
            child.wait()


def _full_disk(folder: Path) -> str:
    return "full disk" if shutil.disk_usage(folder).free < FULL_DISK_BYTES else ""


def _stopped(by: str) -> str:
    """Say who ended a run early, "" where nobody did."""
    if by == "user":
        return "the run was interrupted (Ctrl-C or SIGTERM)"
    return f"the run was stopped early by {by}" if by else ""


def _trouble(files: Files, outcome: Outcome, status: int, lost: str) -> Fault | None:
    """Return what went wrong, with the log's path."""
    results = has_samples(files.jtl)
    if outcome.stopped_by == "full disk":
        fault: Fault | None = Fault("the run was stopped: its disk is full", hint="free some space")
    elif lost:
        what = f"the run was stopped: the engine {lost} stopped responding"
        fault = Fault(what, hint="its own log may say why")
    else:
        stopped = bool(outcome.stopped_by)
        log, output = tail(files.log), tail(files.output)
        fault = trouble.find(log, output, status=status, results=results, stopped=stopped)
    if fault is None and breaks_off(files.jtl):
        what = "JMeter could not write all its results: they end in the middle of a row"
        fault = Fault(what, hint="is the disk full, or a quota?")
    if fault is None:
        return None
    kept = f"; what was measured until then is in {files.jtl}" if results else ""
    where = files.log if files.log.exists() and files.log.stat().st_size else files.output
    hint = f"{fault.hint}; see {where}" if fault.hint else f"see {where}"
    return Fault(fault.what, fault.place, hint + kept)
