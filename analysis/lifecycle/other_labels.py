"""Labels whose rows look like a WebSocket's and are not.

A sampler that reads a frame leaves "200 OK" with some bytes received, and so does a script that returns a
value. The script gives itself away where it runs while its thread has no connection: a read would fail
there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.dialects import Event, Opens, is_any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jmxgen.analysis.lifecycle.classify import Events
    from jmxgen.analysis.lifecycle.history import History

# Rows at a file's beginning that decide; a fixed number, so that the size of chunks makes no difference.
SNIFFED_ROWS: Final = 100_000
_ENDS: Final = (
    Event.REFUSED,
    Event.SERVER_CLOSE,
    Event.CLOSED,
    Event.CLOSE_UNANSWERED,
    Event.NO_CONNECTION,
)


def other_labels(beginning: Sequence[Events], history: History) -> NDArray[np.int32]:
    """Return the labels, by number, of which no row is a WebSocket's.

    Args:
        beginning: the first chunks of a file, `SNIFFED_ROWS` rows and more if it has them.
        history: what the rows' numbers stand for.
    """

    def column(name: str) -> NDArray[np.int64]:
        return np.concatenate([getattr(events, name) for events in beginning])[:SNIFFED_ROWS]

    if not any(events.unsure.any() for events in beginning):
        return np.empty(0, np.int32)
    unsure, event, label = column("unsure").astype(bool), column("event"), column("label")
    seen = np.flatnonzero(~is_any(event, Event.IGNORED, Event.FAILED))
    order = seen[np.argsort(column("thread")[seen], kind="stable")]
    unsure, event, label, thread = unsure[order], event[order], label[order], column("thread")[order]
    surely_opens = np.array([c.opens is Opens.YES for c in history.classifications])
    opens = surely_opens[column("classification")[order]]
    begins, ends = opens | (event == Event.REFUSED), is_any(event, *_ENDS) & ~opens

    place = np.arange(len(order))
    first = np.maximum.accumulate(np.where(np.append(True, thread[1:] != thread[:-1]), place, 0))
    shows = begins | ends | (event != Event.USED) & ~unsure
    shown = np.maximum.accumulate(np.where(shows, place, -1))
    known = shown >= first
    without = known & ends[np.maximum(shown, 0)]
    # Before the first row that shows a connection, a thread has none if the next thing that it does is to
    # open one.
    coming = np.minimum.accumulate(np.where(begins | ends, place, len(order))[::-1])[::-1]
    same = (coming < len(order)) & (thread[np.minimum(coming, len(order) - 1)] == thread)
    without |= ~known & same & begins[np.minimum(coming, len(order) - 1)]
    return np.setdiff1d(label[unsure & without], label[~unsure]).astype(np.int32)
