"""What a verdict asks the next run for: a value that each cause declares in its own file.

The sentence "how to confirm" of a report, the scenario that `analyze --next` writes, and what `search` does
with a probe of that verdict are all made from it, so that they say the same.
"""

from __future__ import annotations

import dataclasses
import enum


class What(enum.StrEnum):
    """A change of the scenario, in words; `jmxgen.next.changes` turns it into keys and values."""

    AROUND_LIMIT = "steps that hold just under and just over the limit, twice"
    STEPS = "steps up to the same load, each with a hold"
    UNDER_RATE = "openings just under the limit"
    SLOWER_RAMP = "a ramp half as steep"
    PINGS = "pings more often than the limit on silence"
    PONGS = "answers to the server's pings"
    LISTEN = "listen in place of pause"
    JITTER = "full jitter"
    LATER_RETURN = "a longer random wait before the first reconnect"
    LONGER_TIMEOUTS = "timeouts three times as long"
    ONE_CALLER = "a single caller"
    HALF_THE_CALLERS = "half the callers"


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """What the next run changes, and what that shows."""

    what: What
    why: str

    @property
    def sentence(self) -> str:
        """What changes and why, in one line."""
        return f"{self.what}: {self.why}"


class Capacity(enum.Enum):
    """How trouble of a cause depends on the number of callers."""

    LOAD = enum.auto()  # more callers, more of it; from which number on isn't known
    CONNECTIONS = enum.auto()  # a limit on open connections, which `interval` bounds
    OPENINGS = enum.auto()  # a limit on openings per second, which `interval` bounds
    ANY_LOAD = enum.auto()  # any number of callers has it
    SOME_CALLERS = enum.auto()  # as ANY_LOAD, but it may begin with the callers that come last
    EVENT = enum.auto()  # one event, however many connections it took
    GENERATOR = enum.auto()  # the load generator gives way, not the server


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class NextRun:
    """The run that shows most after a verdict.

    Attributes:
        changes: to the scenario; none where no change of it would show more.
        instead: what to do then.
        capacity: how the trouble depends on the number of callers.
        remedy: what to change before a search goes on, where callers are not what matters.
    """

    changes: tuple[Change, ...] = ()
    instead: str = ""
    capacity: Capacity = Capacity.LOAD
    remedy: str = ""

    @property
    def sentence(self) -> str:
        """The run in words, for "how to confirm"."""
        return "; ".join(change.sentence for change in self.changes) or self.instead


def under_rate(low: float) -> float:
    """Return openings per second that a limit on them, at least `low`, should all admit."""
    return float(f"{0.9 * low:.3g}")
