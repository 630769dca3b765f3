"""The server of a simulated run: the faults' world in simulated time."""

from __future__ import annotations

import collections
import dataclasses
from typing import TYPE_CHECKING, Literal

from jmxgen.simulator.runs.line import Item, SimulatedLine

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable

    from jmxgen.simulator.faults.base import Fault
    from jmxgen.simulator.runs.clock import Clock, Due

EPOCH_MS = 1_780_000_000_000.0
# RFC 6455, 7.4.1, as servers word them.
_MEANINGS = {
    1001: "Going away",
    1008: "Policy violation",
    1009: "Message too big",
    1011: "Internal error",
    1012: "Service restart",
    1013: "Try again later",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Service:
    """A server in good health: how long it takes, and what it says. Seconds and bytes."""

    latency: float = 0.004  # of the network, both ways together
    handshake: float = 0.002  # to answer an upgrade request, in the middle
    answer: float = 0.004  # to answer a message, in the middle
    spread: float = 0.5  # of both: sigma of a lognormal
    tail: float = 0.0  # the part of answers that take ten times as long
    loss: float = 0.0  # the part of packets that are sent again, after 200 ms and more
    warm_up: float = 0.1  # what the first handshakes take longer, as Java loads its classes
    answer_size: int = 9
    push_every: float | None = None  # seconds between messages that nobody asked for, in the mean
    ping_every: float | None = None  # seconds between pings that need no answer
    echo: str = "sampler requested close"  # the reason in its answer to a close frame
    reasons: Literal["own", "code", "none"] = "own"  # what its close frames say
    close_wait: float = 5.0  # seconds from its own close frame to the end of TCP
    head: int = 129  # bytes of its 101
    reset_races: float = 0.0  # the part of refusals by reset that the client takes for an empty answer


class SimulatedServer:
    """Who is connected, which faults are in force, and the network between (jmxgen.simulator.world.World)."""

    def __init__(
        self, clock: Clock, service: Service, faults: Iterable[Fault], random: random.Random
    ) -> None:
        self.clock = clock
        self.service = service
        self.faults = list(faults)
        self.random = random
        self.lines: list[SimulatedLine] = []
        self.open: dict[SimulatedLine, None] = {}
        self.ends: collections.Counter[tuple[str, str, str]] = collections.Counter()
        self._begun = False

    # ------------------------------------------------------------------ the faults' world

    def now(self) -> float:
        """Return the milliseconds since the epoch."""
        return EPOCH_MS + self.clock.time * 1000

    def call_later(self, seconds: float, action: Callable[..., None], *args: object) -> Due:
        """Call `action` in so many simulated seconds."""
        return self.clock.at(self.clock.time + seconds, action, *args)

    def open_connections(self) -> list[SimulatedLine]:
        """Return the connections after their 101 and before their end, the oldest first."""
        return list(self.open)

    # ------------------------------------------------------------------ what happens to lines

    def begin(self) -> None:
        """Put the faults into force."""
        for fault in self.faults:
            fault.begin(self)

    def connect(self, caller: int) -> SimulatedLine:
        """Return the line of a new attempt; its request is on its way."""
        line = SimulatedLine(self, len(self.lines) + 1, caller, str(caller))
        self.lines.append(line)
        self.clock.at(self.clock.time + self.travel(), line.request)
        return line

    def accepted(self, line: SimulatedLine) -> None:
        """A request has come."""
        if not self._begun:
            self._begun = True
            for fault in self.faults:
                fault.load_begins()
        for fault in self.faults:
            fault.accepted(line)

    def opened(self, line: SimulatedLine) -> None:
        """A line is open."""
        self.open[line] = None
        for fault in self.faults:
            fault.opened(line)
        if self.service.push_every is not None:
            self._push_later(line)
        if self.service.ping_every is not None:
            self.call_later(self.service.ping_every, self._ping, line)

    def _push_later(self, line: SimulatedLine) -> None:
        assert self.service.push_every is not None
        self.call_later(self.service.push_every * self.random.uniform(0.5, 1.5), self._push, line)

    def _push(self, line: SimulatedLine) -> None:
        if line.outcome is None:
            line.push(self.service.answer_size)
            self._push_later(line)

    def _ping(self, line: SimulatedLine) -> None:
        if line.outcome is None and self.service.ping_every is not None:
            line.send_ping()
            self.call_later(self.service.ping_every, self._ping, line)

    def ended(self, line: SimulatedLine) -> None:
        """A line's outcome is known."""
        self.open.pop(line, None)
        if line.outcome is not None:
            self.ends[line.outcome.end, line.outcome.kind, line.outcome.cause] += 1
        for fault in self.faults:
            fault.ended(line)

    def reason(self, code: int, own: str) -> str:
        """Return what a close frame says: the fault's own words, what the code means, or nothing."""
        if self.service.reasons == "own":
            return own
        return _MEANINGS.get(code, "") if self.service.reasons == "code" else ""

    # ------------------------------------------------------------------ times

    def travel(self) -> float:
        """Return the seconds that a packet takes one way."""
        took = self.service.latency / 2 * self.random.uniform(0.8, 1.4)
        while self.service.loss and self.random.random() < self.service.loss:
            took += 0.2  # the least time before TCP sends again
        return took

    def to_client(self, line: SimulatedLine, item: Item) -> None:
        """Send something to the client; what is sent later comes later."""
        line.arrives = max(line.arrives, self.clock.time + self.travel())
        self.clock.at(line.arrives, line.socket.deliver, item)

    def service_time(self, *, handshake: bool) -> float:
        """Return the seconds that the server takes by itself."""
        middle = self.service.handshake if handshake else self.service.answer
        took = middle * self.random.lognormvariate(0, self.service.spread)
        if self.service.tail and self.random.random() < self.service.tail:
            took *= 10
        return took
