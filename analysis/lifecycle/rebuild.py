"""From the history of a run to its connections."""

from __future__ import annotations

import collections
import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.dialects import Event
from jmxgen.analysis.lifecycle.classify import NEVER
from jmxgen.analysis.lifecycle.connections import Names, connection_columns, connection_table
from jmxgen.analysis.lifecycle.resolve import LIVE, NONE, resolve, without_other_samplers

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from jmxgen.analysis.lifecycle.history import History
    from jmxgen.analysis.lifecycle.resolve import ResolvedRecords


MERGED: Final = 0.05  # so many such rows per connection, or such threads of all, are not an accident
FEW: Final = 3
NOTHING: Final = np.empty(0, np.int64)
_COUNTED: Final = ("aftermath", "stalls", "unattributed", "orphans", "renumbered", "doubled")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Lifecycle:
    """What became of all connections of a run."""

    connections: pd.DataFrame  # CONNECTION_COLUMNS, by thread (in the order of their first rows) and time
    aftermath_at: NDArray[np.int64]  # the times of the aftermath's rows, ms, where they have one
    stalls_at: NDArray[np.int64]
    aftermath: int
    stalls: int
    unattributed: int
    overlaps: int  # rows that begin before the one before them in their thread has ended
    doubled: int  # threads that open twice, and close twice
    orphans: int  # connections that were lost, and whose opening is not in the files
    renumbered: int  # connections that the plan's own column gives another number

    @property
    def tangled(self) -> int:
        """How often a thread does two things at once, 0 where that is an accident.

        Its rows are then of several callers, or in no order, and can't be put together to connections.
        """
        by_rows = self.overlaps > max(MERGED * len(self.connections), FEW)
        by_threads = self.doubled > max(MERGED * self.connections["thread"].nunique(), FEW)
        return max(self.overlaps, self.doubled) if by_rows or by_threads else 0

    def notes(self) -> list[str]:
        """Return what a reader must know of how the connections were rebuilt."""
        found = []
        if self.tangled:
            found.append(
                f"{self.tangled:,} times a thread does two things at once: several generators merged (give "
                "their files one by one), or a clock that was set back?"
            )
        if self.aftermath and self.connections.empty:
            found.append(
                f"{self.aftermath:,} rows of WebSocket samplers had no connection, and no row opened one: "
                "the Open wrote no row (jmeter.log says why)"
            )
        if self.orphans:
            found.append(f"{self.orphans} lost connections have no opening row in the files")
        if self.renumbered:
            found.append(
                f"{self.renumbered} connection numbers disagree with ws_conn: were files given twice?"
            )
        return found


def rebuild(history: History) -> Lifecycle:
    """Rebuild all connections of a history."""
    names = Names.of(history)
    tables, aftermath_at, stalls_at = [], [NOTHING], [NOTHING]
    counts: collections.Counter[str] = collections.Counter(dict.fromkeys(_COUNTED, 0))
    for every in history.records():
        records = without_other_samplers(history, every)
        resolved = resolve(history, records)
        table = connection_columns(resolved, names)
        ends, rows = records["end"], records["rows"]
        timed = ends != NEVER
        own_number = records["own_number"][resolved.begins]
        aftermath_at.append(ends[resolved.aftermath & timed])
        stalls_at.append(ends[resolved.stall & timed])
        counts["aftermath"] += int(rows[resolved.aftermath].sum())
        counts["stalls"] += int(resolved.stall.sum())
        counts["unattributed"] += int(rows[resolved.unattributed].sum())
        counts["doubled"] += _doubled(resolved)
        counts["orphans"] += int(resolved.orphan.sum())
        counts["renumbered"] += int(((own_number >= 0) & (own_number != table["connection"])).sum())
        tables.append(table)
    return Lifecycle(
        connections=connection_table(tables, names),
        aftermath_at=np.concatenate(aftermath_at),
        stalls_at=np.concatenate(stalls_at),
        overlaps=history.overlaps,
        **counts,
    )


def _doubled(resolved: ResolvedRecords) -> int:
    """Count the threads that open while they have a connection, and close when they have none.

    A close is answered only on a connection: such a thread has two, which are two generators' of one name.
    """
    records, state = resolved.records, resolved.state
    thread, event = records["thread"], records["event"]
    again = np.append(False, thread[1:] == thread[:-1])
    opens = resolved.begins & ~resolved.orphan & ~resolved.failed & (state == LIVE)
    closes = again & (event == Event.CLOSED) & (state == NONE)
    return len(np.intersect1d(thread[opens], thread[closes]))
