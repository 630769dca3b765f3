"""The values of a search: a load, a probe of it, what is demanded, and what to do next."""

from __future__ import annotations

import dataclasses
from typing import Literal

Phase = Literal["handshake", "data"]
Outcome = Literal["holds", "clean", "undecided", "fails"]
StopKind = Literal["goal", "limit", "cause", "load-generator", "undecided", "exhausted"]


@dataclasses.dataclass(frozen=True, slots=True)
class Load:
    """How many callers, and how many openings per second at most; None for the scenario's own pace."""

    callers: int
    rate: float | None = None

    def __str__(self) -> str:
        pace = f" at {self.rate:g} openings/s" if self.rate is not None else ""
        return f"{self.callers:,} {'caller' if self.callers == 1 else 'callers'}{pace}"


@dataclasses.dataclass(frozen=True, slots=True)
class Trials:
    """Independent trials of a phase and how many failed: see `jmxgen.search.trials`."""

    failures: int
    trials: int

    def __add__(self, other: Trials) -> Trials:
        return Trials(self.failures + other.failures, self.trials + other.trials)


@dataclasses.dataclass(frozen=True, slots=True)
class Demand:
    """A criterion on a failure rate: it must lie below `below`."""

    phase: Phase
    below: float
    expression: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """A run of the scenario at a load, and what came of it."""

    load: Load
    purpose: str  # why this load
    handshake: Trials
    data: Trials
    missed: tuple[str, ...] = ()  # criteria beside the rates that the run misses, with their values
    not_judged: tuple[str, ...] = ()
    cause: str = "healthy"
    finding: str = ""
    confidence: float = 0.0
    interval: tuple[float, float] | None = None  # of the verdict's limit: connections, or openings/s
    reached: int = 0  # callers
    peak_open: int = 0
    handshake_ms: float | None = None  # median
    caller_seconds: float = 0.0  # that callers were there, over all callers
    started: str | None = None  # UTC
    seconds: float = 0.0  # of the run, JMeter's start included
    folder: str = ""  # relative to the search's

    def trials(self, phase: Phase) -> Trials:
        """Return the trials of a phase."""
        return self.handshake if phase == "handshake" else self.data


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """What is searched for, and what a load must fulfil to hold."""

    callers: int  # never more
    first: int  # callers of the first probe
    demands: tuple[Demand, ...]
    most_probes: int = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Try:
    """Run this load next."""

    load: Load
    purpose: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    """The search ends.

    Attributes:
        kind: `goal`: it holds; `limit`: the highest load that holds is known; `cause`: what fails is not a
            matter of capacity; `load-generator`: the limit is not the server's; `undecided`: too few trials;
            `exhausted`: no probe is left.
        holds: the highest load that holds, or of which nothing failed.
        fails: the smallest load above it that fails.
        words: what to know, or to change.
    """

    kind: StopKind
    words: str
    holds: Load | None = None
    fails: Load | None = None
