"""A time-out for connections on which nothing passes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.values import Ending
    from jmxgen.simulator.world import Line


SILENT = "silent"


def _form(text: str) -> Ending:
    try:
        return text if text == SILENT else values.ending(text)
    except ValueError as error:
        raise ValueError(f"{error}, or {SILENT}") from None


@dataclasses.dataclass(eq=False, kw_only=True)
class Idle(Fault):
    """End connections on which no frame has passed for `limit`; silent forgets them, as a firewall does.

    With `every` a sweep looks for them only so often.
    """

    name = "idle"
    cause = "idle-timeout"

    limit: float = parameter(values.duration)
    form: str | int = parameter(_form, "eof")
    every: float | None = parameter(values.duration, "")
    _forgotten: set[Line] = dataclasses.field(default_factory=set, init=False, repr=False)

    def finish(self) -> None:
        """Know them again."""
        super().finish()
        for connection in self._forgotten:
            connection.release()
        self._forgotten.clear()

    def opened(self, connection: Line) -> None:
        """Start the clock."""
        self.arm(connection, self._until_sweep(self.limit), self._look)

    def _look(self, connection: Line) -> None:
        last = connection.last_frame_at or connection.opened_at or connection.attempted_at
        rest = self.limit - (self.world.now() - last) / 1000
        if rest <= 0 and self.form == SILENT:
            connection.held_by = self.cause
            connection.hold()
            self._forgotten.add(connection)
        elif rest <= 0:
            connection.drop(self.form, self.cause, "idle timeout")
        else:
            self.arm(connection, self._until_sweep(rest), self._look)

    def _until_sweep(self, seconds: float) -> float:
        """Return the seconds until the first sweep that comes no earlier than that."""
        if self.every is None:
            return seconds
        due = self.world.now() / 1000 + seconds
        return seconds + -due % self.every
