"""What comes of joining a run with the other side's log: plain values for verdict, report and JSON."""

from __future__ import annotations

import dataclasses
import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

# One row a connection or attempt, in the order and with the index of the run's connections. Times are
# JMeter's: the clock's offset is taken out. What the log doesn't say is NaN, 0, "" or unknown.
SERVER_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "server_opened_at": "float64",
        "server_ended_at": "float64",
        "server_status": "int16",
        "server_code": "int16",  # of the close frame; no proxy logs it
        "server_flags": "category",  # termination flags, or the error log's reason in a word or two
        "server_seconds": "float64",  # from the upgrade request to the end
        "server_ended_by": "category",  # client, server, proxy, network, unknown
        "named_cause": "category",  # the cause that the log itself names
    }
)

APART_MS: Final = 100.0  # nodes whose clocks differ by less are kept in time as well as any


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """One log, and how its clock stands to JMeter's."""

    name: str
    formats: Mapping[str, int]  # lines of each format
    lines: int
    unreadable: int  # lines of no known format
    cut: bool  # its last line is not whole
    joined: int
    packed: bool = False  # gzip
    other_run: bool = False  # its lines fit only at an offset that no two clocks have: left out
    by_id: bool = False  # some line has the id of this run's plan
    notes: tuple[str, ...] = ()  # what its lines lack, or have where it can't be
    clock_offset_ms: float = math.nan  # how far its clock is ahead of JMeter's; NaN where nothing was joined
    clock_interval_ms: tuple[float, float] = (math.nan, math.nan)
    # Where its clock was set within the run: from which moment of JMeter's clock on, and the offset in ms.
    clock_steps: tuple[tuple[float, float], ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A cause that the log names by itself, and what it says of it."""

    cause: str
    connections: int
    ended_by: str
    flags: tuple[str, ...]  # the log's own words, the most frequent first
    seconds: float = math.nan  # of a timeout: from the last frame that JMeter saw to the logged end, median
    interval: tuple[float, float] = (math.nan, math.nan)  # 95% of the connections


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Connections of which the two sides say what can't both be true."""

    kind: str
    what: str  # one sentence, with the number
    count: int
    examples: tuple[str, ...]  # a few of them: thread, connection, what each side says


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerView:
    """A run as the other side's log has it."""

    files: tuple[FileView, ...]
    lines: int  # read, of all files
    joined: int  # connections and attempts of the run that the log has
    by_time: int  # of them, joined by time and status alone: single ones may be taken for each other
    never_sent: int  # attempts that never left the load generator, or met a closed port: no log can have them
    unmatched_connections: int  # connections that should be in the log and aren't
    unmatched_lines: int  # WebSocket connections of the log, within the run, that aren't the run's
    outside: int  # lines of other runs, other callers, or before and after the run
    clock_offset_ms: float  # of the file with the most joined connections
    clock_interval_ms: tuple[float, float]
    agreements: int  # joined connections of which both sides say the same
    contradictions: tuple[Contradiction, ...]
    named: tuple[Named, ...]  # most connections first
    peak_open: int  # most connections open at once, by the log alone
    open_steps: pd.DataFrame  # columns at_ms (JMeter's clock), open: by the log alone
    connections: pd.DataFrame  # SERVER_COLUMNS

    @property
    def clocks_differ(self) -> bool:
        """Whether the files' clocks are further apart than their offsets are unsure by."""
        known = [file for file in self.files if math.isfinite(file.clock_offset_ms) and not file.other_run]
        lows, highs = zip(*(file.clock_interval_ms for file in known), strict=True) if known else ((0,), (0,))
        return bool(max(lows) > min(highs) + APART_MS)

    @property
    def complete(self) -> bool:
        """Whether every connection of either side has the same end on the other."""
        return not self.unmatched_connections and not self.unmatched_lines and self.agreements == self.joined
