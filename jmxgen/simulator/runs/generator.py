"""The load generator of a simulated run: its threads, its clock, and its own limits."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jmxgen.simulator.runs.clock import Clock
    from jmxgen.simulator.runs.line import Socket
    from jmxgen.simulator.runs.rows import Row

# A thread yields the time at which it goes on, or a socket to wait for and the time to give up waiting.
Thread = Generator["float | tuple[Socket, float]", None, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """What the machine of the load generator lacks. Seconds."""

    ports: int | None = None  # local ports; one that was used rests before it is used again
    port_rest: float = 60.0
    files: int | None = None  # file descriptors for sockets
    pauses: tuple[tuple[float, float], ...] = ()  # all threads stand still: from when, how long
    work: float = 0.0  # CPU time of each step of a thread; one core


class LoadGenerator:
    """Runs threads in simulated time and takes up their rows."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self.clock = clock
        self.limits = limits
        self.rows: list[Row] = []
        self.active = 0
        self.sockets = 0
        self._resting: collections.deque[float] = collections.deque()  # when each used port is free again
        self._free_at = 0.0  # the core
        self.next_slot = 0.0  # of the openings that a plan paces

    def start(self, thread: Thread, at: float) -> None:
        """Start a thread at a time."""
        self.clock.at(at, self._begin, thread)

    def _begin(self, thread: Thread) -> None:
        self.active += 1
        self._step(thread)

    def _resume(self, thread: Thread) -> None:
        """Let a thread go on as soon as the machine lets it."""
        ready = self.clock.time
        for begin, length in self.limits.pauses:
            if begin <= ready < begin + length:
                ready = begin + length
        if self.limits.work:
            ready = max(ready, self._free_at)
            self._free_at = ready + self.limits.work
        if ready > self.clock.time:
            self.clock.at(ready, self._step, thread)
        else:
            self._step(thread)

    def _step(self, thread: Thread) -> None:
        try:
            wait = next(thread)
        except StopIteration:
            self.active -= 1
            return
        if isinstance(wait, tuple):
            socket, deadline = wait
            due = self.clock.at(deadline, self._give_up, socket, thread)

            def come() -> None:
                due.cancel()
                self._resume(thread)

            socket.reader = come
        else:
            self.clock.at(wait, self._resume, thread)

    def _give_up(self, socket: Socket, thread: Thread) -> None:
        socket.reader = None
        self._resume(thread)

    # ------------------------------------------------------------------ its own limits

    def lacks(self) -> str:
        """Return what the operating system says to one more socket: "" where there is room."""
        now = self.clock.time
        while self._resting and self._resting[0] <= now:
            self._resting.popleft()
        if self.limits.ports is not None and self.sockets + len(self._resting) >= self.limits.ports:
            return "Cannot assign requested address"
        if self.limits.files is not None and self.sockets >= self.limits.files:
            return "Too many open files"
        return ""

    def socket_opened(self) -> None:
        """A socket is in use."""
        self.sockets += 1

    def socket_closed(self, *, client_first: bool) -> None:
        """A socket is closed; who closes first keeps the port in TIME_WAIT."""
        self.sockets -= 1
        if client_first and self.limits.ports is not None:
            self._resting.append(self.clock.time + self.limits.port_rest)
