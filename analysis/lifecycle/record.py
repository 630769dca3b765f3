"""Records: what is kept of the rows, column by column, and packed while the rest of a file is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Column = NDArray[Any]

NEVER: Final = np.iinfo(np.int64).min // 4  # a time that is not known; differences of two don't overflow
_FAR: Final = np.iinfo(np.int32).max  # 24 days: a longer span is kept as this
_KINDS: Final = (np.int8, np.int16, np.int32, np.int64)

# One record: a row with an event, or a run of USED and IDLE rows of one thread. Times are ms since the epoch.
CODES: Final = {
    "thread": np.int32,
    "event": np.int8,
    "flags": np.uint8,
    "label": np.int32,
    "judgement": np.int32,
}
COUNTS: Final = {
    "rows": np.int32,
    "threads": np.int32,  # allThreads
    "own": np.int32,  # ws_conn, -1 where the file has none
}
TIMES: Final = (
    "end",  # of its last row
    "opened",  # when the handshake was done
    "first_frame",
    "last_frame",  # the last frame up to the last sign of life
    "loose_frame",  # the last frame after it
    "alive",  # the last sign of life: a frame received, or a read that waited in vain
)
SPANS: Final = (
    "idle",  # the longest time without a frame before the last sign of life
    "loose_idle",  # and after it
    "silence",  # the longest time between two rows before the last sign of life
    "loose_silence",
)
_TYPES: Final[Mapping[str, Any]] = {**CODES, **COUNTS, **dict.fromkeys(("start", *TIMES, *SPANS), np.int64)}


class Records:
    """Records as columns of equal length: work goes over whole columns, one after the other."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        """Take the columns of `CODES`, `COUNTS`, `TIMES` and `SPANS`, and `start`; they may become others."""
        self._columns = {
            name: np.asarray(columns[name]).astype(kind, copy=False) for name, kind in _TYPES.items()
        }

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self._columns["thread"])

    def __getitem__(self, name: str) -> Column:
        """Return a column."""
        return self._columns[name]


class Packed:
    """Records in as few bytes as their values need: a quarter of theirs.

    Times are kept as milliseconds since the record's start, and those since the earliest one; each column in
    the smallest type that holds it, whose least value stands for `NEVER`.
    """

    def __init__(self, records: Records) -> None:
        """Pack records that are sorted by thread."""
        start = records["start"]
        untimed = start == NEVER
        self._base = 0 if untimed.all() else int(start[~untimed].min())
        self._columns = {name: _narrow(records[name]) for name in (*CODES, *COUNTS)}
        self._columns["start"] = _narrow(start - self._base, untimed)
        for name in TIMES:
            values = records[name]
            unknown = (values == NEVER) | untimed
            self._columns[name] = _narrow(np.clip(values - start, -_FAR, _FAR), unknown)
        for name in SPANS:
            self._columns[name] = _narrow(np.clip(records[name], -_FAR, _FAR))

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self._columns["thread"])

    def fill(self, columns: Mapping[str, Column], low: int, high: int) -> None:
        """Write the records from `low` up to `high` into columns of that length."""
        for name, column in columns.items():
            column[:] = self._columns[name][low:high]
        start = columns["start"]
        start += self._base
        for name in ("start", *TIMES):
            packed = self._columns[name][low:high]
            if name != "start":
                columns[name][:] += start
            columns[name][packed == np.iinfo(packed.dtype).min] = NEVER

    @property
    def threads(self) -> Column:
        """Their threads, rising."""
        return self._columns["thread"]

    def renumbered(self, *, thread: Column, label: Column, judgement: int) -> Packed:
        """Return the records with other numbers.

        Args:
            thread: the new number of each thread; the records are sorted by it.
            label: the new number of each label.
            judgement: what is added to a judgement's number.
        """
        moved = Packed.__new__(Packed)
        moved._base = self._base
        threads = thread[self._columns["thread"]]
        order = by_thread(threads)
        moved._columns = {name: column[order] for name, column in self._columns.items()}
        moved._columns["thread"] = _narrow(threads[order])
        moved._columns["label"] = _narrow(label[moved._columns["label"]])
        moved._columns["judgement"] = _narrow(moved._columns["judgement"].astype(np.int64) + judgement)
        return moved


def unpacked(parts: Sequence[tuple[Packed, int, int]]) -> Records:
    """Return the records of several parts, of each from one place up to another, by thread."""
    size = sum(high - low for _, low, high in parts)
    columns = {name: np.empty(size, kind) for name, kind in _TYPES.items()}
    begin = 0
    for part, low, high in parts:
        end = begin + high - low
        part.fill({name: column[begin:end] for name, column in columns.items()}, low, high)
        begin = end
    order = by_thread(columns["thread"])
    return Records({name: column[order] for name, column in columns.items()})


def by_thread(thread: Column) -> NDArray[np.intp]:
    """Return the order of rows by thread, and by place within each."""
    low = int(thread.min(initial=0))
    if int(thread.max(initial=0)) - low < 1 << 16:
        thread = (thread - low).astype(np.uint16)  # which numpy sorts by radix: six times as fast
    return np.argsort(thread, kind="stable")


def _narrow(values: Column, unknown: NDArray[np.bool_] | None = None) -> Column:
    if unknown is not None:
        values = np.where(unknown, 0, values)
    low, high = values.min(initial=0), values.max(initial=0)
    kind = next(kind for kind in _KINDS if low > np.iinfo(kind).min and high <= np.iinfo(kind).max)
    narrow = values.astype(kind)
    if unknown is not None:
        narrow[unknown] = np.iinfo(kind).min
    return narrow
