"""Pings in a protocol's own messages: sent at an interval, and a client that does not answer one is left."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from jmxgen.simulator import values
from jmxgen.simulator.protocols.base import Dialogue

if TYPE_CHECKING:
    from jmxgen.simulator.connection import Connection

LEAST_S: Final = 0.1


class Pings:
    """The pings of one connection; `?ping=5s` in the path sets their interval."""

    def __init__(self, connection: Connection, message: str, *, interval_s: float, timeout_s: float) -> None:
        self._connection, self._message = connection, message
        self.interval_s, self.timeout_s = interval_s, timeout_s
        with contextlib.suppress(ValueError):
            self.interval_s = max(LEAST_S, values.duration(connection.query.get("ping", "")))
        self._next: asyncio.TimerHandle | None = None

    def wait(self) -> None:
        """Send the next ping after the interval: at the beginning, and whenever a ping was answered."""
        self.end()
        self._next = asyncio.get_running_loop().call_later(self.interval_s, self._ping)

    def end(self) -> None:
        """Send no more."""
        if self._next:
            self._next.cancel()

    def _ping(self) -> None:
        self._connection.say(self._message)
        self._next = asyncio.get_running_loop().call_later(self.timeout_s, self._leave)

    def _leave(self) -> None:
        self._connection.drop("eof", "unanswered-pings", "no answer to a ping")


class Pinging(Dialogue):
    """A conversation whose server pings from the 101 to the end."""

    pings: Pings

    def opened(self) -> None:
        """Begin the pings."""
        self.pings.wait()

    def ended(self) -> None:
        """End the pings."""
        self.pings.end()
