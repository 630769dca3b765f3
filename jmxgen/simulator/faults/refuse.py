"""Handshakes refused by chance."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.values import Refusal
    from jmxgen.simulator.world import Line


@dataclasses.dataclass(eq=False, kw_only=True)
class Refuse(Fault):
    """Refuse a share of the handshakes by chance, as where some of several backends are not there."""

    name = "refuse"
    cause = "random-drop"

    share: float = parameter(values.share)
    form: str | int = parameter(values.refusal, "503")

    def on_handshake(self, connection: Line) -> Refusal | None:
        """Throw the dice."""
        return self.form if self.world.random.random() < self.share else None
