"""A proxy that waits only so long for what stands behind it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.world import Line


@dataclasses.dataclass(eq=False, kw_only=True)
class Late(Fault):
    """End a connection whose answer takes longer than `limit`, and refuse such a handshake with 504.

    It must stand before the fault that makes answers late.
    """

    name = "late"
    cause = "processing-bottleneck"

    limit: float = parameter(values.duration)
    form: str | int = parameter(values.ending, "eof")

    def on_handshake(self, connection: Line) -> None:
        """Start the clock of the handshake."""
        self.arm(connection, self.limit, self._too_late)

    def opened(self, connection: Line) -> None:
        """The handshake was in time."""
        self.ended(connection)

    def heard(self, connection: Line, message: str | bytes) -> bool:
        """Start the clock of the answer."""
        self.arm(connection, self.limit, self._look)
        return True

    def _too_late(self, connection: Line) -> None:
        connection.held_by = self.cause
        connection.go_on(504)

    def _look(self, connection: Line) -> None:
        since = connection.waiting_since
        if since is not None and self.world.now() - since >= 1000 * self.limit - 1:
            connection.drop(self.form, self.cause)
