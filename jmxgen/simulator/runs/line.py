"""A connection in simulated time: the server's end, which its faults act on, and the client's socket."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

from jmxgen.simulator.faults.base import Wait
from jmxgen.simulator.world import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jmxgen.simulator.faults.base import Fault
    from jmxgen.simulator.runs.server import SimulatedServer
    from jmxgen.simulator.values import Ending, Refusal

# What a client can find in its socket: a kind, and what goes with it.
Item = tuple[str, Any]


class Socket:
    """The client's end: what has come and was not read, and what writing has met."""

    __slots__ = ("broken", "eof", "inbox", "line", "noticed", "reader", "reset")

    def __init__(self, line: SimulatedLine) -> None:
        self.line = line
        self.inbox: collections.deque[Item] = collections.deque()
        self.eof = False  # FIN has come
        self.reset = False  # RST has come
        self.broken = False  # a read or write has met the end: each later write fails
        self.noticed = False  # the loss is in the results: later rows only repeat it
        self.reader: Callable[[], None] | None = None  # who waits for something to come

    def deliver(self, item: Item) -> None:
        """Something comes from the network."""
        kind = item[0]
        if kind == "reset":
            self.reset = True
        elif kind in ("eof", "cut"):
            self.eof = True
        self.inbox.append(item)
        if self.reader is not None:
            reader, self.reader = self.reader, None
            reader()

    def read(self) -> Item | None:
        """Return what has come first; the end of TCP comes again and again."""
        if not self.inbox:
            return None
        item = self.inbox[0]
        if item[0] == "cut":
            self.inbox[0] = ("eof", "")
        elif item[0] == "reset":
            self.broken = True
        elif item[0] != "eof":
            self.inbox.popleft()
        return item

    def write(self) -> str:
        """Return what the operating system says to a write: "" where it takes the bytes."""
        if self.broken:
            return "Broken pipe"
        if self.reset:
            self.broken = True
            return "Broken pipe" if self.eof else "Connection reset by peer"
        if self.eof:
            self.broken = True  # the server's machine answers this one with a reset
        return ""


class SimulatedLine:
    """The server's end of a connection, as the faults see it (jmxgen.simulator.world.Line)."""

    __slots__ = (
        "_asked",
        "_held",
        "_messages",
        "_stage",
        "_unread",
        "arrives",
        "attempted_at",
        "caller",
        "conversing",
        "held_by",
        "last_frame_at",
        "last_pong_at",
        "messages",
        "number",
        "opened_at",
        "outcome",
        "server",
        "silenced_by",
        "socket",
        "token",
        "waiting_since",
    )

    def __init__(self, server: SimulatedServer, number: int, caller: int, token: str) -> None:
        self.server = server
        self.number = number
        self.caller = caller
        self.token: str | None = token
        self.socket = Socket(self)
        self.attempted_at = server.now()
        self.opened_at: float | None = None
        self.last_frame_at: float | None = None
        self.last_pong_at: float | None = None
        self.messages = 0
        self.waiting_since: float | None = None
        self.conversing = False
        self.held_by = ""
        self.silenced_by = ""  # the cause of the fault that left the last message without an answer
        self.outcome: Outcome | None = None
        self._held = False
        self._unread: collections.deque[tuple[Callable[..., None], tuple[Any, ...]]] = collections.deque()
        self._asked: Iterator[Fault] | None = None  # the faults that have not been asked yet
        self._stage = ""  # handshake | message
        self._messages: collections.deque[str] = collections.deque()
        self.arrives = 0.0  # when the last thing that was sent to the client comes

    # ------------------------------------------------------------------ what comes from the client

    def comes(self, what: Callable[..., None], *args: Any) -> None:
        """Something comes from the client; while the line is held, nobody reads it."""
        if self._held:
            self._unread.append((what, args))
        else:
            what(*args)

    def request(self) -> None:
        """The TCP connection is up, and the upgrade request comes."""
        if self.outcome is None:
            self.server.accepted(self)
            self.comes(self._begin_handshake)

    def _begin_handshake(self) -> None:
        if self.outcome is None:
            self._stage = "handshake"
            self._asked = iter(tuple(self.server.faults))
            self._ask()

    def message(self, text: str) -> None:
        """A message comes; it waits while the one before it is at work."""
        if self.outcome is not None:
            return
        self.last_frame_at = self.server.now()
        self._messages.append(text)
        if self._stage == "open":
            self._next_message()

    def _next_message(self) -> None:
        self._stage = "message"
        self.messages += 1
        self.waiting_since = self.server.now()
        self.silenced_by = ""
        self._asked = iter(tuple(self.server.faults))
        self._ask()

    def pong(self) -> None:
        """The client has answered a ping."""
        if self.outcome is None:
            self.last_frame_at = self.last_pong_at = self.server.now()

    def ping(self) -> None:
        """The client pings: the server's library answers, whatever the faults do to messages."""
        if self.outcome is None:
            self.last_frame_at = self.server.now()
            self._send(("pong", ""))

    def close(self, code: int) -> None:
        """The client's close frame comes."""
        if self.outcome is None:
            self._end(Outcome(self.server.now(), "closed", code=code))
            self._send(("close", (code, self.server.service.echo)))

    def vanish(self) -> None:
        """The client's end of TCP comes, without a close frame."""
        if self.outcome is not None:
            return
        now = self.server.now()
        if self.opened_at is None:
            self._end(Outcome(now, "handshake", "timeout", cause=self.held_by))
        else:
            self._end(Outcome(now, "leaked"))

    # ------------------------------------------------------------------ the faults decide

    def _ask(self) -> None:
        """Ask the faults that have not been asked; at the end, admit or answer."""
        assert self._asked is not None
        handshake = self._stage == "handshake"
        for fault in self._asked:
            self.held_by = fault.cause
            if handshake:
                answer = fault.on_handshake(self)
                if isinstance(answer, Wait):
                    return
                if answer is not None:
                    self.refuse(answer, self.held_by)
            else:
                heard = fault.heard(self, self._messages[0])
                if isinstance(heard, Wait):
                    return
                if not heard and self.outcome is None:
                    self.silenced_by = fault.cause or "?"
                    self._message_done()
                    return
            if self.outcome is not None:
                return
        self.held_by = ""
        seconds = self.server.service_time(handshake=handshake)
        self.server.clock.at(self.server.clock.time + seconds, self._admit if handshake else self._answer)

    def go_on(self, refusal: Refusal | None) -> None:
        """Go on with the handshake or message that a fault made wait."""
        if self.outcome is not None:
            return
        if refusal is not None and self._stage == "handshake":
            self.refuse(refusal, self.held_by)
            return
        self._ask()

    def _admit(self) -> None:
        if self.outcome is None:
            self.opened_at = self.server.now()
            self._stage = "open"
            self._send(("101", ""))
            self.server.opened(self)
            if self._messages and self.outcome is None:
                self._next_message()

    def _answer(self) -> None:
        if self.outcome is None:
            self.conversing = True
            self.waiting_since = None
            self.last_frame_at = self.server.now()
            self._send(("text", self.server.service.answer_size))
            self._message_done()

    def _message_done(self) -> None:
        self._messages.popleft()
        self._stage = "open"
        if self._messages:
            self._next_message()

    # ------------------------------------------------------------------ what faults do to it

    def header(self, name: str) -> str | None:
        """Return no header: callers here have none."""
        return None

    def hold(self) -> None:
        """Read nothing, and send nothing unasked, until `release`."""
        self._held = True

    def release(self) -> None:
        """Read the request."""
        self._held = False
        while self._unread and not self._held:
            what, args = self._unread.popleft()
            what(*args)

    def send_ping(self) -> None:
        """Send a ping."""
        if self.outcome is None and not self._held:
            self.last_frame_at = self.server.now()
            self._send(("ping", ""))

    def push(self, size: int) -> None:
        """Send a message that nobody asked for."""
        if self.outcome is None and not self._held:
            self.last_frame_at = self.server.now()
            self._send(("text", size))

    def drop(self, how: Ending, cause: str, reason: str = "") -> None:
        """End the open connection from the server's side."""
        if self.outcome is not None:
            return
        now = self.server.now()
        if isinstance(how, int):
            self._end(Outcome(now, "data", "server_close", code=how, by="server", cause=cause))
            self._send(("close", (how, self.server.reason(how, reason))))
            self.server.clock.at(
                self.server.clock.time + self.server.service.close_wait, self._send, ("eof", "")
            )
            return
        self._end(Outcome(now, "data", "abnormal", code=1006, by="server", cause=cause))
        self._send((str(how), ""))

    def refuse(self, how: Refusal, cause: str) -> None:
        """End the attempt before its 101."""
        if self.outcome is not None:
            return
        status = how if isinstance(how, int) else None
        kind = str(how) if status is None else "rejected"
        self._end(Outcome(self.server.now(), "handshake", kind, status, by="server", cause=cause))
        if how != "unreachable":  # nobody answers the connect itself
            self._send(("status", status) if status is not None else (str(how), ""))

    def _end(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.server.ended(self)

    def _send(self, item: Item) -> None:
        self.server.to_client(self, item)
