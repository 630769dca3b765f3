"""Handshakes that get no answer for a while, or never."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.connection import Connection


@dataclasses.dataclass(eq=False, kw_only=True)
class Stall(Fault):
    """Answer a share of the upgrade requests only after `delay`; without a delay, never."""

    name = "stall"
    cause = "stall"

    delay: float | None = parameter(values.duration, "")
    share: float = parameter(values.share, "100%")

    async def gate(self, connection: Connection) -> None:
        """Let the client wait."""
        if self.simulator.random.random() < self.share:
            await self.wait(connection, self.delay)
