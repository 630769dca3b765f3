"""A bench for faults: an independent client tells what it saw, and the truth log must say the same."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from jmxgen.simulator import faults as faults_of
from jmxgen.simulator import server
from jmxgen.simulator.server import Serving
from jmxgen.simulator.truth import TruthRow

PATIENCE = 20.0  # seconds: far more than anything here takes

# An upgrade request for those who look at the bytes themselves.
REQUEST = (
    b"GET /ivr HTTP/1.1\r\nHost: localhost\r\nX-Connection-Id: raw\r\n"
    b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@dataclasses.dataclass(frozen=True)
class Seen:
    """What became of a connection, as its client knows it; the first five are the truth's words."""

    end: str
    kind: str = ""
    status: int | None = None
    code: int | None = None
    by: str = "client"
    answers: tuple[str, ...] = dataclasses.field(default=(), compare=False)
    how: str = dataclasses.field(default="", compare=False)  # the end of TCP: reset, eof, or "" for ours
    headers: dict[str, str] = dataclasses.field(default_factory=dict, compare=False)


class Watched(ClientConnection):
    """A client connection that remembers how TCP ended."""

    how = ""

    def eof_received(self) -> None:
        self.how = self.how or "eof"
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        if isinstance(exc, ConnectionError):
            self.how = "reset"
        super().connection_lost(exc)


class Bench:
    """A simulator that listens, and callers for it."""

    def __init__(self, served: Serving) -> None:
        self.served = served
        self.simulator = served.simulator
        self.seen: dict[str, Seen] = {}
        self.told = 0  # how many calls know how their handshake went
        self._numbers = itertools.count(1)

    @property
    def base(self) -> str:
        return self.served.url.rpartition("/")[0]

    async def call(self, **how: Any) -> Seen:
        """Make one call and note what the client saw of it; see `_call`."""
        key = f"c{next(self._numbers)}"
        self.seen[key] = await self._call(key, **how)
        return self.seen[key]

    async def calls(self, number: int, *, together: bool = False, **how: Any) -> list[Seen]:
        """Make several calls at once; `together`: nobody leaves before all know whether they got in."""
        if together:
            all_told = self.told + number
            how["stay"] = lambda: self.told >= all_told
        return await asyncio.gather(*(self.call(**how) for _ in range(number)))

    async def raw_client(self, path: str) -> ClientConnection:
        """Return a connection for a script to talk on and to close."""
        self.seen["by hand"] = Seen("closed", code=1000)
        headers = {"X-Connection-Id": "by hand"}
        return await connect(f"{self.base}/{path}", proxy=None, compression=None, additional_headers=headers)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds."""
        while not condition():
            await asyncio.sleep(0.01)

    async def quiet(self) -> None:
        """Wait until the server knows of no connection."""
        await self.until(lambda: not self.simulator.connections)

    async def _call(
        self,
        key: str,
        *,
        path: str = "ivr",
        headers: dict[str, str] | None = None,
        says: tuple[str, ...] = ('{"type":"open"}',),
        pause: float = 0.0,  # seconds before each message but the first
        stay: Callable[[], bool] | None = None,  # what to wait for after the answers
        hold: float = 0.0,  # seconds to stay then, unless the server ends it before
        leave: str = "close",  # close | vanish
        patience: float = PATIENCE,  # with the handshake
        deaf: bool = False,  # after the answers, reads nothing until the server has ended the connection
        **options: Any,
    ) -> Seen:
        made: list[Watched] = []

        def create(*args: Any, **kwargs: Any) -> Watched:
            made.append(Watched(*args, **kwargs))
            return made[0]

        try:
            line = await connect(
                f"{self.base}/{path}",
                proxy=None,
                compression=None,
                ping_interval=None,
                open_timeout=patience,
                additional_headers={"X-Connection-Id": key, **(headers or {})},
                create_connection=create,  # type: ignore[arg-type]
                **options,
            )
        except InvalidStatus as refused:
            response = refused.response
            return Seen(
                "handshake", "rejected", response.status_code, by="server", headers=dict(response.headers)
            )
        except (InvalidMessage, ConnectionError):
            return Seen("handshake", made[0].how, by="server")
        except TimeoutError:
            return Seen("handshake", "timeout")
        finally:
            self.told += 1
        return await self._converse(
            line, made[0], says=says, pause=pause, stay=stay, hold=hold, leave=leave, deaf=deaf
        )

    async def _converse(
        self,
        line: ClientConnection,
        watched: Watched,
        *,
        says: tuple[str, ...],
        pause: float,
        stay: Callable[[], bool] | None,
        hold: float,
        leave: str,
        deaf: bool,
    ) -> Seen:
        answers: list[str] = []
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            for number, text in enumerate(says):
                await asyncio.sleep(pause if number else 0)
                await line.send(text)
                answers.append(str(await asyncio.wait_for(line.recv(), hold or PATIENCE)))
            if deaf:
                line.transport.pause_reading()
                await self.until(lambda: not self.simulator.open_connections())
                line.transport.resume_reading()
            if stay:
                await self.until(stay)
            if hold:
                await asyncio.wait_for(line.wait_closed(), hold)
        if leave == "vanish" and line.protocol.close_rcvd is None and not watched.how:
            line.transport.abort()
            return Seen("leaked", answers=tuple(answers))
        await line.close()
        received, server_first = line.protocol.close_rcvd, line.protocol.close_rcvd_then_sent
        if received is None:
            return Seen("data", "abnormal", code=1006, by="server", answers=tuple(answers), how=watched.how)
        if server_first:
            return Seen("data", "server_close", code=received.code, by="server", answers=tuple(answers))
        return Seen("closed", code=received.code, answers=tuple(answers))


Script = Callable[[Bench], Awaitable[Any]]


@dataclasses.dataclass(frozen=True)
class Trial:
    """What a script's clients saw and the truth said; the two have been compared."""

    seen: list[Seen]  # in the order of the calls
    rows: list[TruthRow]  # in the same order

    def causes(self) -> set[str]:
        """Return the causes of the ends that the server made."""
        return {row.cause for row in self.rows if row.by == "server"}

    def ends(self) -> list[str]:
        """Return the ends, in the order of the calls."""
        return [row.end for row in self.rows]


def trial(script: Script, *faults: str, **options: Any) -> Trial:
    """Run a script against a simulator with faults, and compare the truth with what the clients saw."""
    rows: list[TruthRow] = []

    async def main() -> Bench:
        parsed = tuple(faults_of.parse(text) for text in faults)
        given = server.Options(faults=parsed, seed=1, **options)
        async with server.serving(given, rows.append) as served:
            bench = Bench(served)
            async with asyncio.timeout(60):
                await script(bench)
                await bench.quiet()
        return bench

    bench = asyncio.run(main())
    by_key = {row.key or "": row for row in rows}
    told = {key: Seen(row.end, row.kind, row.status, row.code, row.by) for key, row in by_key.items()}
    assert told == bench.seen
    assert len(rows) == len(bench.seen)
    return Trial(list(bench.seen.values()), [by_key[key] for key in bench.seen])
