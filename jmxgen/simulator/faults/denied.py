"""Callers whose credentials are refused."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.values import Refusal
    from jmxgen.simulator.world import Line


@dataclasses.dataclass(eq=False, kw_only=True)
class Denied(Fault):
    """Refuse a share of the tokens; with `expires` each of them only so long after it was first used."""

    name = "denied"
    cause = "denied"

    share: float = parameter(values.share, "100%")
    expires: float | None = parameter(values.duration, "")
    form: str | int = parameter(values.refusal, "401")
    _known: dict[str | None, float | None] = dataclasses.field(default_factory=dict, init=False, repr=False)

    def on_handshake(self, connection: Line) -> Refusal | None:
        """Refuse the token if its time has come."""
        now = self.world.now()
        if connection.token not in self._known:
            chosen = self.world.random.random() < self.share
            self._known[connection.token] = now + 1000 * (self.expires or 0.0) if chosen else None
        from_then = self._known[connection.token]
        return self.form if from_then is not None and now >= from_then else None
