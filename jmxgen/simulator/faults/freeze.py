"""A process that stands still, as in a garbage collection or a blocked event loop."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.world import Line


@dataclasses.dataclass(eq=False, kw_only=True)
class Freeze(Fault):
    """Read nothing on a share of connections from `at` on, for `lasts` or for good; again after `every`."""

    name = "freeze"
    cause = "stall"

    at: float = parameter(values.duration, "0s")
    lasts: float | None = parameter(values.duration, "")
    every: float | None = parameter(values.duration, "")
    share: float = parameter(values.share, "100%")
    _frozen: bool = dataclasses.field(default=False, init=False, repr=False)
    _held: set[Line] = dataclasses.field(default_factory=set, init=False, repr=False)

    def load_begins(self) -> None:
        """Start the clock."""
        if self.at:
            self.schedule(self.at, self._stop)
        else:
            self._stop()

    def accepted(self, connection: Line) -> None:
        """Leave a new connection unread as well."""
        if self._frozen:
            self._hold(connection)

    def _stop(self) -> None:
        self._frozen = True
        for connection in self.world.open_connections():
            self._hold(connection)
        if self.lasts is not None:
            self.schedule(self.lasts, self._go)

    def _hold(self, connection: Line) -> None:
        if self.world.random.random() < self.share:
            connection.held_by = self.cause
            connection.hold()
            self._held.add(connection)

    def _go(self) -> None:
        self._frozen = False
        if self.every is not None:
            self.schedule(self.every, self._stop)
        for connection in tuple(self._held):
            self._held.discard(connection)
            connection.release()

    def finish(self) -> None:
        """Read on."""
        super().finish()
        self.every = None
        self._go()

    def ended(self, connection: Line) -> None:
        """Forget the connection."""
        super().ended(connection)
        self._held.discard(connection)
