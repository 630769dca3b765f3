"""A maximum age of connections."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.world import Line


@dataclasses.dataclass(eq=False, kw_only=True)
class MaxAge(Fault):
    """End each connection when it is `limit` old, or by up to a `spread` more or less."""

    name = "max-age"
    cause = "max-session-age"

    limit: float = parameter(values.duration)
    form: str | int = parameter(values.ending, "eof")
    spread: float = parameter(values.share, "0")

    def opened(self, connection: Line) -> None:
        """Start the clock; a connection that is too old already ends at once."""
        limit = self.limit * (1 + self.spread * self.world.random.uniform(-1, 1))
        age = (self.world.now() - (connection.opened_at or 0.0)) / 1000
        self.arm(connection, max(0.0, limit - age), self._end)

    def _end(self, connection: Line) -> None:
        connection.drop(self.form, self.cause, "maximum age")
