"""A connection cut at a message: by reset, EOF, EOF in mid-frame, or a close frame."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.world import Line


@dataclasses.dataclass(eq=False, kw_only=True)
class Drop(Fault):
    """End a share of the connections in place of an answer: of that to the message number `message`."""

    name = "drop"
    cause = "random-drop"

    message: int = parameter(values.whole, "1")
    form: str | int = parameter(values.ending, "cut")
    share: float = parameter(values.share, "100%")

    def heard(self, connection: Line, message: str | bytes) -> bool:
        """End the connection when it is this message's turn."""
        if connection.messages == self.message and self.world.random.random() < self.share:
            connection.drop(self.form, "server-close" if isinstance(self.form, int) else self.cause)
        return True
