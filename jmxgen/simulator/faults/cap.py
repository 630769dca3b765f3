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
# `after` leaves time for the 101 to be read: some systems throw away what was received when a reset comes.
_AT_ONCE_S = 0.1


def _form(text: str) -> Refusal:
    try:
        return text if text.endswith(AFTER) and values.ending(_ending(text)) else values.refusal(text)
    except ValueError as error:
        raise ValueError(f"{error}, or an ending such as reset{AFTER} or 1013{AFTER}") from None


def _ending(text: str) -> str:
    return text.removesuffix(AFTER)


@dataclasses.dataclass(eq=False, kw_only=True)
class Cap(Fault):
    """No more than `limit` connections at once; reset-after admits one more and resets it `after` a moment.

    Several `workers` share the limit evenly, and each is full by itself.
    """

    name = "cap"
    cause = "concurrency-cap"

    limit: int = parameter(values.whole)
    form: str | int = parameter(_form, "503")
    after: float = parameter(values.duration, "10ms")
    workers: int = parameter(values.whole, "1")
    retry_after: float = parameter(values.duration, "1s")
    _holders: dict[Line, int] = dataclasses.field(default_factory=dict, init=False, repr=False)
    _doomed: set[Line] = dataclasses.field(default_factory=set, init=False, repr=False)

    def on_handshake(self, connection: Line) -> Refusal | None:
        """Refuse, or doom, the connection for which there is no place."""
        worker = self.world.random.randrange(self.workers) if self.workers > 1 else 0
        if self._held_by_worker(worker) < self.limit // max(1, self.workers):
            self._holders[connection] = worker
            return None
        if not str(self.form).endswith(AFTER):
            return self.form
        self._doomed.add(connection)
        return None

    def opened(self, connection: Line) -> None:
        """Reset the doomed; those that were open before the cap hold their places."""
        if connection in self._doomed:
            self.arm(connection, self.after * self.world.random.uniform(0.5, 1.5), self._end)
        else:
            self._holders.setdefault(connection, 0)

    def _held_by_worker(self, worker: int) -> int:
        if self.workers <= 1:
            return len(self._holders)
        return sum(number == worker for number in self._holders.values())

    def _end(self, doomed: Line) -> None:
        doomed.drop(values.ending(_ending(str(self.form))), self.cause, "too many connections")

    def heard(self, connection: Line, message: str | bytes) -> bool:
        """Answer nothing to those who are doomed to end at once."""
        return connection not in self._doomed or self.after > _AT_ONCE_S

    def ended(self, connection: Line) -> None:
        """Free the place."""
        super().ended(connection)
        self._holders.pop(connection, None)
        self._doomed.discard(connection)
