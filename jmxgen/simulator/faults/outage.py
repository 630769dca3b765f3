"""A server that is not there for a while, or never comes back."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, Wait, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.values import Refusal
    from jmxgen.simulator.world import Line

STALL = "stall"


def _form(text: str) -> Refusal:
    try:
        return text if text == STALL else values.refusal(text)
    except ValueError as error:
        raise ValueError(f"{error}, or {STALL}") from None


@dataclasses.dataclass(eq=False, kw_only=True)
class Outage(Fault):
    """Refuse every handshake from `at` on, for `lasts` or for good; `loses` says how open ones end, if so."""

    name = "outage"
    cause = "outage"

    at: float = parameter(values.duration, "0s")
    lasts: float | None = parameter(values.duration, "")
    form: str | int = parameter(_form, "502")
    loses: str | int | None = parameter(values.ending, "")
    _down: bool = dataclasses.field(default=False, init=False, repr=False)

    def load_begins(self) -> None:
        """Start the clock."""
        if self.at:
            self.schedule(self.at, self._fall)
        else:
            self._fall()

    def _fall(self) -> None:
        self._down = True
        if self.lasts is not None:
            self.schedule(self.lasts, self._rise)
        if self.loses is not None:
            for connection in self.world.open_connections():
                connection.drop(self.loses, self.cause, "going away")

    def _rise(self) -> None:
        self._down = False
        for connection in tuple(self._waiting):
            self.go_on(connection)

    def on_handshake(self, connection: Line) -> Refusal | Wait | None:
        """Refuse, or say nothing, while it lasts."""
        if not self._down:
            return None
        return self.wait(connection) if self.form == STALL else self.form
