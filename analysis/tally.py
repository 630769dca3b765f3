"""What is counted of the rows while they pass: mergeable, so that files can be read apart."""

from __future__ import annotations

import collections
import dataclasses
import itertools
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from jmxgen.analysis import lifecycle
from jmxgen.analysis.activity import Activity
from jmxgen.analysis.dialects import Event
from jmxgen.analysis.labels import Labels
from jmxgen.analysis.lifecycle.log import Log, engine_of
from jmxgen.analysis.lifecycle.record import NEVER
from jmxgen.analysis.lifecycle.reduce import Rows, understand
from jmxgen.analysis.seconds import Seconds
from jmxgen.columns import OWN_NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from jmxgen.analysis.jtl import Chunk

COMPACT_AFTER: Final = 32  # chunks
_WANTED: Final = ("threadName", "bytes", "sentBytes", "Connect", "allThreads")


@dataclasses.dataclass
class Tally:
    """All that is known of the rows read so far."""

    files: list[str] = dataclasses.field(default_factory=list)
    rows: int = 0
    samples: int = 0
    errors: int = 0
    skipped: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    engines: dict[tuple[str, str], int] = dataclasses.field(default_factory=dict)  # file, engine
    log: Log = dataclasses.field(default_factory=Log)
    labels: Labels = dataclasses.field(default_factory=Labels)
    seconds: Seconds = dataclasses.field(default_factory=Seconds)
    activity: Activity = dataclasses.field(default_factory=Activity)
    zone_assumed: bool = False
    own_plan: bool = False  # rows have the columns of jmxgen's plans
    untimed: int = 0
    missing: set[str] = dataclasses.field(default_factory=set)
    _engine_of: NDArray[np.int32] = dataclasses.field(default_factory=lambda: np.empty(0, np.int32))

    def take(
        self, chunks: Iterable[Chunk], file: str, *, look: Callable[[], frozenset[str]] | None = None
    ) -> None:
        """Count the chunks of one file, in order.

        Args:
            chunks: the rows.
            file: its name.
            look: tells the labels that are no WebSocket's, asked once some row may be of one; by default the
                first chunks tell.
        """
        judge = lifecycle.Judge(self.log, file)
        waiting: list[tuple[pd.DataFrame, Rows]] = []
        rows = 0
        for number, chunk in enumerate(chunks, 1):
            if number % COMPACT_AFTER == 0:
                self._compact()
            if not len(chunk.rows):
                continue
            self.zone_assumed |= chunk.zone_assumed
            waiting.append((chunk.rows, understand(chunk.rows, self.log, judge, chunk.part)))
            rows += len(chunk.rows)
            del chunk  # else it would be kept while the next one is made
            if look is None:
                if rows < lifecycle.LOOK:
                    continue
                look = self._told(waiting)
            self._count(waiting, look)
        self._count(waiting, look or self._told(waiting))

    def _compact(self) -> None:
        """Keep each sum once: what a chunk leaves lies between what the next ones need, and parts it."""
        for sums in (self.labels, self.seconds, self.activity):
            sums.compact()

    def look(self, chunks: Iterable[Chunk], file: str) -> frozenset[str]:
        """Return the labels that a file's beginning shows to be no WebSocket's; nothing is counted."""
        judge = lifecycle.Judge(self.log, file)
        understood: list[Rows] = []
        rows = 0
        for chunk in chunks:
            if len(chunk.rows):
                understood.append(understand(chunk.rows, self.log, judge, chunk.part))
                rows += len(chunk.rows)
            if rows >= lifecycle.LOOK:
                break
        return self._foreign(understood)

    def _foreign(self, understood: Sequence[Rows]) -> frozenset[str]:
        numbers = lifecycle.foreign(understood, self.log) if understood else frozenset()
        return frozenset(name for name, number in self.log.labels.items() if number in numbers)

    def _told(self, beginning: Sequence[tuple[pd.DataFrame, Rows]]) -> Callable[[], frozenset[str]]:
        found = self._foreign([rows for _, rows in beginning])
        return lambda: found

    def _count(self, waiting: list[tuple[pd.DataFrame, Rows]], look: Callable[[], frozenset[str]]) -> None:
        for frame, rows in waiting:
            if rows.unsure.any() and (foreign := look()):
                numbers = [self.log.labels[name] for name in foreign if name in self.log.labels]
                rows.event[rows.unsure & np.isin(rows.label, numbers)] = Event.IGNORED
            self._add(frame, rows)
        waiting.clear()

    def _add(self, frame: pd.DataFrame, rows: Rows) -> None:
        success = frame["success"].to_numpy(bool)
        self.rows += len(frame)
        self.own_plan |= OWN_NUMBER in frame and not _absent(frame[OWN_NUMBER])
        self.samples += int((~rows.transaction & (frame["depth"].to_numpy() == 0)).sum())
        self.errors += int((~success).sum())
        self.missing |= {name for name in _WANTED if _absent(frame[name])}
        self.labels.add(rows.label, frame["elapsed"].to_numpy(np.int64), success)
        if "threadName" not in self.missing:
            lifecycle.records(frame, rows, self.log)
        self._time(frame, rows, ~success, self._engine_of_threads().take(rows.thread))

    def _time(
        self, frame: pd.DataFrame, rows: Rows, failed: NDArray[np.bool_], engine: NDArray[np.int32]
    ) -> None:
        timed = rows.start != NEVER
        threads = frame["allThreads"].to_numpy(np.int32)
        self._note_last(rows, threads, timed)
        answer = (
            (rows.event == Event.USED)
            & ~failed
            & (frame["bytes"].to_numpy() != 0)
            & (frame["Connect"].to_numpy() <= 0)
        )
        answer &= frame["responseCode"].cat.codes.to_numpy() != _code(frame, "101")
        if not timed.all():
            self.untimed += int((~timed).sum())
            engine, failed, answer, threads = engine[timed], failed[timed], answer[timed], threads[timed]
        start, end = rows.start[timed], rows.end[timed]
        self.seconds.add(engine=engine, start=start, end=end, failed=failed, answer=answer, threads=threads)
        self.activity.add(start, end)

    def _note_last(
        self,
        rows: Rows,
        threads: NDArray[np.int32],
        timed: NDArray[np.bool_],
    ) -> None:
        last = np.full(int(rows.thread.max()) + 1, -1, np.int64)
        places = np.flatnonzero(timed)
        last[rows.thread[places]] = places  # the last assignment wins: rows are in the order of the file
        number = np.flatnonzero(last >= 0)
        self.log.note_last(number, rows.end[last[number]], threads[last[number]])

    def _engine_of_threads(self) -> NDArray[np.int32]:
        """Return the number of each thread's engine."""
        new = [
            self.engines.setdefault((file, engine_of(name)), len(self.engines))
            for file, _, name in itertools.islice(self.log.threads, len(self._engine_of), None)
        ]
        if new:
            self._engine_of = np.append(self._engine_of, np.array(new, np.int32))
        return self._engine_of

    def merge(self, other: Tally) -> None:
        """Add what another tally counted, of other files."""
        self.files += [file for file in other.files if file not in self.files]
        self.rows += other.rows
        self.samples += other.samples
        self.errors += other.errors
        self.skipped += other.skipped
        self.untimed += other.untimed
        self.zone_assumed |= other.zone_assumed
        self.own_plan |= other.own_plan
        self.missing |= other.missing
        self.log.merge(other.log)
        self.labels.merge(other.labels, self.log.label_codes(other.log.labels))
        engines = np.array(
            [self.engines.setdefault(key, len(self.engines)) for key in other.engines] or [0], np.int32
        )
        self.seconds.merge(other.seconds, engines)
        self.activity.merge(other.activity)

    def dialects(self) -> tuple[str, ...]:
        """Return the names of the plugins whose rows were found."""
        return tuple(sorted({judgement.dialect for judgement in self.log.judgements if judgement.dialect}))

    def notes(self) -> list[str]:
        """Return what a reader must know of the files."""
        notes = []
        if self.zone_assumed:
            notes.append("the time stamps carry no zone: taken as UTC")
        if "threadName" in self.missing:
            notes.append("no threadName column: connections can't be rebuilt")
        lacking = sorted(self.missing - {"threadName", "allThreads"})
        if lacking and self.dialects():
            notes.append(f"no {', '.join(lacking)} column: phases are told by the threads' histories alone")
        return notes


def _absent(column: pd.Series[int]) -> bool:
    if column.dtype == "category":
        return column.cat.categories.tolist() == [""]
    return bool((column.to_numpy() == -1).all())


def _code(frame: pd.DataFrame, text: str) -> int:
    names = frame["responseCode"].cat.categories.tolist()
    return names.index(text) if text in names else -2
