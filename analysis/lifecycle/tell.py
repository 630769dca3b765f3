"""From the log of a run to its connections, batch by batch, so that the working memory is flat."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from jmxgen.analysis.lifecycle import connections
from jmxgen.analysis.lifecycle.record import NEVER
from jmxgen.analysis.lifecycle.resolve import resolve

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from jmxgen.analysis.lifecycle.log import Log


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What became of all connections of a run."""

    connections: (
        pd.DataFrame
    )  # CONNECTION_COLUMNS, by file, thread (in the order of their first rows) and time
    aftermath_at: NDArray[np.int64]  # the times of the aftermath's rows, ms, where they have one
    stalls_at: NDArray[np.int64]
    aftermath: int
    stalls: int
    unattributed: int
    orphans: int  # connections that were lost, and whose opening is not in the files
    otherwise: int  # connections that the plan's own column numbers otherwise

    def notes(self) -> list[str]:
        """Return what a reader must know of how the connections were rebuilt."""
        found = []
        if self.orphans:
            found.append(f"{self.orphans} lost connections have no opening row in the files")
        if self.otherwise:
            found.append(
                f"{self.otherwise} connections are numbered otherwise by the plan's own ws_conn column"
            )
        return found


def tell(log: Log) -> Told:
    """Rebuild all connections of a log."""
    names = connections.Names.of(log)
    tables: list[connections.Table] = []
    aftermath_at, stalls_at = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    counts = dict.fromkeys(("aftermath", "stalls", "unattributed", "orphans", "otherwise"), 0)
    for batch in log.batches():
        lives = resolve(log, batch)
        table = connections.table(lives, names)
        tables.append(table)
        ends, rows = lives.records["end"], lives.records["rows"]
        timed = ends != NEVER
        aftermath_at.append(ends[lives.aftermath & timed])
        stalls_at.append(ends[lives.stall & timed])
        own = lives.records["own"][lives.begins]
        counts["aftermath"] += int(rows[lives.aftermath].sum())
        counts["stalls"] += int(lives.stall.sum())
        counts["unattributed"] += int(rows[lives.unattributed].sum())
        counts["orphans"] += int(lives.orphan.sum())
        counts["otherwise"] += int(((own >= 0) & (own != table["connection"])).sum()) if len(own) else 0
    return Told(
        connections=connections.join(tables, names),
        aftermath_at=np.concatenate(aftermath_at),
        stalls_at=np.concatenate(stalls_at),
        **counts,
    )
