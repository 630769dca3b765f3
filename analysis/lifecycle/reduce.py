"""Rows to records: what a chunk tells of connections, in as few records as can be."""

from __future__ import annotations

import dataclasses
import enum
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from jmxgen.analysis import dialects
from jmxgen.analysis.codes import Codes
from jmxgen.analysis.dialects import Event, Judgement, Opens, among
from jmxgen.analysis.distinct import counted, numbered
from jmxgen.analysis.jtl.chunk import LATENCY
from jmxgen.analysis.lifecycle.log import WATCHING_MS, Fact, Flag, Log
from jmxgen.analysis.lifecycle.record import NEVER, Records, by_thread
from jmxgen.analysis.lifecycle.survival import survived
from jmxgen.columns import OWN_NUMBER

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

SMALLEST_101: Final = 100  # bytes of the shortest head of a 101 response: RFC 6455 needs 109 and more
CLOSE_FRAME: Final = 31  # bytes of the Luminis sampler's close frame with its standard reason
MOST_REASONS: Final = 100_000  # hostile: a text of its own in every row
DAY: Final = 86_400_000
_USING: Final = (Event.USED, Event.IDLE, Event.NO_CONNECTION, Event.PINGED)
EPOCH: Final = 2 * DAY  # a time stamp so near to 1970 is none: JMeter wrote 0, maybe in some zone


@dataclasses.dataclass(frozen=True, slots=True)
class Rows:
    """What a chunk's rows mean, one value a row, in the order of the file."""

    event: NDArray[np.int8]
    judgement: NDArray[np.int32]
    thread: NDArray[np.int32]
    label: NDArray[np.int32]
    start: Ints  # NEVER where the sampler gave up before it started its clock
    end: Ints
    transaction: Bools
    unsure: Bools  # reads like a WebSocket's read, and like any script that returns something


class Judge:
    """Judges the distinct texts of a file's rows, each once; numbers its judgements as the log does."""

    def __init__(self, log: Log, file: str) -> None:
        self._log = log
        self._file = file
        self._part = -1
        self.labels = Codes(log.label_codes)
        self._known: dict[tuple[str, str, bool], int] = {}
        self._numbers: dict[Judgement, int] = {}

    def number(self, code: str, message: str, success: bool) -> int:
        """Return the number of the judgement of a row with these values."""
        key = (code, message, success)
        number = self._known.get(key)
        if number is None:
            if len(self._known) > MOST_REASONS:
                self._known.clear()
            number = self._known[key] = self._add(dialects.judge(code, message, success))
        return number

    def _add(self, judgement: Judgement) -> int:
        number = self._numbers.get(judgement)
        if number is None and len(self._numbers) > MOST_REASONS:
            judgement = dataclasses.replace(judgement, reason="")
            number = self._numbers.get(judgement)
        if number is None:
            number = self._numbers[judgement] = len(self._log.judgements)
            self._log.judgements.append(judgement)
        return number

    def threads(self, column: pd.Series[Any], part: int) -> NDArray[np.int32]:
        """Return the number of each row's thread; the same name in another part of the file is another."""
        if part != self._part:
            log, file = self._log, self._file  # without `self`: a cycle would keep the log
            self._part, self._threads = part, Codes(lambda names: log.thread_codes(file, part, names))
        return self._threads.of(column)

    def rows(self, frame: pd.DataFrame) -> NDArray[np.int32]:
        """Return the number of each row's judgement."""
        codes, messages = frame["responseCode"].cat, frame["responseMessage"].cat
        many = len(messages.categories)
        keys = (codes.codes.to_numpy(np.int64) * many + messages.codes.to_numpy(np.int64)) * 2
        keys += frame["success"].to_numpy(bool)
        places, inverse = numbered(keys)
        names, texts = codes.categories.to_numpy(object), messages.categories.to_numpy(object)
        numbers = [
            self.number(names[place // 2 // many], texts[place // 2 % many], bool(place % 2))
            for place in places.tolist()
        ]
        return np.asarray(np.array(numbers or [0], np.int32)[inverse])


def understand(frame: pd.DataFrame, log: Log, judge: Judge, part: int) -> Rows:
    """Tell what each row of a chunk means, taken by itself."""
    numbers = judge.rows(frame)
    of_event = np.array([int(j.event) for j in log.judgements] or [0], np.int8)
    weak = np.array([j.event is Event.USED and not j.dialect for j in log.judgements] or [False], np.bool_)
    messages = frame["responseMessage"].cat
    transaction = np.array([dialects.is_transaction(text) for text in messages.categories], np.bool_)
    event, weak = of_event.take(numbers), weak.take(numbers)
    event[_of_other_samplers(frame, weak)] = Event.IGNORED
    stamp = frame["timeStamp"].to_numpy(np.int64)
    elapsed = np.maximum(frame["elapsed"].to_numpy(np.int64), 0)
    timed = np.abs(stamp) > EPOCH
    return Rows(
        event=event,
        judgement=numbers,
        thread=judge.threads(frame["threadName"], part),
        label=judge.labels.of(frame["label"]),
        start=np.where(timed, stamp, NEVER),
        end=np.where(timed, stamp + elapsed, NEVER),
        unsure=weak & (event != Event.IGNORED) & (frame["sentBytes"].to_numpy() <= 0),
        transaction=transaction[messages.codes.to_numpy()]
        if len(transaction)
        else np.zeros(len(frame), np.bool_),
    )


def _of_other_samplers(frame: pd.DataFrame, weak: Bools) -> Bools:
    """Tell which rows no WebSocket sampler wrote: with an address, within a sample, or OK without a frame."""
    urls = frame["URL"].cat
    foreign = ~np.isin(urls.categories.to_numpy(object), ("", "null"))
    other = frame["depth"].to_numpy() > 0
    if foreign.any():
        other |= foreign[urls.codes.to_numpy()]
    received, sent = frame["bytes"].to_numpy(), frame["sentBytes"].to_numpy()
    other |= weak & (((received == 0) & (sent <= 0)) | (frame["Connect"].to_numpy() > 0))
    if LATENCY in frame:
        other |= weak & (frame[LATENCY].to_numpy() > 0)
    return other


def records(frame: pd.DataFrame, rows: Rows, log: Log) -> None:
    """Add the records of a chunk to the log."""
    order = np.flatnonzero(rows.event != Event.IGNORED)
    if not len(order):
        return
    order = order[by_thread(rows.thread.take(order))]
    seen = _Rows.of(frame, rows, log, order)
    _note_facts(seen, log)
    log.add(_records(seen))


@dataclasses.dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of WebSocket samplers, by thread."""

    thread: NDArray[np.int32]
    event: NDArray[np.int8]
    judgement: NDArray[np.int32]
    label: NDArray[np.int32]
    start: Ints
    end: Ints
    connect: Ints
    sent: Ints
    received: Ints
    failed: Bools
    opened: Bools
    closer: Bools
    echo: Bools
    threads: NDArray[np.int32]
    own: NDArray[np.int32]

    @classmethod
    def of(cls, frame: pd.DataFrame, rows: Rows, log: Log, order: NDArray[np.intp]) -> _Rows:
        def column(name: str) -> Ints:
            return frame[name].to_numpy().take(order)

        judgement = rows.judgement.take(order)
        opens = np.array([j.opens for j in log.judgements], np.int8).take(judgement)
        connect, received, failed = column("Connect"), column("bytes"), ~column("success").astype(bool)
        by_size = (opens == Opens.BY_SIZE) & ((connect > 0) | (received >= SMALLEST_101))
        own = frame[OWN_NUMBER].cat if OWN_NUMBER in frame else None
        numbers = (
            np.array([int(t) if t.isdecimal() and len(t) < 9 else -1 for t in own.categories])
            if own
            else None
        )
        return cls(
            thread=rows.thread.take(order),
            event=rows.event.take(order),
            judgement=judgement,
            label=rows.label.take(order),
            start=rows.start.take(order),
            end=rows.end.take(order),
            connect=connect,
            sent=column("sentBytes"),
            received=received,
            failed=failed,
            opened=(opens == Opens.YES) | by_size,
            closer=np.array([j.closer for j in log.judgements], bool).take(judgement),
            echo=np.array([j.echo for j in log.judgements], bool).take(judgement),
            threads=column("allThreads").astype(np.int32),
            own=numbers[own.codes.to_numpy()[order]].astype(np.int32)
            if own is not None and numbers is not None
            else np.full(len(order), -1, np.int32),
        )


def _note_facts(seen: _Rows, log: Log) -> None:
    opens = seen.opened | (seen.event == Event.REFUSED)
    uses = ~opens & ~seen.closer & among(seen.event, *_USING)
    answered = seen.event == Event.CLOSED
    broken = among(seen.event, Event.LOST, Event.RESET)
    normal = answered & seen.echo
    facts = opens * _bit(Fact.OPENS) | uses * _bit(Fact.USES)
    facts |= seen.closer * _bit(Fact.CLOSES) | normal * _bit(Fact.CLOSES_NORMALLY)
    keys = (seen.label.astype(np.int64) << 6) | (facts << 2) | (answered * np.int8(2)) | broken
    for key, count in zip(*(found.tolist() for found in counted(keys)), strict=True):
        log.add_facts(key >> 6, key >> 2 & 15, count if key & 2 else 0, count if key & 1 else 0)


def _bit(flag: enum.IntFlag) -> np.uint8:
    return np.uint8(flag)  # else a column of bits takes eight bytes a row


def _records(seen: _Rows) -> Records:
    size = len(seen.event)
    plain = among(seen.event, Event.USED, Event.IDLE) & ~seen.opened & (seen.start != NEVER)
    new = np.ones(size, bool)
    new[1:] = ~(plain[1:] & plain[:-1] & (seen.thread[1:] == seen.thread[:-1]))
    first = np.flatnonzero(new)
    last = np.append(first[1:], size) - 1
    opened_at = np.where(
        seen.connect >= 0, np.minimum(seen.start + np.maximum(seen.connect, 0), seen.end), seen.end
    )
    flags = seen.opened * _bit(Flag.OPENED) | (seen.sent > 0) * _bit(Flag.SENT)
    flags |= (seen.sent == CLOSE_FRAME) * _bit(Flag.CLOSE_SIZED) | seen.failed * _bit(Flag.FAILED)
    return Records(
        {
            "thread": seen.thread[first],
            "event": seen.event[last],
            "flags": flags[last],
            "label": seen.label[last],
            "judgement": seen.judgement[last],
            "rows": last - first + 1,
            "threads": seen.threads[first],
            "own": seen.own[first],
            "start": seen.start[first],
            "end": seen.end[last],
            "opened": np.where(seen.opened[first], opened_at[first], NEVER),
            **survived(_signs(seen, opened_at), np.cumsum(new) - 1, first),
        }
    )


def _signs(seen: _Rows, opened_at: Ints) -> dict[str, Ints]:
    """Tell the frames and signs of life of each row.

    A request goes out at its row's start (where the row opens: after the handshake), an answer ends its
    row. What is written proves nothing: the first write after the end of a connection succeeds, and each
    after an unread close frame. A ping comes unasked: one that a sampler found without a wait had lain in the
    socket, maybe since before the end. A read that waits, in vain or for a ping, shows that the connection is
    there.
    """
    event, start, end = seen.event, seen.start, seen.end
    sent = seen.sent > 0
    talks = among(event, Event.USED, Event.CLOSED)
    begins = np.where(seen.opened, opened_at, start)
    first = np.where(sent | seen.opened, begins, np.where(talks, end, NEVER))
    waits = sent & among(event, Event.TIMEOUT, Event.PINGED) | seen.opened
    last = np.where(talks, end, np.where(waits, begins, NEVER))
    first[last == NEVER] = NEVER
    waited = among(event, Event.IDLE, Event.TIMEOUT, Event.CLOSE_UNANSWERED)
    waited |= (event == Event.PINGED) & (end - start >= WATCHING_MS)
    lives = (talks & (seen.received != 0)) | waited
    alive = np.where(lives, end, np.where(seen.opened, opened_at, NEVER))
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
