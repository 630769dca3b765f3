"""Rows to events: what each row of a chunk means, taken by itself."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from jmxgen.analysis import dialects
from jmxgen.analysis.dialects import IGNORED, Classification, Event, Opens
from jmxgen.analysis.jtl import times
from jmxgen.analysis.jtl.chunk import HOST, LATENCY, is_transaction
from jmxgen.analysis.lifecycle.numbering import Numbering
from jmxgen.columns import OWN_NUMBER, REPLIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jmxgen.analysis.jtl import Chunk
    from jmxgen.analysis.lifecycle.history import History

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

NEVER: Final = np.iinfo(np.int64).min // 4  # a time that is not known; differences of two don't overflow
SMALLEST_101: Final = 100  # bytes of the shortest head of a 101 response: RFC 6455 needs 109 and more
_FLOAT: Final = re.compile(r"^(\d{3,4})\.0$")  # a code that went through a table of numbers
MOST_HOSTS: Final = 1000  # hostile: a host of its own in every row
MOST_REASONS: Final = 100_000  # hostile: a text of its own in every row


@dataclasses.dataclass(frozen=True, slots=True)
class Events:
    """What rows mean, one value a row. Times are ms since the epoch."""

    event: NDArray[np.int8]
    classification: NDArray[np.int32]  # its number in the history
    thread: NDArray[np.int32]
    label: NDArray[np.int32]
    start: Ints  # NEVER where the sampler gave up before it started its clock
    end: Ints
    connect: Ints  # ms of the TCP connect and the handshake, -1 where unknown
    sent: Ints  # bytes
    received: Ints
    failed: Bools
    opened: Bools  # the row itself opened the connection
    closes: Bools  # only a sampler that closes writes such a row
    echoed: Bools  # the close frame that came is what a server answers
    running: NDArray[np.int32]  # allThreads
    own_number: NDArray[np.int32]  # ws_conn, -1 where the file has none
    transaction: Bools
    unsure: Bools  # reads like a WebSocket's read, and like any script that returns something

    def take(self, places: NDArray[np.intp]) -> Events:
        """Return the events of some rows, in their order."""
        columns = {field.name: getattr(self, field.name).take(places) for field in dataclasses.fields(self)}
        return Events(**columns)

    def ignore(self, labels: NDArray[np.int32]) -> None:
        """Ignore the unsure rows of labels that are other samplers'."""
        self.event[self.unsure & np.isin(self.label, labels)] = Event.IGNORED


class Classifier:
    """Classifies the rows of one file, each distinct text once; numbers what it finds as the history does."""

    def __init__(self, history: History, file: str) -> None:
        self._history = history
        self._file = file
        self._has_messages = True
        self._numberings: dict[tuple[int, str], Numbering] = {}  # of threads, by part and host
        self._labels = Numbering(history.label_numbers)
        self._numbers: dict[tuple[str, str, bool], int] = {}

    def classify(self, chunk: Chunk) -> Events:
        """Return what each row of a chunk means."""
        frame = chunk.rows
        self._has_messages = not chunk.columns or "responseMessage" in chunk.columns
        numbers = self._classifications(frame)
        found = self._history.classifications
        event = _of_each(found, "event", np.int8)[numbers]
        self._history.fragments += int(_of_each(found, "fragment", np.bool_)[numbers].sum())
        weak = np.array([c.event is Event.USED and not c.dialect for c in found], np.bool_)[numbers]
        event[_of_other_samplers(frame, weak)] = Event.IGNORED
        self._history.replies = max(self._history.replies, int(_numbers(frame, REPLIES).max(initial=0)))
        opens = _of_each(found, "opens", np.int8)[numbers]
        start, end = _times(frame)
        connect, received, sent = (frame[name].to_numpy() for name in ("Connect", "bytes", "sentBytes"))
        by_size = (opens == Opens.BY_SIZE) & ((connect > 0) | (received >= SMALLEST_101))
        return Events(
            event=event,
            classification=numbers,
            thread=self._threads(frame, chunk.part),
            label=self._labels.of(frame["label"]),
            start=start,
            end=end,
            connect=connect,
            sent=sent,
            received=received,
            failed=~frame["success"].to_numpy(bool),
            opened=(opens == Opens.YES) | by_size,
            closes=_of_each(found, "closer", np.bool_)[numbers],
            echoed=_of_each(found, "echo", np.bool_)[numbers],
            running=frame["allThreads"].to_numpy(np.int32),
            own_number=_numbers(frame, OWN_NUMBER),
            transaction=_transactions(frame),
            unsure=weak & (event != Event.IGNORED) & (sent <= 0),
        )

    def _classifications(self, frame: pd.DataFrame) -> NDArray[np.int32]:
        codes, messages = frame["responseCode"].cat, frame["responseMessage"].cat
        many = len(messages.categories)
        keys = (codes.codes.to_numpy(np.int64) * many + messages.codes.to_numpy(np.int64)) * 2
        keys += frame["success"].to_numpy(bool)
        places, distinct = pd.factorize(keys)
        names, texts = codes.categories.to_numpy(object), messages.categories.to_numpy(object)
        numbers = [
            self._number(names[key // 2 // many], texts[key // 2 % many], bool(key % 2))
            for key in distinct.tolist()
        ]
        return np.array(numbers, np.int32)[places]

    def _number(self, code: str, message: str, success: bool) -> int:
        """Return the number of the classification of a row with these values."""
        key = (code, message, success)
        number = self._numbers.get(key)
        if number is None:
            if len(self._numbers) > MOST_REASONS:
                self._numbers.clear()
            code = _FLOAT.sub(r"\1", code)
            if not self._has_messages:
                message = dialects.implied_message(code, success)
            found = IGNORED if is_transaction(message) else dialects.classify(code, message, success)
            number = self._numbers[key] = self._history.classification_number(found, most=MOST_REASONS)
        return number

    def _threads(self, frame: pd.DataFrame, part: int) -> NDArray[np.int32]:
        """Return the number of each row's thread.

        The same name in another part of the file, or on another host, is another thread.
        """
        names = frame["threadName"]
        if HOST not in frame:
            return self._threads_of(part, "").of(names)
        numbers = np.zeros(len(frame), np.int32)
        for host in frame[HOST].unique()[:MOST_HOSTS].tolist():
            here = (frame[HOST] == host).to_numpy()
            numbers[here] = self._threads_of(part, host).of(names[here])
        return numbers

    def _threads_of(self, part: int, host: str) -> Numbering:
        if (part, host) not in self._numberings:
            history, file = self._history, self._file
            self._numberings = {key: found for key, found in self._numberings.items() if key[0] == part}
            self._numberings[part, host] = Numbering(
                lambda names: history.thread_numbers((file, part, host), names)
            )
        return self._numberings[part, host]


def _of_each(found: list[Classification], name: str, kind: Any) -> NDArray[Any]:
    return np.array([getattr(classification, name) for classification in found], kind)


def _times(frame: pd.DataFrame) -> tuple[Ints, Ints]:
    stamp = frame["timeStamp"].to_numpy(np.int64)
    elapsed = np.maximum(frame["elapsed"].to_numpy(np.int64), 0)
    timed = stamp > times.NONE_MS
    return np.where(timed, stamp, NEVER), np.where(timed, stamp + elapsed, NEVER)


def _transactions(frame: pd.DataFrame) -> Bools:
    messages = frame["responseMessage"].cat
    return np.array([is_transaction(text) for text in messages.categories], np.bool_)[messages.codes]


def _numbers(frame: pd.DataFrame, column: str) -> NDArray[np.int32]:
    """Return what the plan wrote into a column of its own, -1 where there is no number."""
    if column not in frame:
        return np.full(len(frame), -1, np.int32)
    texts = frame[column].cat
    numbers = [int(text) if text.isdecimal() and len(text) < 9 else -1 for text in texts.categories]
    return np.array(numbers, np.int32)[texts.codes]


def _of_other_samplers(frame: pd.DataFrame, weak: Bools) -> Bools:
    """Return which rows are not a WebSocket sampler's.

    Those with an address, those within a sample, and those that are OK without a frame.
    """
    urls = frame["URL"].cat
    address = ~np.isin(urls.categories.to_numpy(object), ("", "null"))
    other = frame["depth"].to_numpy() > 0
    if address.any():
        other |= address[urls.codes.to_numpy()]
    received, sent = frame["bytes"].to_numpy(), frame["sentBytes"].to_numpy()
    other |= weak & (((received == 0) & (sent <= 0)) | (frame["Connect"].to_numpy() > 0))
    if LATENCY in frame:
        other |= weak & (frame[LATENCY].to_numpy() > 0)
    return other
