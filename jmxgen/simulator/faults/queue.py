"""A cap on concurrent connections that lets the others wait."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, Wait, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.world import Line


@dataclasses.dataclass(eq=False, kw_only=True)
class Queue(Fault):
    """Serve `limit` connections at once; the others wait for a place, and after `patience` are refused."""

    name = "queue"
    cause = "concurrency-cap"

    limit: int = parameter(values.whole)
    patience: float | None = parameter(values.duration, "")
    form: str | int = parameter(values.refusal, "503")
    _holders: set[Line] = dataclasses.field(default_factory=set, init=False, repr=False)
    _next: dict[Line, None] = dataclasses.field(default_factory=dict, init=False, repr=False)

    def on_handshake(self, connection: Line) -> Wait | None:
        """Take a place, or wait for one."""
        if len(self._holders) < self.limit:
            self._holders.add(connection)
            return None
        self._next[connection] = None
        if self.patience is not None:
            self.arm(connection, self.patience, self._refuse)
        return self.wait(connection)

    def _refuse(self, connection: Line) -> None:
        if self._next.pop(connection, self) is None:
            self.go_on(connection, self.form)

    def opened(self, connection: Line) -> None:
        """Count also those that were open before the fault."""
        self._holders.add(connection)

    def ended(self, connection: Line) -> None:
        """Give the place to the one that has waited longest."""
        super().ended(connection)
        self._next.pop(connection, None)
        if connection not in self._holders:
            return
        self._holders.discard(connection)
        for follower in tuple(self._next)[:1]:
            del self._next[follower]
            self._holders.add(follower)
            self.go_on(follower)
