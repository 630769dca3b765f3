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
    """Read nothing on a share of connections from `at` on, for `lasts` or for good; again after `every`.

    With a `form` the process is killed then, and what it held ends so.
    """

    name = "freeze"
    cause = "stall"

    at: float = parameter(values.duration, "0s")
    lasts: float | None = parameter(values.duration, "")
    every: float | None = parameter(values.duration, "")
    share: float = parameter(values.share, "100%")
    form: str | int | None = parameter(values.ending, "")
    backlog: int | None = None  # new connections that the kernel keeps; known to simulated time alone
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
        if not self._frozen:
            return
        if self.backlog is not None and sum(c.opened_at is None for c in self._held) >= self.backlog:
            connection.refuse("unreachable", self.cause)
        else:
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
            if self.form is not None and connection.opened_at is not None:
                connection.drop(self.form, "mass-disconnect")
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
