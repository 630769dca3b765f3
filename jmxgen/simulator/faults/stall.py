"""Handshakes that get no answer for a while, or never."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, Wait, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.world import Line


@dataclasses.dataclass(eq=False, kw_only=True)
class Stall(Fault):
    """Answer a share of the upgrade requests only after `delay`; without a delay, never."""

    name = "stall"
    cause = "stall"

    delay: float | None = parameter(values.duration, "")
    share: float = parameter(values.share, "100%")

    def on_handshake(self, connection: Line) -> Wait | None:
        """Let the client wait."""
        if self.world.random.random() < self.share:
            return self.wait(connection, self.delay)
        return None
