"""Labels whose rows look like a WebSocket's and are none.

A sampler that reads a frame leaves "200 OK" with some bytes received, and so does a script that returns a
value. The script gives itself away where it runs while its thread has no connection: a read would fail
there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.dialects import Event, Opens, among

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.analysis.lifecycle.log import Log
    from jmxgen.analysis.lifecycle.reduce import Rows

LOOK: Final = (
    100_000  # rows at a file's beginning that tell; a fixed number, so that chunks make no difference
)
_ENDS: Final = (
    Event.REFUSED,
    Event.SERVER_CLOSE,
    Event.CLOSED,
    Event.CLOSE_UNANSWERED,
    Event.NO_CONNECTION,
)


def foreign(beginning: Sequence[Rows], log: Log) -> frozenset[int]:
    """Return the labels, by number, of which no row is a WebSocket's.

    Args:
        beginning: the first chunks of a file, `LOOK` rows and more if it has them.
        log: what the rows' numbers stand for.
    """

    def column(name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.concatenate([getattr(rows, name) for rows in beginning])[:LOOK]

    unsure = column("unsure").astype(bool)
    if not unsure.any():
        return frozenset()
    event, label = column("event"), column("label")
    seen = np.flatnonzero(event != Event.IGNORED)
    order = seen[np.argsort(column("thread")[seen], kind="stable")]
    unsure, event, label, thread = unsure[order], event[order], label[order], column("thread")[order]
    opens = np.array([j.opens is Opens.YES for j in log.judgements])[column("judgement")[order]]
    begins, ends = opens | (event == Event.REFUSED), among(event, *_ENDS) & ~opens

    place = np.arange(len(order))
    first = np.maximum.accumulate(np.where(np.append(True, thread[1:] != thread[:-1]), place, 0))
    told = np.maximum.accumulate(np.where(begins | ends | (event != Event.USED) & ~unsure, place, -1))
    known = told >= first
    without = known & ends[np.maximum(told, 0)]
    # Before the first word on its connection, a thread has none if the next thing that it does is to open
    # one.
    coming = np.minimum.accumulate(np.where(begins | ends, place, len(order))[::-1])[::-1]
    same = (coming < len(order)) & (thread[np.minimum(coming, len(order) - 1)] == thread)
    without |= ~known & same & begins[np.minimum(coming, len(order) - 1)]
    suspects = set(np.unique(label[unsure & without]).tolist())
    return frozenset(suspects - set(np.unique(label[~unsure]).tolist()))
