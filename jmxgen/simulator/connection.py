"""One connection of the simulator: it keeps its own truth, and can be ended in every way that TCP allows."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import struct
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qsl

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ProtocolError
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from jmxgen.simulator.truth import TruthRow
from jmxgen.simulator.world import Outcome

if TYPE_CHECKING:
    from websockets.http11 import Request, Response

    from jmxgen.simulator.values import Ending, Refusal

ABNORMAL: Final = 1006
REQUEST_TIMEOUT: Final = 30.0  # seconds that a client has for its upgrade request, while it is read
MOST_UNREAD: Final = 4_000_000  # bytes for a client that does not read
CLOSE_TIMEOUT: Final = 5.0  # seconds that a client has to answer a close frame before its socket is closed

# close() with SO_LINGER at zero sends RST instead of FIN (man 7 socket).
_LINGER_NOT: Final = struct.pack("ii", 1, 0)
# The header of a text frame of 32 bytes and the first three of them (RFC 6455, 5.2).
_HALF_A_FRAME: Final = b"\x81\x20cut"


class Observer(Protocol):
    """Who wants to know what happens to connections, and has the time for them."""

    def now(self) -> float:
        """Return the milliseconds since the epoch."""

    def accepted(self, connection: Any) -> None:
        """A client has connected by TCP."""

    def ended(self, connection: Any) -> None:
        """A connection's outcome is known."""

    def lost(self, connection: Any) -> None:
        """TCP is over: nothing more can happen to the connection."""


class Connection(ServerConnection):
    """A server's connection that notes all that happens to it.

    `outcome` is set once: by the first of the client's close frame, the client's disappearance, or what the
    server does to it. All that comes later (an echo of the close frame, the end of TCP) changes it no more.
    """

    def __init__(self, observer: Observer, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.observer = observer
        self.number = 0
        self.path: str | None = None
        self.key: str | None = None
        self.token: str | None = None
        self.query: dict[str, str] = {}
        self.attempted_at = 0.0
        self.opened_at: float | None = None
        self.last_frame_at: float | None = None
        self.last_pong_at: float | None = None
        self.outcome: Outcome | None = None
        self.waiting_since: float | None = None  # when the message came that has no answer yet
        self.held_by = ""  # the cause of the fault that keeps the handshake waiting
        self._held = False
        self._request_due: asyncio.TimerHandle | None = None
        self._turn: asyncio.Future[Refusal | None] | None = None
        self.client_closed = False
        self.conversing = False
        self.messages = 0  # heard by the faults, this one included
        self.frames_in = 0
        self.frames_out = 0

    # ------------------------------------------------------------------ what the client does

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the attempt."""
        self.begin(transport)
        self.observer.accepted(self)

    def begin(self, transport: asyncio.BaseTransport) -> None:
        """Let the library begin with the upgrade request."""
        super().connection_made(transport)
        self._expect_request()

    def _expect_request(self) -> None:
        self._request_due = self.loop.call_later(REQUEST_TIMEOUT, self._no_request)

    def _no_request(self) -> None:
        """End an attempt whose request does not come (a "slowloris"), unless the server does not read."""
        if self._held:
            self._expect_request()
        elif self.request is None and self.outcome is None:
            self.end(Outcome(self.observer.now(), "handshake", "timeout", by="server"))
            self.transport.abort()

    def read_request(self, request: Request) -> None:
        """Take from the upgrade request what the truth log records."""
        self.path = request.path
        self.query = dict(parse_qsl(request.path.partition("?")[2]))
        self.key = header(request, "X-Connection-Id")
        authorization = header(request, "Authorization")
        # The log must not carry the secret itself.
        fingerprint = hashlib.sha256(authorization.encode()).hexdigest()[:12] if authorization else None
        self.token = self.query.get("token", fingerprint)

    def process_event(self, event: Any) -> None:
        """Note each frame before the library does its own with it."""
        if isinstance(event, Frame):
            self._note_frame(event)
        super().process_event(event)

    def _note_frame(self, frame: Frame) -> None:
        now = self.observer.now()
        if frame.opcode is Opcode.CLOSE:
            self.client_closed = True
            received = self.protocol.close_rcvd
            self.end(Outcome(now, "closed", code=received.code if received else None))
            return
        self.last_frame_at = now
        self.frames_in += 1
        if frame.opcode is Opcode.PONG:
            self.last_pong_at = now
        elif frame.opcode is Opcode.PING:
            self.frames_out += 1  # the library has answered it

    def eof_received(self) -> None:
        """Note a client that has gone without a word."""
        self._vanished()
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end of TCP: now the row is complete."""
        self._vanished()
        if self._request_due:
            self._request_due.cancel()
        super().connection_lost(exc)
        self.observer.lost(self)

    def _vanished(self) -> None:
        if self.outcome:
            return
        now = self.observer.now()
        sent = self.protocol.close_sent
        if self.opened_at is None:
            handshake_error = self.request is None and self.protocol.handshake_exc is not None
            kind, by = ("protocol", "server") if handshake_error else ("timeout", "client")
            self.end(Outcome(now, "handshake", kind, by=by, cause=self.held_by))
        elif sent is not None:  # the library failed the connection: the client broke the protocol
            self.end(Outcome(now, "data", "server_close", code=sent.code, by="server"))
        else:
            self.end(Outcome(now, "leaked"))

    # ------------------------------------------------------------------ what the server does

    def hold(self) -> None:
        """Read nothing from the client, not even its request, until `release`."""
        self._held = True
        # Not now: until Python 3.12 the transport begins to read after `connection_made`, paused or not.
        self.loop.call_soon(self.transport.pause_reading)

    def release(self) -> None:
        """Read on."""
        self._held = False
        self.transport.resume_reading()

    async def turn(self) -> Refusal | None:
        """Wait until a fault says `go_on`, or the connection is lost; return the refusal that it said."""
        self._turn = turn = self.loop.create_future()
        await asyncio.wait((turn, self.connection_lost_waiter), return_when=asyncio.FIRST_COMPLETED)
        return turn.result() if turn.done() else None

    def go_on(self, refusal: Refusal | None) -> None:
        """End the wait of `turn`."""
        if self._turn and not self._turn.done():
            self._turn.set_result(refusal)

    def header(self, name: str) -> str | None:
        """Return a header of the upgrade request."""
        return header(self.request, name) if self.request else None

    def responded(self, response: Response, cause: str) -> None:
        """Note the answer to the upgrade request, just before it is sent."""
        if self.outcome:
            return
        if response.status_code == 101:
            self.opened_at = self.observer.now()
        else:
            now = self.observer.now()
            self.end(Outcome(now, "handshake", "rejected", response.status_code, by="server", cause=cause))

    def say(self, message: str | bytes | dict[str, Any]) -> None:
        """Send a message (a dict as JSON), unless the connection has ended."""
        if self.outcome or self.protocol.state is not State.OPEN:
            return
        if self.transport.get_write_buffer_size() > MOST_UNREAD:
            self.drop("reset", "")
            return
        if isinstance(message, bytes):
            self.protocol.send_binary(message)
        else:
            text = message if isinstance(message, str) else json.dumps(message, separators=(",", ":"))
            self.protocol.send_text(text.encode())
        self.send_data()
        self.frames_out += 1
        self.last_frame_at = self.observer.now()

    def send_ping(self) -> None:
        """Send a ping; `last_pong_at` says when the answer came."""
        if self.outcome or self.protocol.state is not State.OPEN:
            return
        self.protocol.send_ping(b"jmxgen")
        self.send_data()
        self.frames_out += 1
        self.last_frame_at = self.observer.now()

    def drop(self, how: Ending, cause: str, reason: str = "") -> None:
        """End an open connection from the server's side.

        Args:
            how: `reset`, `eof`, `cut` (EOF in the middle of a frame), or the code of a close frame.
            cause: the name that the analysis has for it.
            reason: of the close frame.
        """
        if self.outcome:
            return
        now = self.observer.now()
        if isinstance(how, int):
            self.end(Outcome(now, "data", "server_close", code=how, by="server", cause=cause))
            self._say_goodbye(how, reason)
            return
        self.end(Outcome(now, "data", "abnormal", code=ABNORMAL, by="server", cause=cause))
        self._close_socket(how)

    def refuse(self, how: Refusal, cause: str) -> None:
        """End the connection before the 101 and without any HTTP response: `reset` or `eof`."""
        if self.outcome:
            return
        self.end(Outcome(self.observer.now(), "handshake", str(how), by="server", cause=cause))
        self._close_socket(str(how))

    def end(self, outcome: Outcome) -> None:
        """Fix the outcome, unless it is fixed, and notify the faults."""
        if self.outcome is None:
            self.outcome = outcome
            self.observer.ended(self)

    def _close_socket(self, how: str) -> None:
        if how == "reset":
            self.transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT
            )
            self.transport.abort()
            return
        if how == "cut":
            self.transport.write(_HALF_A_FRAME)
        self.transport.close()

    def _say_goodbye(self, code: int, reason: str) -> None:
        try:
            self.protocol.send_close(code, reason)
            self.send_data()
            self.loop.call_later(CLOSE_TIMEOUT, self.transport.abort)
        except ProtocolError:
            # A code that must not be on the wire (RFC 6455, 7.4.1). A faulty server sends it all the same.
            payload = struct.pack("!H", code) + reason.encode()
            self.transport.write(Frame(Opcode.CLOSE, payload).serialize(mask=False))
            self.transport.close()

    # ------------------------------------------------------------------ what is written down

    def truth(self) -> TruthRow:
        """Return the row of the truth log; a connection without an outcome is still open."""
        outcome = self.outcome or Outcome(self.observer.now(), "open")
        return TruthRow(
            id=self.number,
            path=self.path,
            key=self.key,
            token=self.token,
            attempted_at=round(self.attempted_at, 3),
            opened_at=_rounded(self.opened_at),
            last_frame_at=_rounded(self.last_frame_at),
            ended_at=round(outcome.at, 3),
            end=outcome.end,
            kind=outcome.kind,
            status=outcome.status,
            code=outcome.code,
            by="server" if outcome.by == "server" else "client",
            cause=outcome.cause,
            close_frame=self.client_closed,
            frames_in=self.frames_in,
            frames_out=self.frames_out,
        )


def header(request: Request, name: str) -> str | None:
    """Return a header's value, the first where a client sent several."""
    return next(iter(request.headers.get_all(name)), None)


def _rounded(at: float | None) -> float | None:
    return None if at is None else round(at, 3)
