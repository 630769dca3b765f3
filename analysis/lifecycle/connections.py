"""The table of connections: one row per connection or attempt."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from jmxgen.analysis.dialects import Event, is_any
from jmxgen.analysis.lifecycle.classify import NEVER
from jmxgen.analysis.lifecycle.records import WATCHING_MS, Flag
from jmxgen.analysis.lifecycle.resolve import LIVE
from jmxgen.analysis.lifecycle.survival import SUMMED, survived, unproved
from jmxgen.analysis.model import ABNORMAL_CODE, CONNECTION_COLUMNS, ENDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jmxgen.analysis.lifecycle.history import History
    from jmxgen.analysis.lifecycle.resolve import ResolvedRecords

    Ints = NDArray[np.int64]
    Codes = NDArray[np.int32]
    Columns = dict[str, NDArray[Any]]

LATE_MS: Final = 250  # a waiting read notices the end at most so late: measured, on a generator short of CPU
FINISHED_MS: Final = (
    10_000  # without thread counts: a thread silent for so long before the file's end has finished
)
_CLOSED, _HANDSHAKE, _DATA, _LEAKED, _OPEN = (
    ENDS.index(end) for end in ("closed", "handshake", "data", "leaked", "open")
)
_UNKNOWN: Final = -1


def connection_columns(resolved: ResolvedRecords, names: Names) -> Columns:
    """Return CONNECTION_COLUMNS for some threads, by thread and time; texts by number."""
    columns = _ConnectionTable(resolved, names).columns()
    return {
        name: columns[name].astype("int32" if kind == "category" else kind, copy=False)
        for name, kind in CONNECTION_COLUMNS.items()
    }


def connection_table(parts: Sequence[Columns], names: Names) -> pd.DataFrame:
    """Return CONNECTION_COLUMNS of all threads, in the order of the parts."""
    found: dict[str, object] = {}
    for name, kind in CONNECTION_COLUMNS.items():
        column = np.concatenate([part.pop(name) for part in parts]) if parts else np.empty(0, np.int32)
        if kind == "category":
            texts = pd.Categorical.from_codes(column, names.texts[name])
            found[name] = texts if name == "end" else texts.remove_unused_categories()
        else:
            found[name] = column.astype(kind, copy=False)
    return pd.DataFrame(found, copy=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """The texts of the table by number, and which threads have finished."""

    texts: dict[str, pd.Index[str]]  # of each text column
    file_of: Codes  # for each thread
    name_of: Codes
    kind_of: Codes  # for each classification: of an attempt that fails with it
    lost_kind_of: Codes  # and of a connection that is lost with it
    reason_of: Codes
    finished: NDArray[np.bool_]

    @classmethod
    def of(cls, history: History) -> Names:
        """Collect them."""
        found = history.classifications
        many = len(found)
        kinds_of_each = [c.kind for c in found] + [c.lost_kind or "abnormal" for c in found]
        files, file_of = _numbered([thread.file for thread in history.threads])
        threads, name_of = _numbered(_shown_names(history))
        kinds, kind_of = _numbered([*kinds_of_each, "", "server_close"], ordered=True)
        reasons, reason_of = _numbered([*(c.reason for c in found), ""], ordered=True)
        labels = pd.Index(dict.fromkeys([*history.labels, ""]), dtype=object)
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
            finished=_finished(history),
        )

    def number(self, column: str, text: str) -> int:
        """Return the number of a text of a column."""
        return int(self.texts[column].get_indexer(pd.Index([text]))[0])


def _shown_names(history: History) -> list[str]:
    """Return the name of each thread, with its host where a file has several, as a remote engine's have."""
    hosts: dict[str, set[str]] = {}
    for thread in history.threads:
        hosts.setdefault(thread.file, set()).add(thread.host)
    return [
        f"{thread.host}-{thread.name}"
        if len(hosts[thread.file]) > 1 and not thread.name.startswith(thread.host)
        else thread.name
        for thread in history.threads
    ]


def _numbered(texts: Sequence[str], *, ordered: bool = False) -> tuple[pd.Index[str], Codes]:
    """Return the distinct texts, and each one's number."""
    distinct = dict.fromkeys(sorted(set(texts)) if ordered else texts)
    found = {text: number for number, text in enumerate(distinct)}
    return pd.Index(distinct, dtype=object), np.fromiter(map(found.__getitem__, texts), np.int32)


class _ConnectionTable:
    def __init__(self, resolved: ResolvedRecords, names: Names) -> None:
        self.resolved = resolved
        self.names = names
        self.first = np.flatnonzero(resolved.begins)
        self.size = len(self.first)
        self.mine = resolved.connection >= 0
        self.records = resolved.records
        terminal = resolved.failed | resolved.lost | resolved.closed
        self.end = self._place(terminal)

    def _place(self, mask: NDArray[np.bool_]) -> NDArray[np.intp]:
        """For each connection its first record with the mask set, -1 without one."""
        found = np.full(self.size, -1, np.intp)
        places = np.flatnonzero(mask & self.mine)[::-1]
        found[self.resolved.connection[places]] = places
        return found

    def _last(self, mask: NDArray[np.bool_]) -> NDArray[np.intp]:
        """For each connection its last record with the mask set, -1 without one."""
        found = np.full(self.size, -1, np.intp)
        places = np.flatnonzero(mask & self.mine)
        found[self.resolved.connection[places]] = places
        return found

    def _count(self, mask: NDArray[np.bool_], weights: NDArray[np.int32] | None = None) -> NDArray[np.int32]:
        chosen = self.resolved.connection[mask & self.mine]
        weight = None if weights is None else weights[mask & self.mine]
        return np.bincount(chosen, weights=weight, minlength=self.size).astype(np.int32)

    def _times(self, name: str, places: NDArray[np.intp]) -> NDArray[np.float64]:
        values = self.records[name][np.maximum(places, 0)]
        return np.where((places >= 0) & (values != NEVER), values, np.nan).astype(np.float64)

    def columns(self) -> Columns:
        return {**self._who(), **self._course(), **self._text(), **self._history(), **self._stalls()}

    def _who(self) -> Columns:
        names, thread = self.names, self.records["thread"][self.first]
        return {
            "file": names.file_of[thread],
            "thread": names.name_of[thread],
            "connection": np.arange(self.size) - np.searchsorted(thread, thread) + 1,
        }

    def _course(self) -> Columns:
        resolved, records, first = self.resolved, self.records, self.first
        place, end = np.maximum(self.end, 0), self.end
        known = end >= 0
        failed, lost = resolved.failed[first], known & resolved.lost[place]
        ends = np.where(known & resolved.closed[place], _CLOSED, _UNKNOWN)
        ends = np.where(failed, _HANDSHAKE, np.where(lost, _DATA, ends))
        orphan = resolved.orphan[first]
        attempted = np.where(orphan, np.nan, self._times("start", first))
        opened = np.where(failed | orphan, np.nan, self._times("opened", first))
        noticed = self._times("end", end)
        self._resolve_open(ends, noticed)
        life = self._life()
        watching = self._watching(known, lost)
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

    def _stalls(self) -> Columns:
        """Return when each connection first missed an answer, and whether it ever answered again."""
        resolved, records = self.resolved, self.records
        first = self._place(resolved.stall)
        sent = np.fmax(self._times("start", first), self._times("opened", first))
        frames = np.fmax(
            *(self._times(name, np.arange(len(records))) for name in ("last_frame", "loose_frame"))
        )
        places = np.maximum.accumulate(np.where(np.isnan(frames), -1, np.arange(len(records))))
        before = np.where(first > 0, places[np.maximum(first - 1, 0)], -1)
        known = (first >= 0) & (before >= self.first)
        answers = is_any(records["event"], Event.USED, Event.PINGED, Event.CLOSED, Event.SERVER_CLOSE)
        answered = self._last(answers & (records["alive"] != NEVER))
        ended = np.isin(self.ends, (_DATA, _HANDSHAKE))
        return {
            "stalled_at": sent,
            "stall_idle": np.where(known, sent - frames[np.maximum(before, 0)], np.nan),
            "silent": (first >= 0) & (answered < self._last(resolved.stall)) & ~ended,
        }

    def _watching(self, known: NDArray[np.bool_], lost: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return whose end came while a read waited for it."""
        place = np.maximum(self.end, 0)
        records = self.records
        begun = np.maximum(records["start"][place], records["opened"][place])
        return np.asarray(known & lost & (records["end"][place] - begun >= WATCHING_MS))

    def _life(self) -> dict[str, Ints]:
        """Sum up each connection's records up to its end, an answered close among them."""
        records, resolved = self.records, self.resolved
        talks = is_any(records["event"], Event.CLOSED, Event.CLOSE_UNANSWERED) & ~resolved.lost
        until = np.where(self.end >= 0, self.end, len(records))
        places = np.flatnonzero(self.mine & ~resolved.orphan)
        owner = resolved.connection[places]
        inside = (
            (places < until[owner]) | resolved.begins[places] | ((places == until[owner]) & talks[places])
        )
        places, owner = places[inside], owner[inside]
        never = np.full(self.size, NEVER, np.int64)
        result = {name: never.copy() if "frame" in name or name == "alive" else never * 0 for name in SUMMED}
        if len(places):
            event = records["event"][places]
            new = np.append(True, owner[1:] != owner[:-1])
            first, segment = np.flatnonzero(new), np.cumsum(new) - 1
            pings = np.cumsum(event == Event.PINGED)
            before = np.where(first > 0, pings[first - 1], 0)[segment]
            late = (pings > before) & is_any(event, Event.USED, Event.IDLE)
            columns = unproved({name: records[name][places] for name in ("start", "end", *SUMMED)}, late)
            for name, column in survived(columns, segment, first).items():
                result[name][owner[first]] = column
        return result

    def _resolve_open(self, ends: Ints, noticed: NDArray[np.float64]) -> None:
        """Find what became of connections whose end is not in the file: left behind, or maybe still open."""
        resolved, records = self.resolved, self.records
        unknown = np.flatnonzero(ends == _UNKNOWN)
        thread = records["thread"][self.first]
        following = np.append(self.first[1:], len(records))
        same = np.append(thread[1:] == thread[:-1], False)
        gone = self._place((records["event"] == Event.NO_CONNECTION) & (resolved.state == LIVE))
        finished = self.names.finished
        # A plan of jmxgen's has the plugin close what a caller that is stopped leaves; no row shows it.
        closes = records["own_number"][self.first] >= 0
        found = gone[unknown] >= 0
        replaced = ~found & same[unknown]
        left = found | replaced | (finished[thread[unknown]] & ~closes[unknown])
        ends[unknown] = np.where(left, _LEAKED, _OPEN)
        noticed[unknown[found]] = self._times("start", gone[unknown[found]])
        noticed[unknown[replaced]] = self._times("start", following[unknown[replaced]])

    def _text(self) -> Columns:
        resolved, records, names = self.resolved, self.records, self.names
        place = np.maximum(self.end, 0)
        classifications = resolved.history.classifications
        number = records["classification"][place]
        by_server = resolved.by_server[place]
        lost, failed = self.ends == _DATA, self.ends == _HANDSHAKE
        lost_kind = np.where(by_server, names.number("kind", "server_close"), names.lost_kind_of[number])
        kind = np.where(lost, lost_kind, names.number("kind", ""))
        ended = self.end >= 0
        answered = ended & (records["event"][place] == Event.CLOSED)
        code = np.array([c.code for c in classifications] or [0])[number]
        opener = records["label"][self.first]
        return {
            "kind": np.where(failed, names.kind_of[number], kind),
            "status": np.where(failed, np.array([c.status for c in classifications] or [0])[number], 0),
            "code": np.where(lost & ~by_server, ABNORMAL_CODE, np.where(lost | answered, code, 0)),
            "label": np.where(ended, records["label"][place], opener),
            "opener": np.where(resolved.orphan[self.first], names.number("opener", ""), opener),
            "reason": np.where(ended, names.reason_of[number], names.number("reason", "")),
        }

    def _history(self) -> Columns:
        resolved, records = self.resolved, self.records
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
            "aftermath_rows": self._count(resolved.aftermath, records["rows"]),
            "samples": self._count(resolved.begins | (resolved.state == LIVE), records["rows"]),
            "stalls": self._count(resolved.stall),
            "pings": self._count(records["event"] == Event.PINGED),
            "attempt": attempt,
            "wait": wait,
            "threads": records["running"][self.first],
        }


def _float(values: Ints) -> NDArray[np.float64]:
    return np.where(values == NEVER, np.nan, values).astype(np.float64)


def _finished(history: History) -> NDArray[np.bool_]:
    """Return which threads had ended before their file did.

    JMeter counts its living threads in each row (allThreads): as many threads as the last row counts, those
    heard of last, may still live; the others have ended. Without the count, silence must do.
    """
    finished = np.zeros(len(history.threads), bool)
    groups: dict[object, list[tuple[int, int, int]]] = {}
    ends, counts = (column.tolist() for column in history.last_rows())
    for thread, number in history.threads.items():
        end, living = ends[number], counts[number]
        groups.setdefault((thread.engine, thread.part), []).append((end, number, living))
    for members in groups.values():
        members.sort(reverse=True)
        latest, _, living = members[0]
        for rank, (end, number, _) in enumerate(members):
            finished[number] = rank >= living if living > 0 else latest - end > FINISHED_MS
    return finished
