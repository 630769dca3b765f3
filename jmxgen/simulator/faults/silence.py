"""A server that listens and says nothing."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.world import Line


@dataclasses.dataclass(eq=False, kw_only=True)
class Silence(Fault):
    """Answer `after` messages of a connection and no more, or none of a share of all messages after them."""

    name = "silence"
    cause = "stall"

    after: int = parameter(values.whole, "0")
    share: float = parameter(values.share, "100%")

    def heard(self, connection: Line, message: str | bytes) -> bool:
        """Say nothing when it is time to."""
        return connection.messages <= self.after or self.world.random.random() >= self.share
