"""The plugin's samplers in simulated time: what each does to the thread's connection, and the row it writes.

The codes and messages are those that the Luminis plugin 1.3.1 writes with JMeter 5.6.3, as seen in real runs.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from jmxgen.simulator.runs.rows import Row, io_error

if TYPE_CHECKING:
    from collections.abc import Generator

    from jmxgen.simulator.runs.generator import LoadGenerator
    from jmxgen.simulator.runs.line import Item, Socket
    from jmxgen.simulator.runs.plan import Plan
    from jmxgen.simulator.runs.server import SimulatedServer

    Sampling = Generator["float | tuple[Socket, float]", None, bool]
    Answer = tuple[str, str]  # code and message

SWITCHED: Final = ("101", "Switching Protocols")
OK: Final = ("200", "OK")
_NOBODY: Final = "Sampler configured for using existing connection, but there is no connection"
_CLOSED_SERVER: Final = (
    "Sampler error: java.lang.IllegalStateException: Cannot connect when state is CLOSED_SERVER"
)
# How the end of an attempt looks that no HTTP status explains.
_REFUSALS: Final = {
    "reset": io_error("Connection reset"),
    "eof": io_error("Empty response; connection closed."),
    "refused": io_error("Connection refused"),
    "tls": io_error("Socket is closed"),
    "garbage": io_error("Invalid status line"),
    "headers": ("", "Server response should contain 'Upgrade' header with value 'websocket'"),
}
_LOSSES: Final = {
    "reset": io_error("Connection reset"),
    "eof": io_error("end of stream"),
    "cut": io_error("WebSocket protocol error: expected payload of length 32, but can only read 3 bytes"),
}
_REASONS: Final = {
    200: "OK",
    301: "Moved Permanently",
    408: "Request Time-out",
    429: "Too Many Requests",
    503: "Service Unavailable",
    504: "Gateway Time-out",
}
_TIMED_OUT: Final = io_error("Read timed out")
_CLOSE_FRAME: Final = 31  # bytes of the sampler's own close frame


def refused_with(status: int, phrase: str = "") -> Answer:
    """Return the code and message of an upgrade that was answered with another status."""
    phrase = phrase or _REASONS.get(status) or HTTPStatus(status).phrase
    return str(status), f"Got unexpected status {status} with statusLine:HTTP/1.1 {status} {phrase}"


class Samplers:
    """One thread's samplers: the plugin keeps one connection per thread.

    Each sampler is a generator of waits that returns whether its sample succeeded.
    """

    def __init__(self, plan: Plan, server: SimulatedServer, machine: LoadGenerator, number: int) -> None:
        self.plan = plan
        self.server = server
        self.machine = machine
        self.clock = machine.clock
        self.number = number
        self.thread = f"{plan.group} 1-{number}"
        self.socket: Socket | None = None
        self.closed_by_server = False  # the plugin holds a client that no sampler can use
        self.variables: tuple[str, ...] = ()
        self.opener_bytes = 158 + len(str(number))
        self.message_bytes = 7 + number % 3 if plan.numbered else 7

    # ------------------------------------------------------------------ the samplers

    def open(self, label: str) -> Sampling:
        """Open a connection; an old one is dropped without a close frame."""
        start = self.clock.time
        failure = yield from self._connect(label, start)
        if failure:
            return False
        self._row(
            label,
            SWITCHED,
            start,
            ok=True,
            bytes=self.server.service.head,
            sent=self.opener_bytes,
            connected=self.clock.time,
            attempt=True,
        )
        return True

    def request(self, label: str, *, new: bool = False) -> Sampling:
        """Send a message and wait for its answer, on a new connection or the thread's own."""
        start = self.clock.time
        opened: dict[str, Any] = {}
        if new:
            failure = yield from self._connect(label, start)
            if failure:
                return False
            opened = {"attempt": True, "connected": self.clock.time, "bytes": self.server.service.head}
        elif not self._usable(label):
            return False
        assert self.socket is not None
        error = self._send("message", "hello")
        if error:
            return self._lost(label, start, io_error(error), self.socket, **opened)
        got = yield from self._read(self.plan.read_timeout)
        return self._answered(label, start, got, self.message_bytes, opened)

    def write(self, label: str) -> Sampling:
        """Send a message and wait for nothing."""
        start = self.clock.time
        if not self._usable(label):
            return False
        assert self.socket is not None
        error = self._send("message", "hello")
        yield self.clock.time + self.server.random.expovariate(1 / 0.0005)
        if error:
            return self._lost(label, start, io_error(error), self.socket)
        self._row(label, OK, start, ok=True, sent=self.message_bytes)
        return True

    def read(self, label: str, seconds: float, *, optional: bool = False) -> Sampling:
        """Wait for a message; an optional read may end without."""
        start = self.clock.time
        if not self._usable(label):
            return False
        got = yield from self._read(seconds)
        if optional and got is None:
            self._row(label, ("No response", "Read timeout, no response received."), start, ok=True)
            return True
        return self._answered(label, start, got, 0, {})

    def ping(self, label: str) -> Sampling:
        """Send a ping and wait for its pong."""
        start = self.clock.time
        if self.socket is None:
            self._nothing(
                label, "Sampler error", "Sampler must use existing connection, but there is no connection"
            )
            return False
        error = self._send("ping")
        if error:
            return self._lost(label, start, io_error(error), self.socket)
        got = yield from self._read(self.plan.read_timeout, pong=True)
        return self._answered(label, start, got, 6, {}, wanted="pong")

    def close(self, label: str) -> Sampling:
        """Send a close frame and wait for the server's."""
        start = self.clock.time
        socket = self.socket
        if socket is None:
            self._nothing(label, "", "No connection; nothing to close.")
            return False
        error = self._send("close", 1000)
        if error:
            return self._lost(label, start, io_error(error), socket)
        got = yield from self._read(self.plan.read_timeout)
        self._put_away(client_first=True)
        if got is None:
            self._row(label, _TIMED_OUT, start, sent=_CLOSE_FRAME, line=socket.line)
            return False
        kind, what = got
        if kind == "close":
            return self._closed(label, start, socket, *what)
        if kind in _LOSSES:
            return self._lost(label, start, _LOSSES[kind], socket, sent=_CLOSE_FRAME)
        frame = "Text frame with text 'answer'" if kind == "text" else "Ping frame with no application data"
        code = "WebSocket error: unsuccesful close."
        message = f"WebSocket error: received not a close frame, but {frame}"
        self._row(label, (code, message), start, sent=_CLOSE_FRAME, line=socket.line)
        return False

    def _closed(self, label: str, start: float, socket: Socket, code: int, reason: str) -> bool:
        message = f"Connection closed; close reason: '{reason}'." if reason else "Connection closed."
        own = self.server.service.echo
        goodbye = "" if reason == own or (code == 1000 and not reason) or socket.noticed else "data"
        cause = socket.line.outcome.cause if socket.line.outcome else ""
        self._row(
            label,
            (str(code), message),
            start,
            kind="text",
            ok=True,
            bytes=4 + len(reason or own),
            sent=_CLOSE_FRAME,
            closure=goodbye,
            cause=cause,
            line=socket.line,
        )
        return True

    # ------------------------------------------------------------------ the connection

    def _connect(self, label: str, start: float) -> Generator[tuple[Socket, float], None, bool]:
        """Connect and shake hands; a failure is written as a row of its own."""
        self.abandon()
        lacking = self.machine.lacks()
        if lacking:
            self._row(
                label, io_error(lacking), start, attempt=True, closure="handshake", cause="client-exhaustion"
            )
            return True
        line = self.server.connect(self.number)
        self.machine.socket_opened()
        self.socket = line.socket
        timeout = self.plan.open_timeout or self.plan.read_timeout
        got = yield from self._receive(start + timeout)
        unreachable = line.outcome is not None and line.outcome.kind == "unreachable"
        if got is None and unreachable and self.plan.connect_timeout > timeout:
            got = yield from self._receive(start + self.plan.connect_timeout)
        if got is not None and got[0] == "101":
            self.closed_by_server = False
            return False
        answer = _TIMED_OUT
        if unreachable:
            answer = io_error("Connect timed out")
        elif got is not None:
            answer = refused_with(got[1]) if got[0] == "status" else self._refusal(got[0])
        cause = line.outcome.cause if line.outcome else line.held_by or self._holder(line.silenced_by)
        self._put_away(client_first=got is None)
        self._row(label, answer, start, attempt=True, closure="handshake", cause=cause, line=line)
        return True

    def _refusal(self, kind: str) -> Answer:
        if kind == "reset" and self.server.random.random() < self.server.service.reset_races:
            return _REFUSALS["eof"]  # the reset came before the request was written
        return _REFUSALS[kind]

    @staticmethod
    def _holder(cause: str) -> str:
        return "" if cause == "?" else cause

    def abandon(self) -> None:
        """Drop the thread's connection at TCP level, if it has one."""
        self.closed_by_server = False
        if self.socket is not None:
            self._put_away(client_first=True)

    def _put_away(self, *, client_first: bool) -> None:
        socket, self.socket = self.socket, None
        if socket is not None:
            gone = client_first and not socket.eof and not socket.reset
            self.machine.socket_closed(client_first=gone)
            line = socket.line
            if line.outcome is None:
                self.clock.at(self.clock.time + self.server.travel(), line.comes, line.vanish)

    def _usable(self, label: str) -> bool:
        """Say whether there is a connection; else write the row that says so."""
        if self.closed_by_server:
            self.closed_by_server = False
            self._row(label, ("Sampler error", _CLOSED_SERVER), self.clock.time)
            return False
        if self.socket is None:
            self._nothing(label, "Sampler error", _NOBODY)
            return False
        return True

    def _send(self, what: str, *args: Any) -> str:
        """Write to the connection; return what the operating system has against it."""
        assert self.socket is not None
        error = self.socket.write()
        line = self.socket.line
        if not error and not self.socket.broken:
            action = {"message": line.message, "ping": line.ping, "close": line.close}[what]
            self.clock.at(self.clock.time + self.server.travel(), line.comes, action, *args)
        return error

    def _receive(self, deadline: float) -> Generator[tuple[Socket, float], None, Item | None]:
        """Return what comes first, or None where nothing comes in time."""
        socket = self.socket
        assert socket is not None
        while not socket.inbox:
            if self.clock.time >= deadline:
                return None
            yield socket, deadline
        return socket.read()

    def _read(
        self, seconds: float, *, pong: bool = False
    ) -> Generator[tuple[Socket, float], None, Item | None]:
        """Return the next frame that no filter takes, or the end of TCP, or None."""
        deadline = self.clock.time + seconds
        while True:
            got = yield from self._receive(deadline)
            if got is None or self.plan.pings == "unfiltered" or got[0] not in ("ping", "pong"):
                return got
            if got[0] == "ping" and self.plan.pings == "answered":
                assert self.socket is not None
                line = self.socket.line
                self.clock.at(self.clock.time + self.server.travel(), line.comes, line.pong)
            if got[0] == "pong" and pong:
                return got

    # ------------------------------------------------------------------ rows

    def _answered(  # noqa: PLR0917 (all that a row is made of)
        self,
        label: str,
        start: float,
        got: Item | None,
        sent: int,
        opened: dict[str, Any],
        wanted: str = "text",
    ) -> bool:
        """Write the row of a sampler that waited for a frame."""
        socket = self.socket
        assert socket is not None
        line = socket.line
        if got is None:
            cause = line.outcome.cause if line.outcome else line.held_by or self._holder(line.silenced_by)
            self._row(label, _TIMED_OUT, start, sent=sent, stall=True, cause=cause, line=line, **opened)
            return False
        kind, what = got
        if kind == wanted:
            size = what if kind == "text" else 2
            opened["bytes"] = opened.get("bytes", 0) + size
            answer = SWITCHED if "attempt" in opened else OK
            self._row(
                label,
                answer,
                start,
                kind="text" if kind == "text" else "",
                ok=True,
                sent=sent,
                line=line,
                **opened,
            )
            return True
        if kind == "close":
            return self._goodbye(label, start, socket, what, sent, opened)
        if kind in _LOSSES:
            return self._lost(label, start, _LOSSES[kind], socket, sent=sent, **opened)
        said = "Ping frame with no application data" if kind == "ping" else f"{kind.capitalize()} frame"
        answer = (f"Sampler error: unexpected frame type ({kind}).", f"Received: {said}")
        self._row(label, answer, start, sent=sent, line=line, **opened)
        return False

    def _goodbye(  # noqa: PLR0917 (as above)
        self,
        label: str,
        start: float,
        socket: Socket,
        what: tuple[int, str],
        sent: int,
        opened: dict[str, Any],
    ) -> bool:
        code, reason = what
        message = f"Received: Close frame with status code {code} and close reason '{reason or 'null'}'"
        self.socket = None  # but not closed: its descriptor leaks
        self.closed_by_server = "attempt" in opened
        return self._lost(
            label,
            start,
            ("Sampler error: unexpected frame type (close).", message),
            socket,
            sent=sent,
            **opened,
        )

    def _lost(self, label: str, start: float, answer: Answer, socket: Socket, **more: Any) -> bool:
        """Write the row at which the client learns of a loss, or one that repeats it."""
        cause = socket.line.outcome.cause if socket.line.outcome else ""
        closure = "" if socket.noticed else "data"
        socket.noticed = True
        self._row(label, answer, start, closure=closure, cause=cause, line=socket.line, **more)
        return False

    def _nothing(self, label: str, code: str, message: str) -> None:
        """Write the row of a sampler that finds no connection: it says no time."""
        self._row(label, (code, message), None)

    def _row(self, label: str, answer: Answer, start: float | None, **more: Any) -> None:
        """Write a row that ends now."""
        code, message = answer
        more["opened"] = more.get("attempt", False) and more.get("closure") != "handshake"
        self.machine.rows.append(
            Row(
                start=start,
                end=self.clock.time,
                label=label,
                code=code,
                message=message,
                thread=self.thread,
                active=self.machine.active,
                variables=self.variables,
                **more,
            )
        )
