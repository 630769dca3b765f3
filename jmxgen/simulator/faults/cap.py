"""A cap on concurrent connections."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.values import Refusal
    from jmxgen.simulator.world import Line

AFTER = "-after"
# Time for the 101 to be read: some systems throw away what was received when a reset comes.
AFTER_S = 0.01


def _form(text: str) -> Refusal:
    try:
        return text if text.endswith(AFTER) and values.ending(_ending(text)) else values.refusal(text)
    except ValueError as error:
        raise ValueError(f"{error}, or an ending such as reset{AFTER} or 1013{AFTER}") from None


def _ending(text: str) -> str:
    return text.removesuffix(AFTER)


@dataclasses.dataclass(eq=False, kw_only=True)
class Cap(Fault):
    """No more than `limit` connections at once; reset-after admits one more and resets it at once."""

    name = "cap"
    cause = "concurrency-cap"

    limit: int = parameter(values.whole)
    form: str | int = parameter(_form, "503")
    retry_after: float = parameter(values.duration, "1s")
    _holders: set[Line] = dataclasses.field(default_factory=set, init=False, repr=False)
    _doomed: set[Line] = dataclasses.field(default_factory=set, init=False, repr=False)

    def gate(self, connection: Line) -> Refusal | None:
        """Refuse, or doom, the connection for which there is no place."""
        if len(self._holders) < self.limit:
            self._holders.add(connection)
            return None
        if not str(self.form).endswith(AFTER):
            return self.form
        self._doomed.add(connection)
        return None

    def opened(self, connection: Line) -> None:
        """Reset the doomed; those that were open before the cap hold their places."""
        if connection in self._doomed:
            self.arm(connection, AFTER_S, self._end)
        else:
            self._holders.add(connection)

    def _end(self, doomed: Line) -> None:
        doomed.drop(values.ending(_ending(str(self.form))), self.cause, "too many connections")

    def heard(self, connection: Line, message: str | bytes) -> bool:
        """Answer nothing to the doomed."""
        return connection not in self._doomed

    def ended(self, connection: Line) -> None:
        """Free the place."""
        super().ended(connection)
        self._holders.discard(connection)
        self._doomed.discard(connection)
