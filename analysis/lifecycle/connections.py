"""The table of connections: one row a connection or attempt."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from jmxgen.analysis import spill
from jmxgen.analysis.dialects import Event, among
from jmxgen.analysis.lifecycle.log import WATCHING_MS, Flag, engine_of
from jmxgen.analysis.lifecycle.record import NEVER
from jmxgen.analysis.lifecycle.resolve import LIVE
from jmxgen.analysis.lifecycle.survival import SUMMED, survived, unproved
from jmxgen.analysis.model import ABNORMAL_CODE, CONNECTION_COLUMNS, ENDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from jmxgen.analysis.lifecycle.log import Log
    from jmxgen.analysis.lifecycle.resolve import Lives

    Ints = NDArray[np.int64]
    Codes = NDArray[np.int32]
    Table = dict[str, NDArray[Any]]

LATE_MS: Final = 250  # and it noticed the end by so much later: measured, on a load generator short of CPU
FINISHED_MS: Final = (
    10_000  # without thread counts: a thread silent for so long before the file's end has finished
)


# The table's columns until the batches are joined: texts by number.
_KEPT_AS: Final = {name: "int32" if kind == "category" else kind for name, kind in CONNECTION_COLUMNS.items()}
_CLOSED, _HANDSHAKE, _DATA, _LEAKED, _OPEN = (
    ENDS.index(end) for end in ("closed", "handshake", "data", "leaked", "open")
)
_UNKNOWN: Final = -1


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """What all threads of a log share: the texts of the table by number, and which threads have finished."""

    texts: Mapping[str, pd.Index[str]]  # of each text column
    file_of: Codes  # for each thread
    name_of: Codes
    kind_of: Codes  # for each judgement: of an attempt that fails with it
    lost_kind_of: Codes  # and of a connection that is lost with it
    reason_of: Codes
    finished: NDArray[np.bool_]

    @classmethod
    def of(cls, log: Log) -> Names:
        """Collect them."""
        judgements = log.judgements
        many = len(judgements)
        told = [j.kind for j in judgements] + [j.lost_kind or "abnormal" for j in judgements]
        files, file_of = _numbered([key[0] for key in log.threads])
        threads, name_of = _numbered([key[2] for key in log.threads])
        # Which words were judged first depends on how the file was cut: in order, they don't tell.
        kinds, kind_of = _numbered([*told, "", "server_close"], ordered=True)
        reasons, reason_of = _numbered([*(j.reason for j in judgements), ""], ordered=True)
        labels = pd.Index(dict.fromkeys([*log.labels, ""]), dtype=object)
        return cls(
            texts={
                "file": files,
                "thread": threads,
                "end": pd.Index(ENDS, dtype=object),
                "kind": kinds,
                "label": labels,
                "opener": labels,
                "reason": reasons,
            },
            file_of=file_of,
            name_of=name_of,
            kind_of=kind_of[:many],
            lost_kind_of=kind_of[many : 2 * many],
            reason_of=reason_of[:many],
            finished=_finished(log),
        )

    def number(self, column: str, text: str) -> int:
        """Return the number of a text of a column."""
        return int(self.texts[column].get_indexer(pd.Index([text]))[0])


def _numbered(texts: Sequence[str], *, ordered: bool = False) -> tuple[pd.Index[str], Codes]:
    """Return the distinct texts, and each one's number."""
    distinct = dict.fromkeys(sorted(set(texts)) if ordered else texts)
    found = {text: number for number, text in enumerate(distinct)}
    return pd.Index(distinct, dtype=object), np.fromiter(map(found.__getitem__, texts), np.int32)


def table(lives: Lives, names: Names) -> Table:
    """Return CONNECTION_COLUMNS for the threads of one batch, by thread and in order; texts by number."""
    return _Table(lives, names).columns()


class Joined:
    """The tables of all batches, each column filled as they come."""

    def __init__(self, names: Names) -> None:
        """Start an empty table."""
        self._names = names
        self._columns = {name: spill.Growing(kind) for name, kind in _KEPT_AS.items()}

    def add(self, table: Table) -> None:
        """Add the table of the next batch."""
        for name, column in self._columns.items():
            column.append(table[name])

    def frame(self) -> pd.DataFrame:
        """Return CONNECTION_COLUMNS; the batches' columns go one by one."""
        columns: dict[str, object] = {}
        for name, kind in CONNECTION_COLUMNS.items():
            column = self._columns.pop(name).array()
            columns[name] = self._texts(name, column) if kind == "category" else column
        return pd.DataFrame(columns, copy=False)

    def _texts(self, name: str, numbers: Codes) -> pd.Categorical[str]:
        """Return a column of texts, without those that do not occur."""
        texts = self._names.texts[name]
        used = np.full(len(texts), name == "end")  # the ways to end are told all
        for piece in spill.pieces(len(numbers)):
            used[numbers[piece]] = True
        found = texts[used]
        renumbered = (np.cumsum(used) - 1).astype(pd.Categorical([], categories=found).codes.dtype)
        codes = spill.Growing(renumbered.dtype)
        for piece in spill.pieces(len(numbers)):
            codes.append(renumbered[numbers[piece]])
        return pd.Categorical.from_codes(codes.array(), found, validate=False)  # without a copy


class _Table:
    def __init__(self, lives: Lives, names: Names) -> None:
        self.lives = lives
        self.names = names
        self.first = np.flatnonzero(lives.begins)
        self.size = len(self.first)
        self.mine = lives.connection >= 0
        self.records = lives.records
        terminal = lives.failed | lives.lost | lives.closed
        self.end = self._place(terminal)

    def _place(self, mask: NDArray[np.bool_]) -> NDArray[np.intp]:
        """For each connection its first record with the mask set, -1 without one."""
        found = np.full(self.size, -1, np.intp)
        places = np.flatnonzero(mask & self.mine)[::-1]
        found[self.lives.connection[places]] = places
        return found

    def _last(self, mask: NDArray[np.bool_]) -> NDArray[np.intp]:
        """For each connection its last record with the mask set, -1 without one."""
        found = np.full(self.size, -1, np.intp)
        places = np.flatnonzero(mask & self.mine)
        found[self.lives.connection[places]] = places
        return found

    def _count(self, mask: NDArray[np.bool_], weights: NDArray[np.int32] | None = None) -> NDArray[np.int32]:
        chosen = self.lives.connection[mask & self.mine]
        weight = None if weights is None else weights[mask & self.mine]
        return np.bincount(chosen, weights=weight, minlength=self.size).astype(np.int32)

    def _times(self, name: str, places: NDArray[np.intp]) -> NDArray[np.float64]:
        values = self.records[name][np.maximum(places, 0)]
        return np.where((places >= 0) & (values != NEVER), values, np.nan).astype(np.float64)

    def columns(self) -> Table:
        columns = {**self._who(), **self._course(), **self._text(), **self._history(), **self._stalls()}
        return {name: columns[name].astype(kind, copy=False) for name, kind in _KEPT_AS.items()}

    def _who(self) -> Table:
        names, thread = self.names, self.records["thread"][self.first]
        return {
            "file": names.file_of[thread],
            "thread": names.name_of[thread],
            "connection": np.arange(self.size) - np.searchsorted(thread, thread) + 1,
        }

    def _course(self) -> Table:
        lives, records, first = self.lives, self.records, self.first
        place, end = np.maximum(self.end, 0), self.end
        known = end >= 0
        failed, lost = lives.failed[first], known & lives.lost[place]
        ends = np.where(known & lives.closed[place], _CLOSED, _UNKNOWN)
        ends = np.where(failed, _HANDSHAKE, np.where(lost, _DATA, ends))
        orphan = lives.orphan[first]
        attempted = np.where(orphan, np.nan, self._times("start", first))
        opened = np.where(failed | orphan, np.nan, self._times("opened", first))
        noticed = self._times("end", end)
        self._resolve_open(ends, noticed)
        life = self._life()
        watching = self._watching(known, lost)
        self.fatal = np.where(known, records["start"][place], NEVER)
        frame = _float(life["last_frame"])
        frame = np.where(np.isnan(frame), opened, frame)
        reading = np.where(watching, self._times("start", end), np.nan)
        sent = (records["flags"][place] & Flag.SENT) > 0
        frame = np.fmax(frame, np.where(sent, reading, np.nan))
        after = np.fmax(reading, np.where(watching, noticed - LATE_MS, np.nan))
        alive = np.fmax(_float(life["alive"]), reading)
        after = np.where(failed, attempted, np.fmax(np.fmax(after, alive), opened))
        gone = lost | (ends == _CLOSED)
        silence = np.where(
            gone & (place > first), records["start"][place] - records["end"][np.maximum(place - 1, 0)], 0
        )
        self.ends, self.noticed, self.attempted = ends, noticed, attempted
        closing = (records["flags"][place] & Flag.CLOSE_SIZED) > 0
        asked = np.fmax(self._times("start", end), self._times("opened", end))
        return {
            "attempted_at": attempted,
            "opened_at": opened,
            "last_alive_at": np.where(
                failed, np.nan, np.fmin(alive, np.where(np.isnan(noticed), np.inf, noticed))
            ),
            "noticed_at": noticed,
            "end": ends,
            "last_frame_at": np.where(failed, np.nan, frame),
            "end_after": np.where(np.isnan(noticed), np.nan, np.fmin(after, noticed)),
            "longest_idle": np.where(failed, 0, life["idle"]),
            "longest_silence": np.where(failed, 0, life["silence"]),
            "pending_ms": np.where(lost & sent & ~closing, noticed - asked, np.nan),
            "last_silence": np.where(gone, np.maximum(silence, 0), np.nan),
            "handshake_ms": np.where(orphan, np.nan, np.where(failed, noticed, opened) - attempted),
        }

    def _stalls(self) -> Table:
        """Return when each connection first missed an answer, and whether it ever answered again."""
        lives, records = self.lives, self.records
        first = self._place(lives.stall)
        sent = np.fmax(self._times("start", first), self._times("opened", first))
        frames = np.fmax(
            *(self._times(name, np.arange(len(records))) for name in ("last_frame", "loose_frame"))
        )
        places = np.maximum.accumulate(np.where(np.isnan(frames), -1, np.arange(len(records))))
        before = np.where(first > 0, places[np.maximum(first - 1, 0)], -1)
        known = (first >= 0) & (before >= self.first)
        answers = among(records["event"], Event.USED, Event.PINGED, Event.CLOSED, Event.SERVER_CLOSE)
        answered = self._last(answers & (records["alive"] != NEVER))
        ended = np.isin(self.ends, (_DATA, _HANDSHAKE))
        return {
            "stalled_at": sent,
            "stall_idle": np.where(known, sent - frames[np.maximum(before, 0)], np.nan),
            "silent": (first >= 0) & (answered < self._last(lives.stall)) & ~ended,
        }

    def _watching(self, known: NDArray[np.bool_], lost: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell whose end came while a read waited for it."""
        place = np.maximum(self.end, 0)
        records = self.records
        begun = np.maximum(records["start"][place], records["opened"][place])
        return np.asarray(known & lost & (records["end"][place] - begun >= WATCHING_MS))

    def _life(self) -> dict[str, Ints]:
        """Sum up each connection's records up to its end, an answered close among them."""
        records, lives = self.records, self.lives
        talks = among(records["event"], Event.CLOSED, Event.CLOSE_UNANSWERED) & ~lives.lost
        until = np.where(self.end >= 0, self.end, len(records))
        places = np.flatnonzero(self.mine & ~lives.orphan)
        owner = lives.connection[places]
        inside = (places < until[owner]) | lives.begins[places] | ((places == until[owner]) & talks[places])
        places, owner = places[inside], owner[inside]
        never = np.full(self.size, NEVER, np.int64)
        result = {name: never.copy() if "frame" in name or name == "alive" else never * 0 for name in SUMMED}
        if len(places):
            event = records["event"][places]
            new = np.append(True, owner[1:] != owner[:-1])
            first, segment = np.flatnonzero(new), np.cumsum(new) - 1
            pings = np.cumsum(event == Event.PINGED)
            before = np.where(first > 0, pings[first - 1], 0)[segment]
            late = (pings > before) & among(event, Event.USED, Event.IDLE)
            columns = unproved({name: records[name][places] for name in ("start", "end", *SUMMED)}, late)
            for name, column in survived(columns, segment, first).items():
                result[name][owner[first]] = column
        return result

    def _resolve_open(self, ends: Ints, noticed: NDArray[np.float64]) -> None:
        """Tell what became of connections whose end is not in the file: left behind, or maybe still open."""
        lives, records = self.lives, self.records
        unknown = np.flatnonzero(ends == _UNKNOWN)
        thread = records["thread"][self.first]
        following = np.append(self.first[1:], len(records))
        same = np.append(thread[1:] == thread[:-1], False)
        gone = self._place((records["event"] == Event.NO_CONNECTION) & (lives.state == LIVE))
        finished = self.names.finished
        # A plan of jmxgen's has the plugin close what a caller that is stopped leaves; no row tells of it.
        closes = records["own"][self.first] >= 0
        for one in unknown.tolist():
            if gone[one] >= 0:
                ends[one], noticed[one] = _LEAKED, records["start"][gone[one]]
            elif same[one]:
                ends[one], noticed[one] = _LEAKED, records["start"][following[one]]
            else:
                ends[one] = _LEAKED if finished[thread[one]] and not closes[one] else _OPEN

    def _text(self) -> Table:
        lives, records, names = self.lives, self.records, self.names
        place = np.maximum(self.end, 0)
        judgements = lives.log.judgements
        number = records["judgement"][place]
        by_server = lives.by_server[place]
        lost, failed = self.ends == _DATA, self.ends == _HANDSHAKE
        lost_kind = np.where(by_server, names.number("kind", "server_close"), names.lost_kind_of[number])
        kind = np.where(lost, lost_kind, names.number("kind", ""))
        ended = self.end >= 0
        answered = ended & (records["event"][place] == Event.CLOSED)
        code = np.array([j.code for j in judgements] or [0])[number]
        opener = records["label"][self.first]
        return {
            "kind": np.where(failed, names.kind_of[number], kind),
            "status": np.where(failed, np.array([j.status for j in judgements] or [0])[number], 0),
            "code": np.where(lost & ~by_server, ABNORMAL_CODE, np.where(lost | answered, code, 0)),
            "label": np.where(ended, records["label"][place], opener),
            "opener": np.where(lives.orphan[self.first], names.number("opener", ""), opener),
            "reason": np.where(ended, names.reason_of[number], names.number("reason", "")),
        }

    def _history(self) -> Table:
        lives, records = self.lives, self.records
        thread = records["thread"][self.first]
        place = np.arange(self.size)
        begin = np.searchsorted(thread, thread)
        failed = self.ends == _HANDSHAKE
        # attempts in a row: one more than the failures just before it in its thread
        good = np.maximum.accumulate(np.where(failed, -1, place))
        before = np.where(place > begin, good[np.maximum(place - 1, 0)], -1)
        attempt = np.where(before >= begin, place - before, place - begin + 1)
        closure = failed | (self.ends == _DATA)
        wait = np.full(self.size, np.nan)
        after = (place > begin) & np.append(False, closure[:-1])
        wait[after] = self.attempted[after] - self.noticed[np.flatnonzero(after) - 1]
        return {
            "aftermath_rows": self._count(lives.aftermath, records["rows"]),
            "samples": self._count(lives.begins | (lives.state == LIVE), records["rows"]),
            "stalls": self._count(lives.stall),
            "pings": self._count(records["event"] == Event.PINGED),
            "attempt": attempt,
            "wait": wait,
            "threads": records["threads"][self.first],
        }


def _float(values: Ints) -> NDArray[np.float64]:
    return np.where(values == NEVER, np.nan, values).astype(np.float64)


def _finished(log: Log) -> NDArray[np.bool_]:
    """Tell which threads had ended before their file did.

    JMeter counts its living threads in each row (allThreads): as many threads as the last row counts, those
    heard of last, may still live; the others have ended. Without the count, silence must do.
    """
    finished = np.zeros(len(log.threads), bool)
    groups: dict[tuple[str, int, str], list[tuple[int, int, int]]] = {}
    ends, counts = (column.tolist() for column in log.last_rows())
    for (file, part, name), number in log.threads.items():
        engine = engine_of(name)
        end, living = ends[number], counts[number]
        groups.setdefault((file, part, engine), []).append((end, number, living))
    for members in groups.values():
        members.sort(reverse=True)
        latest, _, living = members[0]
        for rank, (end, number, _) in enumerate(members):
            finished[number] = rank >= living if living > 0 else latest - end > FINISHED_MS
    return finished
