"""What the load generator's own machine allows, against the number of callers: reported before the run."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jmxgen.jmeter import sizing

if TYPE_CHECKING:
    from collections.abc import Iterator

# Beside one socket a caller, JMeter holds its jars, logs and results open: 200 to 300 in a run with 146 jars.
OWN_DESCRIPTORS: Final = 400
OWN_THREADS: Final = 50  # collectors, compilers, JMeter's own
PORTS_KEPT: Final = 0.8  # of the ephemeral ports; the rest may wait in TIME_WAIT after a close
STACK_MB: Final = 0.25  # resident for a thread's stack and the system's part, measured with 2,000 threads


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """What the system grants this process; None where unknown or unlimited."""

    descriptors: int | None
    ports: int | None
    threads: int | None
    memory_mb: int


@dataclasses.dataclass(frozen=True, slots=True)
class Shortage:
    """A limit that the run will meet, and what to change."""

    resource: str
    what: str
    hint: str


def check(callers: int, limits: Limits) -> tuple[Shortage, ...]:
    """Return what `callers` callers will run into, the surest trouble first."""
    return tuple(_warnings(callers, limits))


def _warnings(callers: int, limits: Limits) -> Iterator[Shortage]:
    need = callers + OWN_DESCRIPTORS
    if limits.descriptors is not None and limits.descriptors < need:
        what = f"{callers} callers need about {need} file descriptors; the limit is {limits.descriptors}"
        yield Shortage("descriptors", what, f"run `ulimit -n {need}` before, or raise nofile for this user")
    if limits.ports is not None and limits.ports * PORTS_KEPT < callers:
        what = f"{callers} callers need as many local ports at once; there are {limits.ports}"
        hint = "widen net.ipv4.ip_local_port_range, or spread the callers over engines: run --remote"
        yield Shortage("ports", what, hint)
    need = callers + OWN_THREADS
    if limits.threads is not None and limits.threads < need:
        what = f"{callers} callers need about {need} threads; the limit is {limits.threads}"
        yield Shortage("threads", what, "raise `ulimit -u`, and the container's pids limit")
    need = round(sizing.heap_mb(callers) + STACK_MB * callers)
    if limits.memory_mb < need:
        what = f"{callers} callers may need {need} MB of memory; {limits.memory_mb} MB are available"
        yield Shortage("memory", what, "free some, or spread the callers over engines: run --remote")


def limits() -> Limits:
    """Ask the system."""
    return Limits(_descriptors(), _ports(), _threads(), available_memory_mb())


def available_memory_mb() -> int:
    """Return the memory that a new process can have, in MB: the system's, or the container's where less."""
    import psutil

    available = int(psutil.virtual_memory().available)
    limit, used = _cgroup("memory.max"), _cgroup("memory.current")
    if limit is not None and used is not None:
        available = min(available, max(0, limit - used))
    return available >> 20


def _descriptors() -> int | None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Java raises its soft limit to the hard one (MaxFDLimit, on by default)
    wide = max((n for n in (soft, hard) if n != resource.RLIM_INFINITY), default=None)
    return None if resource.RLIM_INFINITY in {soft, hard} else wide


def _ports() -> int | None:
    try:
        low, high = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return None
    return int(high) - int(low) + 1


def _threads() -> int | None:
    found = [n for n in (_user_threads(), _cgroup_threads()) if n is not None]
    return min(found) if found else None


def _user_threads() -> int | None:
    try:
        import os
        import resource
    except ImportError:
        return None
    if os.geteuid() == 0:  # the kernel does not hold root to it
        return None
    soft, _hard = resource.getrlimit(resource.RLIMIT_NPROC)
    return None if soft == resource.RLIM_INFINITY else soft


def _cgroup_threads() -> int | None:
    limit, used = _cgroup("pids.max"), _cgroup("pids.current")
    return None if limit is None else max(0, limit - (used or 0))


def _cgroup(name: str) -> int | None:
    """Return a number of this process's control group (version 2); None where it is absent or `max`."""
    try:
        line = Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()[-1]
        folder = Path("/sys/fs/cgroup") / line.split("::", 1)[1].lstrip("/")
        return int((folder / name).read_text(encoding="ascii"))
    except (OSError, ValueError, IndexError):
        return None
