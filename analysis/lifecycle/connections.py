"""The table of connections: one row a connection or attempt."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from jmxgen.analysis.dialects import Event
from jmxgen.analysis.lifecycle.log import WATCHING_MS, Flag
from jmxgen.analysis.lifecycle.record import NEVER
from jmxgen.analysis.lifecycle.resolve import LIVE
from jmxgen.analysis.lifecycle.survival import SUMMED, survived, unproved
from jmxgen.analysis.model import CONNECTION_COLUMNS, ENDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jmxgen.analysis.lifecycle.log import Log
    from jmxgen.analysis.lifecycle.resolve import Lives

    Ints = NDArray[np.int64]

LATE_MS: Final = 250  # and it noticed the end by so much later: measured, on a load generator short of CPU
FINISHED_MS: Final = (
    10_000  # without thread counts: a thread silent for so long before the file's end has finished
)
_ENGINE: Final = re.compile(r"^(.+?:\d+)-")


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """What all threads of a log share: the names in the table, and which threads have finished."""

    files: pd.Index[str]
    threads: pd.Index[str]
    file_of: NDArray[np.int32]  # for each thread
    name_of: NDArray[np.int32]
    labels: NDArray[np.object_]
    finished: NDArray[np.bool_]

    @classmethod
    def of(cls, log: Log) -> Names:
        """Collect them."""
        keys = list(log.threads)
        files = pd.Index(dict.fromkeys(key[0] for key in keys), dtype=object)
        threads = pd.Index(dict.fromkeys(key[2] for key in keys), dtype=object)
        return cls(
            files=files,
            threads=threads,
            file_of=files.get_indexer(pd.Index([key[0] for key in keys], dtype=object)).astype(np.int32),
            name_of=threads.get_indexer(pd.Index([key[2] for key in keys], dtype=object)).astype(np.int32),
            labels=np.array([*log.labels, ""], object),
            finished=_finished(log),
        )


def table(lives: Lives, names: Names) -> pd.DataFrame:
    """Return CONNECTION_COLUMNS for the threads of one batch, by thread and in order."""
    return _Table(lives, names).frame()


def join(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Join the tables of all batches."""
    filled = [one for one in tables if len(one)]
    if not filled:
        return _empty()
    columns: dict[str, object] = {}
    for name, kind in CONNECTION_COLUMNS.items():
        parts = [one.pop(name) for one in filled]
        columns[name] = union_categoricals(parts) if kind == "category" else np.concatenate(parts)
    return pd.DataFrame(columns)


class _Table:
    def __init__(self, lives: Lives, names: Names) -> None:
        self.lives = lives
        self.names = names
        self.first = np.flatnonzero(lives.begins)
        self.size = len(self.first)
        self.mine = lives.connection >= 0
        self.of = lives.connection[self.mine]
        self.records = lives.records
        terminal = lives.failed | lives.lost | lives.closed
        self.end = self._place(terminal)

    def _place(self, mask: NDArray[np.bool_]) -> NDArray[np.intp]:
        """For each connection its first record with the mask set, -1 without one."""
        found = np.full(self.size, -1, np.intp)
        places = np.flatnonzero(mask & self.mine)[::-1]
        found[self.lives.connection[places]] = places
        return found

    def _count(self, mask: NDArray[np.bool_], weights: NDArray[np.int32] | None = None) -> NDArray[np.int32]:
        chosen = self.lives.connection[mask & self.mine]
        weight = None if weights is None else weights[mask & self.mine]
        return np.bincount(chosen, weights=weight, minlength=self.size).astype(np.int32)

    def _times(self, name: str, places: NDArray[np.intp]) -> NDArray[np.float64]:
        values = self.records[name][np.maximum(places, 0)]
        return np.where((places >= 0) & (values != NEVER), values, np.nan).astype(np.float64)

    def frame(self) -> pd.DataFrame:
        if not self.size:
            return _empty()
        columns = {**self._who(), **self._course(), **self._text(), **self._history()}
        frame = pd.DataFrame(columns)[list(CONNECTION_COLUMNS)]
        return frame.astype({name: kind for name, kind in CONNECTION_COLUMNS.items() if kind != "category"})

    def _who(self) -> dict[str, object]:
        names, thread = self.names, self.records["thread"][self.first]
        return {
            "file": pd.Categorical.from_codes(names.file_of[thread], names.files),
            "thread": pd.Categorical.from_codes(names.name_of[thread], names.threads),
            "connection": np.arange(self.size) - np.searchsorted(thread, thread) + 1,
        }

    def _course(self) -> dict[str, object]:
        lives, records, first = self.lives, self.records, self.first
        place, end = np.maximum(self.end, 0), self.end
        known = end >= 0
        failed, lost = lives.failed[first], known & lives.lost[place]
        ends = np.where(
            failed, "handshake", np.where(lost, "data", np.where(known & lives.closed[place], "closed", ""))
        )
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
        gone = lost | (ends == "closed")
        silence = np.where(
            gone & (place > first), records["start"][place] - records["end"][np.maximum(place - 1, 0)], 0
        )
        self.ends, self.noticed, self.attempted = ends, noticed, attempted
        return {
            "attempted_at": attempted,
            "opened_at": opened,
            "last_alive_at": np.where(
                failed, np.nan, np.fmin(alive, np.where(np.isnan(noticed), np.inf, noticed))
            ),
            "noticed_at": noticed,
            "end": pd.Categorical(ends, categories=list(ENDS)),
            "last_frame_at": np.where(failed, np.nan, frame),
            "end_after": np.where(np.isnan(noticed), np.nan, np.fmin(after, noticed)),
            "longest_idle": np.where(failed, 0, life["idle"]),
            "longest_silence": np.where(failed, 0, life["silence"]),
            "last_silence": np.where(gone, np.maximum(silence, 0), np.nan),
            "handshake_ms": np.where(orphan, np.nan, np.where(failed, noticed, opened) - attempted),
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
        talks = np.isin(records["event"], (Event.CLOSED, Event.CLOSE_UNANSWERED)) & ~lives.lost
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
            late = (pings > before) & np.isin(event, (Event.USED, Event.IDLE))
            columns = unproved({name: records[name][places] for name in ("start", "end", *SUMMED)}, late)
            for name, column in survived(columns, segment, first).items():
                result[name][owner[first]] = column
        return result

    def _resolve_open(self, ends: NDArray[np.str_], noticed: NDArray[np.float64]) -> None:
        """Tell what became of connections whose end is not in the file: left behind, or maybe still open."""
        lives, records = self.lives, self.records
        unknown = np.flatnonzero(ends == "")
        thread = records["thread"][self.first]
        following = np.append(self.first[1:], len(records))
        same = np.append(thread[1:] == thread[:-1], False)
        gone = self._place((records["event"] == Event.NO_CONNECTION) & (lives.state == LIVE))
        finished = self.names.finished
        # A plan of jmxgen's has the plugin close what a caller that is stopped leaves; no row tells of it.
        closes = records["own"][self.first] >= 0
        for one in unknown.tolist():
            if gone[one] >= 0:
                ends[one], noticed[one] = "leaked", records["start"][gone[one]]
            elif same[one]:
                ends[one], noticed[one] = "leaked", records["start"][following[one]]
            else:
                ends[one] = "leaked" if finished[thread[one]] and not closes[one] else "open"

    def _text(self) -> dict[str, object]:
        lives, records = self.lives, self.records
        place = np.maximum(self.end, 0)
        judgements = lives.log.judgements
        number = records["judgement"][place]
        kinds = np.array([j.kind for j in judgements] or [""], object)[number]
        lost_kinds = np.array([j.lost_kind or "abnormal" for j in judgements] or [""], object)[number]
        by_server = lives.by_server[place]
        lost = self.ends == "data"
        failed = self.ends == "handshake"
        kind = np.where(failed, kinds, np.where(lost, np.where(by_server, "server_close", lost_kinds), ""))
        ended = self.end >= 0
        answered = ended & (records["event"][place] == Event.CLOSED)
        code = np.array([j.code for j in judgements] or [0])[number]
        reason = np.array([j.reason for j in judgements] or [""], object)[number]
        labels = self.names.labels
        opener = labels[records["label"][self.first]]
        return {
            "kind": pd.Categorical(kind),
            "status": np.where(failed, np.array([j.status for j in judgements] or [0])[number], 0),
            "code": np.where(lost & ~by_server, 1006, np.where(lost | answered, code, 0)),
            "label": pd.Categorical(np.where(ended, labels[records["label"][place]], opener)),
            "opener": pd.Categorical(np.where(lives.orphan[self.first], "", opener)),
            "reason": pd.Categorical(np.where(ended, reason, "")),
        }

    def _history(self) -> dict[str, object]:
        lives, records = self.lives, self.records
        thread = records["thread"][self.first]
        place = np.arange(self.size)
        begin = np.searchsorted(thread, thread)
        failed = self.ends == "handshake"
        # attempts in a row: one more than the failures just before it in its thread
        good = np.maximum.accumulate(np.where(failed, -1, place))
        before = np.where(place > begin, good[np.maximum(place - 1, 0)], -1)
        attempt = np.where(before >= begin, place - before, place - begin + 1)
        closure = failed | (self.ends == "data")
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
    lacking = len(log.threads) - len(log.last_end)  # threads after the last row that has a time
    ends, counts = log.last_end.tolist() + [NEVER] * lacking, log.last_living.tolist() + [-1] * lacking
    for (file, part, name), number in log.threads.items():
        engine = _ENGINE.match(name)
        end, living = ends[number], counts[number]
        groups.setdefault((file, part, engine[1] if engine else ""), []).append((end, number, living))
    for members in groups.values():
        members.sort(reverse=True)
        latest, _, living = members[0]
        for rank, (end, number, _) in enumerate(members):
            finished[number] = rank >= living if living > 0 else latest - end > FINISHED_MS
    return finished


def _empty() -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series(dtype=object) for name in CONNECTION_COLUMNS})
    return frame.astype(dict(CONNECTION_COLUMNS))
