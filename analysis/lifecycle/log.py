"""The log of events: what is kept of the rows until the end of the run."""

from __future__ import annotations

import dataclasses
import enum
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from jmxgen.analysis.dialects import Judgement

    Records = NDArray[Any]

_Key = TypeVar("_Key", str, tuple[str, int, str])

NEVER: Final = np.iinfo(np.int64).min // 4  # a time that is not known; differences of two don't overflow
WATCHING_MS: Final = 20  # a read that took so long was waiting when its frame, or the end, came
_UNKNOWN: Final = np.iinfo(np.int32).min  # NEVER, packed
_FAR: Final = np.iinfo(np.int32).max  # 24 days: a longer span is kept as this
BATCH: Final = 100_000
MOST: Final = 1_000_000  # threads, and labels
OTHERS: Final = "(others)"
_BUFFER: Final = 500_000  # records: 37 MB, of which the system gives what is written to


class Flag(enum.IntFlag):
    """What else a row tells."""

    OPENED = 1  # the row itself opened the connection
    SENT = 2  # a frame was sent
    CLOSE_SIZED = 4  # as many bytes were sent as the plugin's close frame has
    FAILED = 8


class Fact(enum.IntFlag):
    """What is known of a label from all its rows."""

    OPENS = 1
    USES = 2  # uses a connection that is there
    CLOSES = 4
    CLOSES_NORMALLY = 8  # was answered by an echo


# One record: a row with an event, or a run of USED and IDLE rows of one thread. Times are ms since the epoch.
_CODES: Final = [("thread", "i4"), ("event", "i1"), ("flags", "u1"), ("label", "i4"), ("judgement", "i4")]
_COUNTS: Final = [
    ("rows", "i4"),
    ("threads", "i4"),  # allThreads
    ("own", "i4"),  # ws_conn, -1 where the file has none
]
_TIMES: Final = (
    "end",  # of its last row
    "opened",  # when the handshake was done
    "first_frame",
    "last_frame",  # the last frame up to the last sign of life
    "loose_frame",  # the last frame after it
    "alive",  # the last sign of life: a frame received, or a read that waited in vain
)
_SPANS: Final = (
    "idle",  # the longest time without a frame before the last sign of life
    "loose_idle",  # and after it
    "silence",  # the longest time between two rows before the last sign of life
    "loose_silence",
)
RECORD: Final = np.dtype([*_CODES, ("start", "i8"), *((name, "i8") for name in (*_TIMES, *_SPANS)), *_COUNTS])
_PACKED: Final = np.dtype(
    [*_CODES, ("start", "i8"), *((name, "i4") for name in (*_TIMES, *_SPANS)), *_COUNTS]
)


@dataclasses.dataclass
class LabelFacts:
    """What the rows of one label told."""

    facts: int = 0
    answered: int = 0  # closes that were answered
    broken: int = 0  # rows that found the connection gone

    def add(self, facts: int, answered: int, broken: int) -> None:
        """Add what more rows told."""
        self.facts |= facts
        self.answered += answered
        self.broken += broken


@dataclasses.dataclass
class Log:
    """The records of one or more files, and the names that their codes stand for. Mergeable and picklable."""

    threads: dict[tuple[str, int, str], int] = dataclasses.field(default_factory=dict)  # file, part, name
    labels: dict[str, int] = dataclasses.field(default_factory=dict)
    judgements: list[Judgement] = dataclasses.field(default_factory=list)
    facts: dict[int, LabelFacts] = dataclasses.field(default_factory=dict)  # by label
    parts: list[Records] = dataclasses.field(default_factory=list)  # packed, each by thread
    last_row: dict[int, tuple[int, int]] = dataclasses.field(default_factory=dict)  # thread: end, allThreads
    _buffer: Records = dataclasses.field(default_factory=lambda: np.empty(0, _PACKED), repr=False)
    _used: int = 0

    def thread_codes(self, file: str, part: int, names: Iterable[str]) -> NDArray[np.int32]:
        """Return the numbers of some threads, new ones added."""
        return _numbered(self.threads, ((file, part, name) for name in names), (file, part, OTHERS))

    def label_codes(self, names: Iterable[str]) -> NDArray[np.int32]:
        """Return the numbers of some labels, new ones added."""
        return _numbered(self.labels, names, OTHERS)

    def add(self, records: Records) -> None:
        """Add records of one chunk, sorted by thread, in the order of the file within each."""
        # Large buffers, filled bit by bit: small arrays among short-lived ones would fragment the memory.
        size = len(records)
        if self._used + size > len(self._buffer):
            self._buffer, self._used = np.empty(max(_BUFFER, size), _PACKED), 0
        room = self._buffer[self._used : self._used + size]
        self._used += size
        _pack(records, room)
        self.parts.append(room)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the unused rest of the buffer behind."""
        return {**self.__dict__, "_buffer": np.empty(0, _PACKED), "_used": 0}

    def add_facts(self, label: int, facts: int, answered: int, broken: int) -> None:
        """Note what the rows of a label told."""
        self.facts.setdefault(label, LabelFacts()).add(facts, answered, broken)

    def merge(self, other: Log) -> None:
        """Add what another log holds; a thread that both know goes on from this log to the other."""
        threads = np.array(
            [self.threads.setdefault(key, len(self.threads)) for key in other.threads], np.int32
        )
        labels = self.label_codes(other.labels)
        offset = len(self.judgements)
        self.judgements.extend(other.judgements)
        for label, found in other.facts.items():
            self.add_facts(int(labels[label]), found.facts, found.answered, found.broken)
        for part in other.parts:
            moved = part.copy()
            moved["thread"] = threads[part["thread"]]
            moved["label"] = labels[part["label"]]
            moved["judgement"] += offset
            self.parts.append(moved[by_thread(moved["thread"])])
        for thread, last in other.last_row.items():
            self.last_row[int(threads[thread])] = last

    def batches(self, size: int = BATCH) -> Iterator[Records]:
        """Yield all records by thread, in the order of their rows within each, whole threads at a time.

        Args:
            size: about so many records a batch, more where one thread has more.
        """
        counts = np.zeros(len(self.threads) + 1, np.int64)
        for part in self.parts:
            counts += np.bincount(part["thread"], minlength=len(counts))
        running = np.cumsum(counts)
        borders = [0]
        while borders[-1] < len(self.threads):
            goal = (running[borders[-1] - 1] if borders[-1] else 0) + size
            borders.append(max(int(np.searchsorted(running, goal, side="right")), borders[-1] + 1))
        edges = [np.searchsorted(part["thread"], borders).tolist() for part in self.parts]
        for number in range(len(borders) - 1):
            found = [
                part[edge[number] : edge[number + 1]] for part, edge in zip(self.parts, edges, strict=True)
            ]
            every = np.concatenate(found) if found else np.empty(0, _PACKED)
            if len(every):
                yield _unpack(every[by_thread(every["thread"] - borders[number])])


def _numbered(known: dict[_Key, int], names: Iterable[_Key], rest: _Key) -> NDArray[np.int32]:
    """Return each name's number; hostile files have no end of names: those beyond `MOST` are `rest`."""

    def number(name: _Key) -> int:
        found = known.get(name)
        if found is None:
            found = known.setdefault(name if len(known) < MOST else rest, len(known))
        return found

    return np.fromiter(map(number, names), np.int32)


def by_thread(thread: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return the order of rows by thread, and by place within each."""
    if len(thread) and int(thread.max()) < 1 << 16:
        thread = thread.astype(np.uint16)  # which numpy sorts by radix: six times as fast
    return np.argsort(thread, kind="stable")


def _pack(records: Records, packed: Records) -> None:
    start = records["start"]
    for name, _ in (*_CODES, *_COUNTS, ("start", "")):
        packed[name] = records[name]
    for name in _TIMES:
        values = np.where(start == NEVER, _UNKNOWN, np.clip(records[name] - start, -_FAR, _FAR))
        packed[name] = np.where(records[name] == NEVER, _UNKNOWN, values)
    for name in _SPANS:
        packed[name] = np.clip(records[name], -_FAR, _FAR)


def _unpack(packed: Records) -> Records:
    records = np.empty(len(packed), RECORD)
    for name in RECORD.names or ():
        records[name] = packed[name]
    for name in _TIMES:
        records[name] = np.where(packed[name] == _UNKNOWN, NEVER, records["start"] + packed[name])
    return records
