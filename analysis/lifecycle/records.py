"""Events to records: one a row that changes something, one a stretch of rows that merely use a connection.

What a record says of its stretch does not depend on where the rows were cut into chunks: `survival` sums up
rows within a record and records within a connection in the same way.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from jmxgen.analysis.dialects import Event, is_any
from jmxgen.analysis.lifecycle.classify import NEVER
from jmxgen.analysis.lifecycle.survival import survived

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from jmxgen.analysis.lifecycle.classify import Events

    Column = NDArray[Any]
    Ints = NDArray[np.int64]

WATCHING_MS: Final = 20  # a read that took so long was waiting when its frame, or the end, came
CLOSE_FRAME: Final = 31  # bytes of the Luminis sampler's close frame with its standard reason

# One record. Times are ms since the epoch, NEVER where unknown.
COLUMNS: Final[Mapping[str, Any]] = {
    "thread": np.int32,
    "event": np.int8,
    "flags": np.uint8,
    "label": np.int32,
    "classification": np.int32,
    "rows": np.int32,
    "running": np.int32,  # allThreads
    "own_number": np.int32,  # ws_conn, -1 where the file has none
    "start": np.int64,
    "end": np.int64,  # of its last row
    "opened": np.int64,  # when the handshake was done
    "first_frame": np.int64,
    "last_frame": np.int64,  # the last frame up to the last sign of life
    "loose_frame": np.int64,  # the last frame after it
    "alive": np.int64,  # the last sign of life: a frame received, or a read that waited in vain
    "idle": np.int64,  # the longest time without a frame before the last sign of life
    "loose_idle": np.int64,  # and after it
    "silence": np.int64,  # the longest time between two rows before the last sign of life
    "loose_silence": np.int64,
}


class Flag(enum.IntFlag):
    """What else a record's last row shows."""

    OPENED = 1  # the row itself opened the connection
    SENT = 2  # a frame was sent
    CLOSE_SIZED = 4  # as many bytes were sent as the plugin's close frame has
    FAILED = 8


class Records:
    """Records as columns of equal length, `COLUMNS`."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        """Take the columns; they may be written to."""
        self.columns = {name: columns[name].astype(kind, copy=False) for name, kind in COLUMNS.items()}

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.columns["thread"])

    def __getitem__(self, name: str) -> Column:
        """Return a column."""
        return self.columns[name]

    def of_threads(self, first: int, after: int) -> Records:
        """Return the records of the threads from one number up to another; they are sorted by thread."""
        begin, end = np.searchsorted(self["thread"], [first, after])
        return Records({name: column[begin:end] for name, column in self.columns.items()})

    def where(self, chosen: NDArray[np.bool_]) -> Records:
        """Return the chosen records."""
        return Records({name: column[chosen] for name, column in self.columns.items()})

    @classmethod
    def joined(cls, parts: Sequence[Records]) -> Records:
        """Return the records of several parts by thread, those of one thread in the order of the parts."""
        order = np.argsort(np.concatenate([part["thread"] for part in parts]), kind="stable")
        return cls({name: np.concatenate([part[name] for part in parts])[order] for name in COLUMNS})

    def renumbered(self, *, thread: Column, label: Column, classification: int) -> Records:
        """Return the records with other numbers.

        Args:
            thread: the new number of each thread.
            label: the new number of each label.
            classification: what is added to a classification's number.
        """
        changed = {
            "thread": thread[self["thread"]],
            "label": label[self["label"]],
            "classification": self["classification"] + classification,
        }
        return Records.joined([Records({**self.columns, **changed})])


def stretches(events: Events) -> Records:
    """Return the records of events that are in order by thread."""
    size = len(events.event)
    using = is_any(events.event, Event.USED, Event.IDLE) & ~events.opened & (events.start != NEVER)
    new = np.ones(size, bool)
    new[1:] = ~(using[1:] & using[:-1] & (events.thread[1:] == events.thread[:-1]))
    first = np.flatnonzero(new)
    last = np.append(first[1:], size) - 1
    opened_at = np.where(
        events.connect >= 0, np.minimum(events.start + np.maximum(events.connect, 0), events.end), events.end
    )
    flags = events.opened * Flag.OPENED | (events.sent > 0) * Flag.SENT
    flags |= (events.sent == CLOSE_FRAME) * Flag.CLOSE_SIZED | events.failed * Flag.FAILED
    return Records(
        {
            "thread": events.thread[first],
            "event": events.event[last],
            "flags": flags[last],
            "label": events.label[last],
            "classification": events.classification[last],
            "rows": last - first + 1,
            "running": events.running[first],
            "own_number": events.own_number[first],
            "start": events.start[first],
            "end": events.end[last],
            "opened": np.where(events.opened[first], opened_at[first], NEVER),
            **survived(_signs_of_life(events, opened_at), np.cumsum(new) - 1, first),
        }
    )


def _signs_of_life(events: Events, opened_at: Ints) -> dict[str, Ints]:
    """Return the frames and signs of life of each row.

    A request goes out at its row's start (where the row opens: after the handshake), an answer ends its
    row. What is written proves nothing: the first write after the end of a connection succeeds, and each
    after an unread close frame. A ping comes unasked: one that a sampler found without a wait had lain in the
    socket, maybe since before the end. A read that waits, in vain or for a ping, shows that the connection is
    there.
    """
    event, start, end = events.event, events.start, events.end
    sent = events.sent > 0
    talks = is_any(event, Event.USED, Event.CLOSED)
    begins = np.where(events.opened, opened_at, start)
    first = np.where(sent | events.opened, begins, np.where(talks, end, NEVER))
    waits = sent & is_any(event, Event.TIMEOUT, Event.PINGED) | events.opened
    last = np.where(talks, end, np.where(waits, begins, NEVER))
    first[last == NEVER] = NEVER
    waited = is_any(event, Event.IDLE, Event.TIMEOUT, Event.CLOSE_UNANSWERED)
    waited |= (event == Event.PINGED) & (end - start >= WATCHING_MS)
    lives = (talks & (events.received != 0)) | waited
    alive = np.where(lives, end, np.where(events.opened, opened_at, NEVER))
    inner = np.where(last == NEVER, 0, last - first)
    proved = alive != NEVER
    nothing = np.zeros(len(event), np.int64)
    return {
        "start": start,
        "end": end,
        "first_frame": first,
        "last_frame": np.where(proved, last, NEVER),
        "loose_frame": np.where(proved, NEVER, last),
        "alive": alive,
        "idle": np.where(proved, inner, 0),
        "loose_idle": np.where(proved, 0, inner),
        "silence": nothing,
        "loose_silence": nothing,
    }
