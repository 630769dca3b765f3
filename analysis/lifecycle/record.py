"""Records: what is kept of the rows, column by column, and packed while the rest of a file is read."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from jmxgen.analysis.store import Store, Stored

    Column = NDArray[Any]

NEVER: Final = np.iinfo(np.int64).min // 4  # a time that is not known; differences of two don't overflow
_FAR: Final = np.iinfo(np.int32).max  # 24 days: a longer span is kept as this
_LIMITS: Final = tuple(
    (kind, np.iinfo(kind).min, np.iinfo(kind).max) for kind in (np.int8, np.int16, np.int32, np.int64)
)
_LEAST: Final = {np.dtype(kind): int(least) for kind, least, _ in _LIMITS}

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


@dataclasses.dataclass(frozen=True, slots=True)
class Packed:
    """Records, sorted by thread, in as few bytes as their values need: a quarter of theirs.

    Times are kept as milliseconds since the record's start, and those since the base; each column in the
    smallest type that holds it, whose least value stands for `NEVER`.
    """

    base: int  # ms since the epoch
    rows: Column | Stored  # a field for each column

    @classmethod
    def of(cls, base: int, columns: Mapping[str, Column]) -> Packed:
        """Take columns in the types that they are kept in."""
        rows = np.empty(len(columns["thread"]), [(name, column.dtype) for name, column in columns.items()])
        for name, column in columns.items():
            rows[name] = column
        return cls(base, rows)

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.rows)

    @property
    def threads(self) -> Column:
        """Their threads, rising."""
        return np.asarray(self.rows[:]["thread"])

    def kept(self, store: Store) -> Packed:
        """Return the same records where a store keeps them."""
        return Packed(self.base, store.put(np.asarray(self.rows[:])))

    def renumbered(self, *, thread: Column, label: Column, judgement: int) -> Packed:
        """Return the records with other numbers.

        Args:
            thread: the new number of each thread; the records are sorted by it.
            label: the new number of each label.
            judgement: what is added to a judgement's number.
        """
        rows = self.rows[:]
        threads = thread[rows["thread"]]
        order = by_thread(threads)
        moved = {name: rows[name][order] for name in _TYPES}
        moved["thread"] = _narrow(threads[order])
        moved["label"] = _narrow(label[moved["label"]])
        moved["judgement"] = _narrow(moved["judgement"].astype(np.int64) + judgement)
        return Packed.of(self.base, moved)


def pack(records: Records) -> Packed:
    """Pack records that are sorted by thread."""
    start = records["start"]
    untimed = start == NEVER
    base = 0 if untimed.all() else int(start[~untimed].min())
    columns = {name: _narrow(records[name]) for name in (*CODES, *COUNTS)}
    columns["start"] = _narrow(start - base, untimed)
    for name in TIMES:
        since = np.clip(records[name] - start, -_FAR, _FAR)
        columns[name] = _narrow(since, (records[name] == NEVER) | untimed)
    for name in SPANS:
        columns[name] = _narrow(np.clip(records[name], -_FAR, _FAR))
    return Packed.of(base, columns)


def unpacked(parts: Sequence[tuple[Packed, int, int]]) -> Records:
    """Return the records of several parts, of each from one place up to another, by thread."""
    sizes = [high - low for _, low, high in parts]
    columns = {name: np.empty(sum(sizes), kind) for name, kind in _TYPES.items()}
    kinds, begin = [], 0
    for part, low, high in parts:
        rows = part.rows[low:high]
        kinds.append(rows.dtype)
        end = begin + high - low
        for name, column in columns.items():
            column[begin:end] = rows[name]
        begin = end
    # What is said of a part is said of all its records at once: a batch has a few of each of many parts.
    known = {}
    for name in ("start", *TIMES):
        least = np.repeat([_LEAST[kind[name]] for kind in kinds], sizes)
        known[name] = columns[name] != least
    columns["start"] += np.repeat([part.base for part, _, _ in parts], sizes)
    for name in TIMES:
        columns[name] += columns["start"]
    for name, timed in known.items():
        columns[name][~timed] = NEVER
    order = by_thread(columns["thread"])
    for name, column in columns.items():
        columns[name] = column[order]  # one after the other: never all of them twice
    return Records(columns)


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
    kind = next(kind for kind, least, most in _LIMITS if low > least and high <= most)
    narrow = values.astype(kind)
    if unknown is not None:
        narrow[unknown] = np.iinfo(kind).min
    return narrow
