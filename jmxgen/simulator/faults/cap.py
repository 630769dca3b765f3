"""A cap on concurrent connections."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.connection import Connection
    from jmxgen.simulator.values import Refusal

RESET_AFTER = "reset-after"
# Time for the 101 to be read: some systems throw away what was received when a reset comes.
AFTER_S = 0.01


def _form(text: str) -> Refusal:
    try:
        return text if text == RESET_AFTER else values.refusal(text)
    except ValueError as error:
        raise ValueError(f"{error}, or {RESET_AFTER}") from None


@dataclasses.dataclass(eq=False, kw_only=True)
class Cap(Fault):
    """No more than `limit` connections at once; reset-after admits the one too many and resets it at once."""

    name = "cap"
    cause = "concurrency-cap"

    limit: int = parameter(values.whole)
    form: str | int = parameter(_form, "503")
    retry_after: float = parameter(values.duration, "1s")
    _holders: set[Connection] = dataclasses.field(default_factory=set, init=False, repr=False)
    _doomed: set[Connection] = dataclasses.field(default_factory=set, init=False, repr=False)

    async def gate(self, connection: Connection) -> Refusal | None:
        """Refuse, or doom, the connection for which there is no place."""
        if len(self._holders) < self.limit:
            self._holders.add(connection)
            return None
        if self.form != RESET_AFTER:
            return self.form
        self._doomed.add(connection)
        return None

    def opened(self, connection: Connection) -> None:
        """Reset the doomed; those that were open before the cap hold their places."""
        if connection in self._doomed:
            self.arm(connection, AFTER_S, lambda doomed: doomed.drop("reset", self.cause))
        else:
            self._holders.add(connection)

    async def heard(self, connection: Connection, message: str | bytes) -> bool:
        """Answer nothing to the doomed."""
        return connection not in self._doomed

    def ended(self, connection: Connection) -> None:
        """Free the place."""
        super().ended(connection)
        self._holders.discard(connection)
        self._doomed.discard(connection)
