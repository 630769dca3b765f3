"""Channels a token, as Genesys Cloud's notifications have them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.world import Line


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError("yes or no")
    return text == "yes"


@dataclasses.dataclass(eq=False, kw_only=True)
class Channels(Fault):
    """Hold `limit` connections for each token, or `shared`; one more evicts the least recently used."""

    name = "channels"
    cause = "concurrency-cap"

    limit: int = parameter(values.whole, "20")
    form: str | int = parameter(values.ending, "eof")
    shared: bool = parameter(_yes, "no")

    def opened(self, connection: Line) -> None:
        """Evict from the token's channels until the limit holds."""
        others = [
            other
            for other in self.world.open_connections()
            if (self.shared or other.token == connection.token) and other is not connection
        ]
        others.sort(key=lambda other: other.last_frame_at or other.opened_at or 0.0)
        for oldest in others[: max(0, len(others) + 1 - max(1, self.limit))]:
            oldest.drop(self.form, self.cause, "evicted by a newer channel")
