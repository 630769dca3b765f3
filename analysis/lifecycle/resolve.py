"""Records to connections: the whole run at once, without a loop over rows.

In each thread's records, a record either sets the state of the thread's connection (none, live, dead) or,
as a reset that occurs in both phases, turns a live connection into a dead one and leaves the rest as it is.
So the state before any record follows from the last record that set it and from whether such a reset came
since.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.dialects import Event, is_any
from jmxgen.analysis.lifecycle.classify import NEVER
from jmxgen.analysis.lifecycle.history import Role
from jmxgen.analysis.lifecycle.records import Flag

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jmxgen.analysis.lifecycle.history import History
    from jmxgen.analysis.lifecycle.records import Records

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

NONE: Final = 0
LIVE: Final = 1
DEAD: Final = 2
KEEP: Final = -1

PROMPT_MS: Final = 10  # a dead connection fails a close at once; a server that hangs up on one takes its time
HABIT: Final = 20  # so many closes that failed, and none that was answered, are a server's way


@dataclasses.dataclass(frozen=True, slots=True)
class ResolvedRecords:
    """What records mean in their threads' histories: one value a record, by thread and in order."""

    history: History
    records: Records  # times filled in
    state: NDArray[np.int8]  # of the thread's connection before the record
    connection: NDArray[np.intp]  # the record's, from 0 over all threads; -1 before a thread's first
    begins: Bools  # an attempt begins with this record, or a connection whose opening is not in the file
    orphan: Bools  # begins without an attempt in the file
    failed: Bools  # the attempt fails in its handshake
    lost: Bools  # the connection's end, not asked for, is noticed here
    by_server: Bools  # with a close frame
    closed: Bools  # the client's close ends it here
    stall: Bools
    aftermath: Bools
    unattributed: Bools


def resolve(history: History, records: Records) -> ResolvedRecords:
    """Return for each record of some threads what it did to its thread's connection."""
    return _Resolver(history, _timed(records)).resolve()


def without_other_samplers(history: History, records: Records) -> Records:
    """Make failures that no plugin's rule knows handshake closures where their label opens connections.

    An HTTP status is one also where the label goes on to use what it opened; any other failure only where
    the label does nothing else. Where the label uses connections, an exception of the socket is a reset, and
    any other failure unknown. The rest is other samplers', and left out.
    """
    failed = records["event"] == Event.FAILED
    if not failed.any():
        return records
    roles, status = (
        np.zeros(len(history.labels) + 1, np.int16),
        np.array([found.status for found in history.classifications]),
    )
    for label, found in history.of_label.items():
        roles[label] = found.roles
    role = roles[records["label"]]
    opens = (role == Role.OPENS) | ((role & Role.OPENS > 0) & (status[records["classification"]] > 0))
    uses = ~opens & (role & Role.USES > 0)
    lost = np.array([bool(found.lost_kind) for found in history.classifications])[records["classification"]]
    records["event"][failed & opens] = Event.REFUSED
    records["event"][failed & uses] = np.where(lost, Event.RESET, Event.UNKNOWN)[failed & uses]
    return records.where(~failed | opens | uses)


def _timed(records: Records) -> Records:
    """Give records without a time the end of the record before them in their thread."""
    missing = records["start"] == NEVER
    if not missing.any():
        return records
    place = np.arange(len(records))
    first = _first_of_thread(records["thread"])
    known = np.maximum.accumulate(np.where(missing, -1, place))
    usable = missing & (known >= first)
    records["start"][usable] = records["end"][known[usable]]
    records["end"][usable] = records["end"][known[usable]]
    return records


def _first_of_thread(thread: NDArray[np.int32]) -> NDArray[np.intp]:
    place = np.arange(len(thread))
    new = np.ones(len(thread), bool)
    new[1:] = thread[1:] != thread[:-1]
    return np.maximum.accumulate(np.where(new, place, 0))


class _Resolver:
    """Works out one history: what is known of the labels comes from the whole run."""

    def __init__(self, history: History, records: Records) -> None:
        self.history = history
        self.records = records
        size = len(records)
        flags = records["flags"]
        self.opened = (flags & Flag.OPENED) > 0
        self.sent = (flags & Flag.SENT) > 0
        self.failing = (flags & Flag.FAILED) > 0
        self.event = records["event"].copy()
        self.first = _first_of_thread(records["thread"])
        self.last = np.ones(size, bool)
        self.last[:-1] = records["thread"][1:] != records["thread"][:-1]
        roles = np.zeros(len(history.labels) + 1, np.int16)
        answers = np.zeros((2, len(history.labels) + 1), np.int64)
        for label, found in history.of_label.items():
            roles[label] = found.roles
            answers[:, label] = found.answered, found.broken
        self.role = roles[records["label"]]
        self.answered, self.broken = answers[:, records["label"]]
        self._look_ahead()

    def _has(self, role: Role) -> Bools:
        return np.asarray((self.role & role) > 0)

    def _is(self, first: Event, *others: Event) -> Bools:
        return is_any(self.event, first, *others)

    def _look_ahead(self) -> None:
        size = len(self.event)
        following = np.full(size, -1, np.int8)
        following[:-1] = np.where(self.last[:-1], -1, self.event[1:])
        self.then_none = following == Event.NO_CONNECTION
        # What goes on to receive frames was not lost: an error text that nobody knows was a stall.
        lives_on = np.zeros(size, bool)
        again = (
            (self.records["alive"] != NEVER) & ~self.opened & self._is(Event.USED, Event.IDLE, Event.PINGED)
        )
        lives_on[:-1] = again[1:] & ~self.last[:-1]
        vague = self._of_classification("vague") > 0
        self.event[lives_on & vague & self._is(Event.RESET) & ~self.opened] = Event.TIMEOUT

        # Where this label's closes get an echo, what is not an echo was the server's own close frame.
        closes = (
            self._is(Event.CLOSED) & ~(self._of_classification("echo") > 0) & self._has(Role.CLOSES_NORMALLY)
        )
        self.event[closes] = Event.SERVER_CLOSE

    def _of_classification(self, name: str) -> Ints:
        values = np.array([getattr(c, name) for c in self.history.classifications] or [0], np.int64)
        return np.asarray(values[self.records["classification"]])

    def resolve(self) -> ResolvedRecords:
        opener = self._has(Role.OPENS) & ~self._has(Role.USES) & ~self._has(Role.CLOSES)
        user = self._has(Role.USES) & ~self._has(Role.OPENS) & ~self._has(Role.CLOSES)
        closer = self._has(Role.CLOSES) & ~self._has(Role.OPENS)
        nameless = ~self._has(Role.USES | Role.OPENS | Role.CLOSES)
        sized = (self.records["flags"] & Flag.CLOSE_SIZED) > 0
        closer = closer | (nameless & sized & (self.then_none | self.last))
        io_error = self._is(Event.TIMEOUT, Event.RESET, Event.LOST)
        closing = closer & io_error & ~self.opened
        dropping = closing & (self.sent | self._is(Event.TIMEOUT))

        handshakes = np.array([bool(c.kind) for c in self.history.classifications] or [False])[
            self.records["classification"]
        ]
        doubtful = self._is(Event.TIMEOUT, Event.RESET) & handshakes & ~self.opened & ~self.sent & ~closer
        attempt = self.opened | self._is(Event.REFUSED) | (doubtful & opener)
        attempt |= doubtful & ~user & self.then_none
        reset = self._is(Event.RESET) & ~attempt & ~closing
        surely_lost = (self._is(Event.LOST) | (reset & (self.sent | user))) & ~dropping
        surely_lost |= self._is(Event.RESET) & self.opened
        killer = (reset & ~surely_lost) | (closing & ~dropping & self._is(Event.RESET))

        sets = np.full(len(self.event), KEEP, np.int8)
        sets[
            attempt | self._is(Event.NO_CONNECTION, Event.SERVER_CLOSE, Event.CLOSED, Event.CLOSE_UNANSWERED)
        ] = NONE
        sets[dropping] = NONE
        sets[self.opened & self._is(Event.USED, Event.IDLE, Event.TIMEOUT, Event.PINGED)] = LIVE
        sets[surely_lost | (self._of_classification("lingers") > 0)] = DEAD
        state = self._states(sets, killer)

        may_open = handshakes & ~user & ~closer & ~self.sent & ~attempt & ~self.opened
        attempt |= doubtful & may_open & (state == NONE)
        attempt |= self._is(Event.TIMEOUT) & may_open & (state == DEAD)
        attempt |= self._is(Event.MISCONFIGURED) & may_open & (state == NONE)
        failed = attempt & ~self.opened

        polite = dropping & (self._is(Event.TIMEOUT) | self._hung_up())
        polite |= self._is(Event.CLOSED, Event.CLOSE_UNANSWERED)
        ends = (surely_lost | reset | self._is(Event.SERVER_CLOSE) | closing) & ~polite & ~failed
        here = self.opened | (state == LIVE)
        orphan = ends & ~here & (state == NONE) & ~closing & ~attempt
        lost = ends & (here | orphan)
        begins = attempt | orphan
        nowhere = self._is(Event.UNKNOWN, Event.MISCONFIGURED) & (state != DEAD)
        nowhere |= self._is(Event.TIMEOUT) & ~handshakes & (state == NONE)
        nowhere &= ~begins
        return ResolvedRecords(
            history=self.history,
            records=self.records,
            state=state,
            connection=self._numbers(begins),
            begins=begins,
            orphan=orphan,
            failed=failed,
            lost=lost,
            by_server=lost & self._is(Event.SERVER_CLOSE),
            closed=polite & here,
            stall=self._is(Event.TIMEOUT) & ~failed & here & ~closing,
            aftermath=self._aftermath(here, begins | lost | (polite & here) | nowhere),
            unattributed=nowhere,
        )

    def _aftermath(self, here: Bools, other: Bools) -> Bools:
        again = self._is(Event.NO_CONNECTION) | (~self._is(Event.USED, Event.PINGED) & ~here & self.failing)
        return np.asarray(again & ~other)

    def _states(self, sets: NDArray[np.int8], killer: Bools) -> NDArray[np.int8]:
        size = len(sets)
        place = np.arange(size)
        before = place - 1
        last_set = np.maximum.accumulate(np.where(sets != KEEP, place, -1))
        last_kill = np.maximum.accumulate(np.where(killer, place, -1))
        state = np.zeros(size, np.int8)
        inside = place > self.first
        setter = np.where(inside, last_set[before], -1)
        known = inside & (setter >= self.first)
        state[known] = sets[setter[known]]
        killed = known & (last_kill[before] > setter) & (state == LIVE)
        state[killed] = DEAD
        return state

    def _hung_up(self) -> Bools:
        """Return which failing closes were a server's way to answer: by ending the connection.

        A server that does so does it each time: one that answers other closes had lost this connection. Where
        none was answered, a dead connection fails at once, one that is hung up on takes its time.
        """
        slow = self.records["end"] - self.records["start"] >= PROMPT_MS
        return np.asarray((self.answered == 0) & ((self.broken >= HABIT) | slow))

    def _numbers(self, begins: Bools) -> NDArray[np.intp]:
        number = np.cumsum(begins) - 1
        base = np.where(self.first > 0, number[np.maximum(self.first - 1, 0)], -1)
        return np.where(number > base, number, -1)
