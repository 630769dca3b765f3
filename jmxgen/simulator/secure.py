"""A connection over TLS that takes up TLS by itself.

asyncio tells a protocol nothing of a TLS handshake that fails. So the server listens for plain TCP, and each
connection is upgraded here: an attempt counts from its TCP connect on, and ends as `tls` when that fails.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

from jmxgen.simulator.connection import Connection, Outcome

if TYPE_CHECKING:
    from jmxgen.simulator.simulator import Simulator

_HANDSHAKE_S: Final = 60.0
_SHUTDOWN_S: Final = 5.0


class SecureConnection(Connection):
    """A connection of a simulator with a TLS context."""

    def __init__(self, simulator: Simulator, *args: Any, **options: Any) -> None:
        super().__init__(simulator, *args, **options)
        self._secured = False
        self._early: list[bytes] = []  # what TLS yields before the rest of us knows that it is up
        self._turn: asyncio.Future[None] | None = None
        self._securing: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the attempt, and begin with TLS."""
        self.transport = cast("asyncio.Transport", transport)
        self.simulator.accepted(self)
        self._securing = self.loop.create_task(self._secure(self.transport))

    def hold(self) -> None:
        """Do not even begin with TLS until `release`."""
        super().hold()
        self._turn = self.loop.create_future()

    def release(self) -> None:
        """Begin with TLS."""
        if self._turn and not self._turn.done():
            self._turn.set_result(None)

    async def _secure(self, plain: asyncio.Transport) -> None:
        if self._turn:
            await self._turn
        context = self.simulator.tls
        assert context is not None
        try:
            secured = await self.loop.start_tls(
                plain,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=_HANDSHAKE_S,
                ssl_shutdown_timeout=_SHUTDOWN_S,
            )
        except OSError:  # also ssl.SSLError, and the time-out
            secured = None
        if secured is None:
            self._gone("tls")
            return
        self._secured = True
        self.begin(secured)
        for data in self._early:
            super().data_received(data)

    def data_received(self, data: bytes) -> None:
        """Take what the client sent, in its order."""
        if self._secured:
            super().data_received(data)
        else:
            self._early.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end, also of a client that went before or during TLS."""
        if self._secured:
            super().connection_lost(exc)
        elif self._turn and not self._turn.done():
            self._gone("timeout")

    def _gone(self, kind: str) -> None:
        """End the attempt that never came to a request."""
        if self._securing and kind != "tls":
            self._securing.cancel()
        self.end(Outcome(self.simulator.now(), "handshake", kind, cause=self.held_by))
        self.simulator.lost(self)
