"""A server that is slow to take up new connections."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.connection import Connection


@dataclasses.dataclass(eq=False, kw_only=True)
class SlowAccept(Fault):
    """Take up `rate` connections a second; the others wait unread, as they do in a full accept queue."""

    name = "slow-accept"
    cause = "stall"

    rate: float = parameter(values.rate)
    _next_at: float = dataclasses.field(default=0.0, init=False, repr=False)
    _waiting: set[Connection] = dataclasses.field(default_factory=set, init=False, repr=False)

    def accepted(self, connection: Connection) -> None:
        """Read nothing from the client until it is its turn."""
        now = asyncio.get_running_loop().time()
        self._next_at = max(now, self._next_at) + 1 / self.rate
        connection.held_by = self.cause
        connection.hold()
        self._waiting.add(connection)
        self.arm(connection, self._next_at - now, self._take_up)

    def finish(self) -> None:
        """Take up all that wait."""
        super().finish()
        for connection in tuple(self._waiting):
            self._take_up(connection)

    def _take_up(self, connection: Connection) -> None:
        self._waiting.discard(connection)
        connection.release()

    def ended(self, connection: Connection) -> None:
        """Forget the connection."""
        super().ended(connection)
        self._waiting.discard(connection)
