"""Pings that must be answered."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.world import Line


@dataclasses.dataclass(eq=False, kw_only=True)
class Pings(Fault):
    """Send a ping each `interval` and end the connection when no pong comes within `timeout`."""

    name = "pings"
    cause = "unanswered-pings"

    interval: float = parameter(values.duration, "20s")
    timeout: float = parameter(values.duration, "20s")
    form: str | int = parameter(values.ending, "1011")
    _sent_at: dict[Line, float] = dataclasses.field(default_factory=dict, init=False, repr=False)

    def opened(self, connection: Line) -> None:
        """Plan the first ping."""
        self.arm(connection, self.interval, self._ping)

    def ended(self, connection: Line) -> None:
        """Forget the connection."""
        super().ended(connection)
        self._sent_at.pop(connection, None)

    def _ping(self, connection: Line) -> None:
        self._sent_at[connection] = self.world.now()
        connection.send_ping()
        self.arm(connection, self.timeout, self._look)

    def _look(self, connection: Line) -> None:
        if (connection.last_pong_at or 0.0) < self._sent_at[connection]:
            connection.drop(self.form, self.cause, "keepalive ping timeout")
        else:
            self.arm(connection, max(0.0, self.interval - self.timeout), self._ping)
