"""Channels a token, as Genesys Cloud's notifications have them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.connection import Connection


@dataclasses.dataclass(eq=False, kw_only=True)
class Channels(Fault):
    """Hold `limit` connections for each token; one more evicts the one that was used the longest time ago."""

    name = "channels"
    cause = "concurrency-cap"

    limit: int = parameter(values.whole, "20")
    form: str | int = parameter(values.ending, "eof")

    def opened(self, connection: Connection) -> None:
        """Evict from the token's channels until the limit holds."""
        others = [
            other
            for other in self.simulator.open_connections()
            if other.token == connection.token and other is not connection
        ]
        others.sort(key=lambda other: other.last_frame_at or other.opened_at or 0.0)
        for oldest in others[: max(0, len(others) + 1 - max(1, self.limit))]:
            oldest.drop(self.form, self.cause, "evicted by a newer channel")
