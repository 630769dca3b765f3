"""A connection over TLS that takes up TLS by itself.

asyncio doesn't notify a protocol of a TLS handshake that fails. So the server listens for plain TCP, and each
connection is upgraded here: an attempt counts from its TCP connect on, and ends as `tls` when that fails.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

from jmxgen.simulator.connection import Connection
from jmxgen.simulator.world import Outcome

if TYPE_CHECKING:
    import ssl

    from jmxgen.simulator.connection import Observer

_HANDSHAKE_S: Final = 60.0
_SHUTDOWN_S: Final = 5.0


class SecureConnection(Connection):
    """A connection of a simulator with a TLS context."""

    def __init__(self, observer: Observer, tls: ssl.SSLContext, *args: Any, **options: Any) -> None:
        super().__init__(observer, *args, **options)
        self.tls = tls
        self._secured = False
        self._early: list[bytes] = []  # what TLS yields before the rest of us knows that it is up
        self._tls_turn: asyncio.Future[None] | None = None
        self._securing: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the attempt, and begin with TLS."""
        self.transport = cast("asyncio.Transport", transport)
        self.observer.accepted(self)
        self._securing = self.loop.create_task(self._secure(self.transport))

    def hold(self) -> None:
        """Read nothing until `release`, and do not even begin with TLS."""
        super().hold()
        if not self._secured:
            self._tls_turn = self.loop.create_future()

    def release(self) -> None:
        """Read on, or begin with TLS."""
        if self._secured:
            super().release()
        elif self._tls_turn and not self._tls_turn.done():
            self._tls_turn.set_result(None)

    async def _secure(self, plain: asyncio.Transport) -> None:
        if self._tls_turn:
            await self._tls_turn
        try:
            secured = await self.loop.start_tls(
                plain,
                self,
                self.tls,
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
        elif self._tls_turn and not self._tls_turn.done():
            self._gone("timeout")

    def _gone(self, kind: str) -> None:
        """End the attempt that never came to a request."""
        if self._securing and kind != "tls":
            self._securing.cancel()
        self.end(Outcome(self.observer.now(), "handshake", kind, cause=self.held_by))
        self.observer.lost(self)
