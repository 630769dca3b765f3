"""Call slots that orphaned sessions go on holding."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.values import Refusal
    from jmxgen.simulator.world import Line


@dataclasses.dataclass(eq=False, kw_only=True)
class Slots(Fault):
    """A fixed number of call slots; a client gone without a close frame keeps its slot for `hold`."""

    name = "slots"
    cause = "leaked-sessions"

    limit: int = parameter(values.whole)
    hold: float = parameter(values.duration, "60s")
    form: str | int = parameter(values.refusal, "503")
    retry_after: float = parameter(values.duration, "1s")
    _live: set[Line] = dataclasses.field(default_factory=set, init=False, repr=False)
    _orphans: set[Line] = dataclasses.field(default_factory=set, init=False, repr=False)

    def on_handshake(self, connection: Line) -> Refusal | None:
        """Refuse when all slots are taken; with none of them orphaned that is a plain cap."""
        if len(self._live) + len(self._orphans) < self.limit:
            self._live.add(connection)
            return None
        if not self._orphans:
            connection.held_by = "concurrency-cap"
        return self.form

    def opened(self, connection: Line) -> None:
        """Count also those that were open before the fault."""
        self._live.add(connection)

    def ended(self, connection: Line) -> None:
        """Free the slot, at once or, of an orphan, later."""
        super().ended(connection)
        if connection not in self._live:
            return
        self._live.discard(connection)
        if connection.outcome and connection.outcome.end == "leaked":
            self._orphans.add(connection)
            self.world.call_later(self.hold, self._orphans.discard, connection)

    def orphans(self) -> int:
        """Return the sessions whose client is gone."""
        return len(self._orphans)
