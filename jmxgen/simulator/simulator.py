"""The faulty IVR itself: who is connected, which faults are in force, what is answered."""

from __future__ import annotations

import asyncio
import collections
import json
import random
import time
from typing import TYPE_CHECKING, Any, cast

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from jmxgen.simulator import protocols
from jmxgen.simulator.connection import Connection
from jmxgen.simulator.faults.base import Wait
from jmxgen.simulator.secure import SecureConnection

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

    from websockets.http11 import Request, Response

    from jmxgen.simulator.faults.base import Fault
    from jmxgen.simulator.truth import TruthRow


class Simulator:
    """The state that connections and faults share. It lives in one event loop; nothing here is for threads.

    Args:
        faults: in force from the start, asked in this order.
        protocol: the name of the one to speak on every path; None: by the path.
        seed: of the faults' random choices; None: another one each time.
        tls: the context to serve wss: with; None: ws:.
        record: is given each row of the truth once it is complete.
    """

    def __init__(
        self,
        faults: Iterable[Fault] = (),
        *,
        protocol: str | None = None,
        seed: int | None = None,
        tls: ssl.SSLContext | None = None,
        record: Callable[[TruthRow], None],
    ) -> None:
        self.faults: dict[str, Fault] = {fault.name: fault for fault in faults}
        self.protocol = protocol
        self.tls = tls
        self.record = record
        self.random = random.Random(seed)
        self.connections: set[Connection] = set()  # TCP is up
        self.attempts = 0
        self.admitted = 0
        self.closures: collections.Counter[tuple[str, str, str]] = collections.Counter()  # end, kind, cause
        self.load_begun = asyncio.Event()
        # The wall's time at the start, carried on by the monotonic clock: it never runs backwards.
        self._epoch = time.time() - time.monotonic()

    def now(self) -> float:
        """Return the milliseconds since the epoch."""
        return (self._epoch + time.monotonic()) * 1000

    def call_later(self, seconds: float, action: Callable[..., None], *args: object) -> asyncio.TimerHandle:
        """Call `action` in so many seconds."""
        return asyncio.get_running_loop().call_later(seconds, action, *args)

    def begin(self) -> None:
        """Put the first faults into force; the event loop must be running."""
        for fault in self.faults.values():
            fault.begin(self)

    def set_fault(self, fault: Fault) -> None:
        """Put a fault into force, in the place of the one of its name."""
        self.clear_fault(fault.name)
        self.faults[fault.name] = fault
        fault.begin(self)
        if self.load_begun.is_set():
            fault.load_begins()

    def clear_fault(self, name: str) -> None:
        """Put a fault out of force."""
        fault = self.faults.pop(name, None)
        if fault:
            fault.finish()

    # ------------------------------------------------------------------ figures

    def open_connections(self) -> list[Connection]:
        """Return the connections after their 101 and before their end."""
        return [c for c in self.connections if c.opened_at is not None and c.outcome is None]

    def processing(self) -> int:
        """Return the messages in processing or waiting for it."""
        return sum(fault.in_processing() for fault in self.faults.values())

    def active_conversations(self) -> int:
        """Return the conversations that go on: a message was answered, and no end seen; orphans included."""
        orphans = sum(fault.orphans() for fault in self.faults.values())
        return orphans + sum(connection.conversing for connection in self.open_connections())

    # ------------------------------------------------------------------ what connections report

    def accepted(self, connection: Connection) -> None:
        """A client has connected by TCP."""
        self.attempts += 1
        connection.number = self.attempts
        connection.attempted_at = self.now()
        self.connections.add(connection)
        for fault in tuple(self.faults.values()):
            fault.accepted(connection)

    def ended(self, connection: Connection) -> None:
        """A connection's outcome is known."""
        outcome = connection.outcome
        if outcome:
            self.closures[outcome.end, outcome.kind, outcome.cause] += 1
        for fault in tuple(self.faults.values()):
            fault.ended(connection)

    def lost(self, connection: Connection) -> None:
        """TCP is over: nothing more can happen to the connection."""
        if connection in self.connections:
            self.connections.discard(connection)
            self.record(connection.truth())

    def record_rest(self) -> list[Connection]:
        """Write down all that is not over yet and return it; what happens to it later is not recorded."""
        rest = sorted(self.connections, key=lambda c: c.number)
        for connection in rest:
            self.lost(connection)
        return rest

    # ------------------------------------------------------------------ hooks of websockets' server

    def make_connection(self, *args: Any, **options: Any) -> Connection:
        """Make the connection object for one client."""
        if self.tls:
            return SecureConnection(self, self.tls, *args, **options)
        return Connection(self, *args, **options)

    async def process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Ask the faults whether, and when, the client gets its 101."""
        line = cast("Connection", connection)
        line.read_request(request)
        if not self.load_begun.is_set():
            self.load_begun.set()
            for fault in tuple(self.faults.values()):
                fault.load_begins()
        for fault in tuple(self.faults.values()):
            line.held_by = fault.cause
            answer = fault.on_handshake(line)
            refusal = await line.turn() if isinstance(answer, Wait) else answer
            if refusal is not None and line.outcome is None:
                if isinstance(refusal, int):
                    return _response(line, refusal, fault.retry_after)
                line.refuse(refusal, line.held_by)
            if line.outcome is not None:
                await asyncio.shield(line.connection_lost_waiter)
                return None
        line.held_by = ""
        return None

    def process_response(self, connection: ServerConnection, _request: Request, response: Response) -> None:
        """Note what the client is about to be sent."""
        line = cast("Connection", connection)
        line.responded(response, line.held_by)

    async def serve(self, connection: ServerConnection) -> None:
        """Hold the conversation on one connection until it ends."""
        line = cast("Connection", connection)
        self.admitted += 1
        for fault in tuple(self.faults.values()):
            fault.opened(line)
        dialogue = protocols.choose(line, self.protocol)
        dialogue.opened()
        try:
            async for message in line:
                if await self._let_pass(line, message):
                    line.waiting_since = None
                    dialogue.heard(message)
                    await line.drain()  # a client that sends and never reads must not fill the memory
        except (ConnectionClosed, OSError):
            pass
        finally:
            dialogue.ended()

    async def _let_pass(self, line: Connection, message: str | bytes) -> bool:
        line.messages += 1
        line.waiting_since = self.now()
        for fault in tuple(self.faults.values()):
            answer = fault.heard(line, message)
            if isinstance(answer, Wait):
                await line.turn()
            if not answer or line.outcome is not None:
                return False
        return True


def _response(line: Connection, status: int, retry_after: float | None) -> Response:
    """Return the refusal as Genesys Cloud words it (reference: its normalized 429)."""
    seconds = max(1, round(retry_after)) if retry_after is not None else None
    body: dict[str, Any] = {"status": status, "message": "refused by the simulator"}
    if status == 429:
        body["code"] = "too.many.requests.retry.after"
        body["message"] = f"Rate limit exceeded the maximum. Retry the request in [{seconds or 1}] seconds"
    response = line.respond(status, json.dumps(body) + "\n")
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "application/json"
    if seconds is not None and status in (429, 503):
        response.headers["Retry-After"] = str(seconds)
    return response
