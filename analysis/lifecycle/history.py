"""The history of a run's threads: what is kept of the rows until all files are read."""

from __future__ import annotations

import dataclasses
import enum
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import numpy as np

from jmxgen.analysis.dialects import Classification, Event, is_any
from jmxgen.analysis.lifecycle.classify import NEVER
from jmxgen.analysis.lifecycle.records import Records, stretches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from jmxgen.analysis.lifecycle.classify import Events

    Ints = NDArray[np.integer[Any]]


class Thread(NamedTuple):
    """What makes a thread one of its own."""

    file: str
    part: int
    host: str  # where the file names several
    name: str

    @property
    def engine(self) -> tuple[str, str, str]:
        """The JMeter that it ran in: file, host, and address of a remote engine."""
        return self.file, self.host, engine_of(self.name)


_Key = TypeVar("_Key", str, Thread)

MOST: Final = 1_000_000  # threads, and labels
OTHERS: Final = "(others)"
BATCH: Final = 50_000
CLOCK_MS: Final = 50  # so far a sample's start and the end before it may overlap
WHOLE_SECONDS_MS: Final = 1000  # and so far where stamps are whole seconds
_ENGINE: Final = re.compile(r"^(.+?:\d+)-")
_USING: Final = (Event.USED, Event.IDLE, Event.NO_CONNECTION, Event.PINGED)


class Role(enum.IntFlag):
    """What the rows of a label do."""

    OPENS = 1
    USES = 2  # uses a connection that is there
    CLOSES = 4
    CLOSES_NORMALLY = 8  # was answered by an echo


@dataclasses.dataclass
class LabelHistory:
    """What all rows of one label have shown."""

    roles: int = 0
    answered: int = 0  # closes that were answered
    broken: int = 0  # rows that found the connection gone

    def add(self, roles: int, answered: int, broken: int) -> None:
        """Add what more rows showed."""
        self.roles |= roles
        self.answered += answered
        self.broken += broken


@dataclasses.dataclass
class History:
    """The records of one or more files, and the names of their numbers. Mergeable and picklable."""

    threads: dict[Thread, int] = dataclasses.field(default_factory=dict)
    labels: dict[str, int] = dataclasses.field(default_factory=dict)
    classifications: list[Classification] = dataclasses.field(default_factory=list)
    of_label: dict[int, LabelHistory] = dataclasses.field(default_factory=dict)
    parts: list[Records] = dataclasses.field(default_factory=list)  # each by thread
    overlaps: int = 0  # rows that begin while the one before them in their thread is at work
    fragments: int = 0  # rows with a part of a message
    replies: int = 0  # the most that a connection had sent to messages (ws_replies)
    _known: dict[Classification, int] = dataclasses.field(default_factory=dict)
    _last_end: Ints = dataclasses.field(default_factory=lambda: np.empty(0, np.int64))
    _last_running: Ints = dataclasses.field(default_factory=lambda: np.empty(0, np.int64))

    def thread_numbers(self, where: tuple[str, int, str], names: Iterable[str]) -> NDArray[np.int32]:
        """Return the numbers of some threads of a file, part and host, new ones added."""
        return _numbered(self.threads, (Thread(*where, name) for name in names), Thread(*where, OTHERS))

    def label_numbers(self, names: Iterable[str]) -> NDArray[np.int32]:
        """Return the numbers of some labels, new ones added."""
        return _numbered(self.labels, names, OTHERS)

    def classification_number(self, found: Classification, *, most: int) -> int:
        """Return the number of a classification; of more than `most` the reasons are not kept apart."""
        if found not in self._known and len(self._known) > most:
            found = dataclasses.replace(found, reason="")
        if found not in self._known:
            self._known[found] = len(self.classifications)
            self.classifications.append(found)
        return self._known[found]

    def add(self, events: Events) -> None:
        """Add the events of one chunk, in the order of the file."""
        self._note_last_rows(events)
        places = np.flatnonzero(events.event != Event.IGNORED)
        if len(places):
            by_thread = places[np.argsort(events.thread[places], kind="stable")]
            ordered = events.take(by_thread)
            self.overlaps += _overlaps(ordered)
            self._note_roles(ordered)
            self.parts.append(stretches(ordered))

    def _note_last_rows(self, events: Events) -> None:
        ends, running = self.last_rows()
        timed = events.start != NEVER
        # Of several rows of a thread the last assignment wins.
        ends[events.thread[timed]] = events.end[timed]
        running[events.thread[timed]] = events.running[timed]

    def last_rows(self) -> tuple[Ints, Ints]:
        """Return the end of each thread's last row (NEVER where none has a time), and its allThreads."""
        lacking = len(self.threads) - len(self._last_end)
        if lacking:
            self._last_end = np.append(self._last_end, np.full(lacking, NEVER))
            self._last_running = np.append(self._last_running, np.full(lacking, -1))
        return self._last_end, self._last_running

    def _note_roles(self, events: Events) -> None:
        opens = events.opened | (events.event == Event.REFUSED)
        uses = ~opens & ~events.closes & is_any(events.event, *_USING)
        answered = events.event == Event.CLOSED
        broken = is_any(events.event, Event.LOST, Event.RESET)
        roles = opens * Role.OPENS | uses * Role.USES | events.closes * Role.CLOSES
        roles |= (answered & events.echoed) * Role.CLOSES_NORMALLY
        keys = (events.label.astype(np.int64) << 6) | (roles << 2) | (answered << 1) | broken
        for key, count in zip(*(found.tolist() for found in np.unique_counts(keys)), strict=True):
            label = self.of_label.setdefault(key >> 6, LabelHistory())
            label.add(key >> 2 & 15, count if key & 2 else 0, count if key & 1 else 0)

    def merge(self, other: History) -> None:
        """Add what another history holds; a thread that both know goes on from this one to the other."""
        threads = np.array(
            [self.threads.setdefault(key, len(self.threads)) for key in other.threads], np.int32
        )
        labels = self.label_numbers(other.labels)
        offset = len(self.classifications)
        self.overlaps += other.overlaps
        self.fragments += other.fragments
        self.replies = max(self.replies, other.replies)
        self.classifications.extend(other.classifications)
        for label, found in other.of_label.items():
            mine = self.of_label.setdefault(int(labels[label]), LabelHistory())
            mine.add(found.roles, found.answered, found.broken)
        self.parts += [
            part.renumbered(thread=threads, label=labels, classification=offset) for part in other.parts
        ]
        ends, running = self.last_rows()
        other_ends, other_running = other.last_rows()
        timed = np.flatnonzero(other_ends != NEVER)
        ends[threads[timed]], running[threads[timed]] = other_ends[timed], other_running[timed]

    def records(self) -> Iterator[Records]:
        """Yield all records, by thread and in the order of the file within each.

        They come as about `BATCH` records of whole threads: to resolve them takes several times their memory.
        """
        if not self.parts:
            return
        counts = np.zeros(len(self.threads), np.int64)
        for part in self.parts:
            counts += np.bincount(part["thread"], minlength=len(counts))
        batch_of = np.cumsum(counts) // BATCH
        for batch in np.unique(batch_of):
            first, after = np.searchsorted(batch_of, batch), np.searchsorted(batch_of, batch, side="right")
            yield Records.joined([part.of_threads(first, after) for part in self.parts])


def _overlaps(events: Events) -> int:
    """Count the rows of a thread that begin before the one before them has ended: a thread does one thing."""
    known = events.start[events.start != NEVER]
    clock = CLOCK_MS if (known % 1000).any() else WHOLE_SECONDS_MS
    same = (events.thread[1:] == events.thread[:-1]) & (events.start[:-1] != NEVER)
    during = (events.start[1:] > events.start[:-1]) & (events.start[1:] < events.end[:-1] - clock)
    before = (events.start[1:] != NEVER) & (events.start[1:] < events.start[:-1] - clock)
    return int((same & (during | before)).sum())


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
