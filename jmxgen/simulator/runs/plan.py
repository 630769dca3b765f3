"""What callers do in a simulated run: plans in the styles that people write, and jmxgen's own."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import random

Step = Literal[
    "open", "request", "request new", "write", "read", "optional read", "ping", "think", "listen", "close"
]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Times:
    """How long something takes, in seconds: none, fixed, uniform or exponential."""

    kind: Literal["none", "fixed", "uniform", "exponential"] = "none"
    low: float = 0.0  # the mean of an exponential one
    high: float = 0.0

    def draw(self, random: random.Random) -> float:
        """Return the seconds of this time."""
        if self.kind == "uniform":
            return random.uniform(self.low, self.high)
        if self.kind == "exponential":
            return random.expovariate(1 / self.low)
        return self.low if self.kind == "fixed" else 0.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Retry:
    """What a caller does about a failed opening: up to `attempts`, each after a wait; seconds."""

    attempts: int = 1
    base: float = 0.0
    cap: float = 0.0
    jitter: Literal["none", "full", "equal"] = "none"

    def wait(self, failures: int, random: random.Random) -> float:
        """Return the wait after so many failures in a row."""
        longest = min(self.cap, self.base * 2.0 ** min(failures - 1, 60))
        if self.jitter == "full":
            return random.uniform(0, longest)
        return longest if self.jitter == "none" else random.uniform(longest / 2, longest)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """A thread group and its samplers. Times are seconds."""

    callers: int
    ramp: float
    steps: int | None = None  # the ramp is a stair of so many; None: even
    duration: float | None = None  # of the thread group's scheduler; None: each caller makes `loops`
    loops: int | None = None  # None: for ever
    call: tuple[Step, ...] = ("open", "request", "think", "request", "close")
    others: tuple[tuple[Step, ...], ...] = ()  # as likely as `call`, each: calls differ
    labels: dict[str, str] = dataclasses.field(default_factory=dict)  # by step; a step's own name else
    numbered: bool = False  # each of a call's requests has a label of its own
    group: str = "Callers"
    think: Times = Times()
    listen: Times = Times()  # how long an optional read waits
    between: Times = Times()  # before each pass through the loop
    on_error: Literal["continue", "next loop", "stop thread"] = "continue"
    retry: Retry | None = None  # a loop around the opener; None: the plan goes on as if it were open
    give_up_on: tuple[int, ...] = ()  # statuses that end the retries, and the caller
    guarded: bool = False  # the call's other samplers run only while the last opening succeeded
    finishes: bool = False  # a call that has begun is made to its end, also after `duration`
    connect_timeout: float = 20.0
    read_timeout: float = 6.0
    open_timeout: float | None = None  # the opener's own read timeout; None: as the others'
    pings: Literal["unfiltered", "filtered", "answered"] = "unfiltered"
    generated: bool = False  # jmxgen's own plan, with its ws_ columns
    handshake_rate: float | None = None  # openings per second over all callers that the plan allows itself
    reset_on_end: bool = False  # websocket.thread.stop.policy=tcpClose
    transaction: str = ""  # the label of a transaction around each pass, whose row repeats a failure

    def start(self, number: int) -> float:
        """Return when a thread starts; they are numbered from 1."""
        part = (number - 1) / self.callers
        if self.steps:
            part = math.floor(part * self.steps) / self.steps
        return self.ramp * part
