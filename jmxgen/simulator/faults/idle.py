"""A time-out for connections on which nothing passes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.connection import Connection


@dataclasses.dataclass(eq=False, kw_only=True)
class Idle(Fault):
    """End connections on which no frame has passed, in either direction, for `limit`."""

    name = "idle"
    cause = "idle-timeout"

    limit: float = parameter(values.duration)
    form: str | int = parameter(values.ending, "eof")

    def opened(self, connection: Connection) -> None:
        """Start the clock."""
        self.arm(connection, self.limit, self._look)

    def _look(self, connection: Connection) -> None:
        last = connection.last_frame_at or connection.opened_at or connection.attempted_at
        rest = self.limit - (self.simulator.now() - last) / 1000
        if rest <= 0:
            connection.drop(self.form, self.cause, "idle timeout")
        else:
            self.arm(connection, rest, self._look)
