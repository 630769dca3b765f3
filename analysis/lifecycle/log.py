"""The log of events: what is kept of the rows until the end of the run."""

from __future__ import annotations

import dataclasses
import enum
import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from jmxgen.analysis.lifecycle.record import NEVER, Packed, pack
from jmxgen.analysis.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from jmxgen.analysis.dialects import Judgement
    from jmxgen.analysis.lifecycle.record import Records

    Ints = NDArray[np.integer[Any]]
    Batch = list[tuple[Packed, int, int]]  # a part, and its records from one place up to another

_Key = TypeVar("_Key", str, tuple[str, int, str])

WATCHING_MS: Final = 20  # a read that took so long was waiting when its frame, or the end, came
BATCH: Final = 50_000
MOST: Final = 1_000_000  # threads, and labels
OTHERS: Final = "(others)"
_ENGINE: Final = re.compile(r"^(.+?:\d+)-")


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
    parts: list[Packed] = dataclasses.field(default_factory=list)  # each by thread
    _store: Store = dataclasses.field(default_factory=Store)  # where the parts lie
    _last_end: Ints = dataclasses.field(default_factory=lambda: np.empty(0, np.int64))
    _last_living: Ints = dataclasses.field(default_factory=lambda: np.empty(0, np.int64))

    def thread_codes(self, file: str, part: int, names: Iterable[str]) -> NDArray[np.int32]:
        """Return the numbers of some threads, new ones added."""
        return _numbered(self.threads, ((file, part, name) for name in names), (file, part, OTHERS))

    def label_codes(self, names: Iterable[str]) -> NDArray[np.int32]:
        """Return the numbers of some labels, new ones added."""
        return _numbered(self.labels, names, OTHERS)

    def add(self, records: Records) -> None:
        """Add records of one chunk, sorted by thread, in the order of the file within each."""
        self.parts.append(pack(records).kept(self._store))

    def note_last(self, thread: Ints, end: Ints, living: Ints) -> None:
        """Note the time and the allThreads of the latest row of some threads."""
        ends, counts = self.last_rows()
        ends[thread], counts[thread] = end, living

    def last_rows(self) -> tuple[Ints, Ints]:
        """Return the end of each thread's last row (NEVER where none has a time), and its allThreads."""
        lacking = len(self.threads) - len(self._last_end)
        if lacking:
            self._last_end = np.append(self._last_end, np.full(lacking, NEVER))
            self._last_living = np.append(self._last_living, np.full(lacking, -1))
        return self._last_end, self._last_living

    def add_facts(self, label: int, facts: int, answered: int, broken: int) -> None:
        """Note what the rows of a label told."""
        self.facts.setdefault(label, LabelFacts()).add(facts, answered, broken)

    def merge(self, other: Log) -> None:
        """Add what another log holds; a thread that both know goes on from this log to the other.

        The other's records move here, part by part: of a long run there is no room for them twice.
        """
        threads = np.array(
            [self.threads.setdefault(key, len(self.threads)) for key in other.threads], np.int32
        )
        labels = self.label_codes(other.labels)
        offset = len(self.judgements)
        self.judgements.extend(other.judgements)
        for label, found in other.facts.items():
            self.add_facts(int(labels[label]), found.facts, found.answered, found.broken)
        while other.parts:
            part = other.parts.pop(0).renumbered(thread=threads, label=labels, judgement=offset)
            self.parts.append(part.kept(self._store))
        ends, counts = other.last_rows()
        timed = np.flatnonzero(ends != NEVER)
        self.note_last(threads[timed], ends[timed], counts[timed])

    def batches(self, size: int = BATCH) -> Iterator[Batch]:
        """Yield all records, whole threads at a time: `unpacked` gives those of a batch by thread.

        Args:
            size: about so many records a batch, more where one thread has more.
        """
        counts = np.zeros(len(self.threads) + 1, np.int64)
        for part in self.parts:
            counts += np.bincount(part.threads, minlength=len(counts))
        running = np.cumsum(counts)
        borders = [0]
        while borders[-1] < len(self.threads):
            goal = (running[borders[-1] - 1] if borders[-1] else 0) + size
            borders.append(max(int(np.searchsorted(running, goal, side="right")), borders[-1] + 1))
        edges = [np.searchsorted(part.threads, borders).tolist() for part in self.parts]
        for number in range(len(borders) - 1):
            found = [
                (part, edge[number], edge[number + 1])
                for part, edge in zip(self.parts, edges, strict=True)
                if edge[number] < edge[number + 1]
            ]
            if found:
                yield found


def engine_of(thread: str) -> str:
    """Return the address of the engine whose thread it is, "" for one of JMeter's own.

    A remote engine puts it before the thread group's name (JMeterThread.java, distributedPrefix).
    """
    found = _ENGINE.match(thread)
    return found[1] if found else ""


def _numbered(known: dict[_Key, int], names: Iterable[_Key], rest: _Key) -> NDArray[np.int32]:
    """Return each name's number; hostile files have no end of names: those beyond `MOST` are `rest`."""

    def number(name: _Key) -> int:
        found = known.get(name)
        if found is None:
            found = known.setdefault(name if len(known) < MOST else rest, len(known))
        return found

    return np.fromiter(map(number, names), np.int32)
