"""A server that is slow to take up new connections."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.world import Line


@dataclasses.dataclass(eq=False, kw_only=True)
class SlowAccept(Fault):
    """Take up `rate` connections a second; the others wait unread, as they do in a full accept queue."""

    name = "slow-accept"
    cause = "stall"

    rate: float = parameter(values.rate)
    _next_at: float = dataclasses.field(default=0.0, init=False, repr=False)
    _unread: set[Line] = dataclasses.field(default_factory=set, init=False, repr=False)

    def accepted(self, connection: Line) -> None:
        """Read nothing from the client until it is its turn."""
        now = self.world.now() / 1000
        self._next_at = max(now, self._next_at) + 1 / self.rate
        connection.held_by = self.cause
        connection.hold()
        self._unread.add(connection)
        self.arm(connection, self._next_at - now, self._take_up)

    def finish(self) -> None:
        """Take up all that wait."""
        super().finish()
        for connection in tuple(self._unread):
            self._take_up(connection)

    def _take_up(self, connection: Line) -> None:
        self._unread.discard(connection)
        connection.release()

    def ended(self, connection: Line) -> None:
        """Forget the connection."""
        super().ended(connection)
        self._unread.discard(connection)
