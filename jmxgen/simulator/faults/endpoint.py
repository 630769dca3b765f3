"""An address that is not a WebSocket endpoint."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.values import Refusal
    from jmxgen.simulator.world import Line


def _form(text: str) -> Refusal:
    return 200 if text == "200" else values.refusal(text)


@dataclasses.dataclass(eq=False, kw_only=True)
class Endpoint(Fault):
    """Answer every upgrade request as something else would that listens there: 200, 301, 404, 426, eof."""

    name = "endpoint"
    cause = "wrong-endpoint"

    form: str | int = parameter(_form, "404")

    def on_handshake(self, connection: Line) -> Refusal | None:
        """Answer as the other."""
        return self.form
