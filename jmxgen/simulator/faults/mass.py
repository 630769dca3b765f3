"""Many connections lost within a moment, as when a node or a load balancer goes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.world import Line


@dataclasses.dataclass(eq=False, kw_only=True)
class Mass(Fault):
    """End a share of the connections at one moment: `at` after the load began, or after `open` were open.

    It happens `times` over, `every` so often, as in a rolling deploy.
    """

    name = "mass"
    cause = "mass-disconnect"

    at: float = parameter(values.duration, "0s")
    open: int | None = parameter(values.whole, "")
    share: float = parameter(values.share, "100%")
    every: float | None = parameter(values.duration, "")
    times: int = parameter(values.whole, "1")
    form: str | int = parameter(values.ending, "reset")
    _armed: bool = dataclasses.field(default=False, init=False, repr=False)

    def load_begins(self) -> None:
        """Start the clock, unless a number of connections starts it."""
        if self.open is None:
            self.schedule(self.at, self._strike)

    def opened(self, connection: Line) -> None:
        """Start the clock when enough connections are open; once."""
        if self.open is not None and not self._armed:
            self._armed = len(self.world.open_connections()) >= self.open
            if self._armed:
                self.schedule(self.at, self._strike)

    def _strike(self) -> None:
        self.times -= 1
        if self.times > 0 and self.every is not None:
            self.schedule(self.every, self._strike)
        for connection in self.world.open_connections():
            if self.world.random.random() < self.share:
                connection.drop(self.form, self.cause, "service restart")
