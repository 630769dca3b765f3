"""Losses that depend on nothing but chance."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.world import Line


@dataclasses.dataclass(eq=False, kw_only=True)
class Random(Fault):
    """End connections by chance: with a `hazard` (such as 1/m), or a `probability` for each message."""

    name = "random"
    cause = "random-drop"

    hazard: float | None = parameter(values.rate, "")
    probability: float = parameter(values.share, "0")
    form: str | int = parameter(values.ending, "reset")

    def __post_init__(self) -> None:
        if self.hazard is None and not self.probability:
            raise ValueError("give it a hazard or a probability")

    def opened(self, connection: Line) -> None:
        """Draw the connection's lifetime: a constant hazard makes it exponential."""
        if self.hazard is not None:
            self.arm(connection, self.world.random.expovariate(self.hazard), self._end)

    def heard(self, connection: Line, message: str | bytes) -> bool:
        """Throw the dice for a message."""
        if self.world.random.random() < self.probability:
            self._end(connection)
        return True

    def _end(self, connection: Line) -> None:
        connection.drop(self.form, self.cause)
