"""From the log of a run to its connections, batch by batch, so that the working memory is flat."""

from __future__ import annotations

import collections
import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from jmxgen.analysis.cores import spread
from jmxgen.analysis.lifecycle import connections
from jmxgen.analysis.lifecycle.record import NEVER, unpacked
from jmxgen.analysis.lifecycle.resolve import resolve

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from jmxgen.analysis.lifecycle.log import Batch, Log


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
    joined = connections.Joined(names)
    aftermath_at, stalls_at = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    counts: collections.Counter[str] = collections.Counter(
        dict.fromkeys(("aftermath", "stalls", "unattributed", "orphans", "otherwise"), 0)
    )
    for part in spread(lambda batch: _Part.of(log, batch, names), log.batches()):
        joined.add(part.table)
        aftermath_at.append(part.aftermath_at)
        stalls_at.append(part.stalls_at)
        counts.update(part.counts)
    return Told(
        connections=joined.frame(),
        aftermath_at=np.concatenate(aftermath_at),
        stalls_at=np.concatenate(stalls_at),
        **counts,
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Part:
    """What is kept of a batch: its records, ten times as much, go when it has been worked on."""

    table: connections.Table
    aftermath_at: NDArray[np.int64]
    stalls_at: NDArray[np.int64]
    counts: dict[str, int]

    @classmethod
    def of(cls, log: Log, batch: Batch, names: connections.Names) -> _Part:
        lives = resolve(log, unpacked(batch))
        table = connections.table(lives, names)
        ends, rows = lives.records["end"], lives.records["rows"]
        timed = ends != NEVER
        own = lives.records["own"][lives.begins]
        return cls(
            table,
            aftermath_at=ends[lives.aftermath & timed],
            stalls_at=ends[lives.stall & timed],
            counts={
                "aftermath": int(rows[lives.aftermath].sum()),
                "stalls": int(lives.stall.sum()),
                "unattributed": int(rows[lives.unattributed].sum()),
                "orphans": int(lives.orphan.sum()),
                "otherwise": int(((own >= 0) & (own != table["connection"])).sum()),
            },
        )
