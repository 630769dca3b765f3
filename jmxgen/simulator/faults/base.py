"""What a fault is: hooks into a connection's life, and timers that end with the connection or the fault."""

from __future__ import annotations

import dataclasses
import enum
from typing import TYPE_CHECKING, Any, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from jmxgen.simulator.values import Refusal
    from jmxgen.simulator.world import Line, Timer, World


class Wait(enum.Enum):
    """What a hook returns where its answer comes later, by `Fault.go_on`."""

    WAIT = "wait"


WAIT: Final = Wait.WAIT


def parameter(parse: Callable[[str], object], default: str | None = None) -> Any:
    """Declare a key of a fault's text: how its value is read, and the text that stands for its absence.

    A default of "" means None.
    """
    metadata = {"parse": parse, "shown": default}
    if default is None:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=parse(default) if default else None, metadata=metadata)


@dataclasses.dataclass(eq=False, kw_only=True)
class Fault:
    """One way to misbehave. A fault overrides the hooks it needs; several are asked in the order given.

    A fault has the time from its world and acts by lines and timers alone: so it works in real time and in
    simulated time. The docstring's first line is the fault's help text.
    """

    name: ClassVar[str]
    cause: ClassVar[str]  # the analysis' name for what it does, or ""

    # Seconds, sent with a refusal by HTTP status; a fault that refuses makes it a parameter.
    retry_after: float | None = dataclasses.field(default=None, init=False, repr=False)
    world: World = dataclasses.field(init=False, repr=False)
    _timers: dict[Line | None, Timer] = dataclasses.field(default_factory=dict, init=False, repr=False)
    _waiting: dict[Line, Timer | None] = dataclasses.field(default_factory=dict, init=False, repr=False)

    # ------------------------------------------------------------------ hooks

    def begin(self, world: World) -> None:
        """Take effect, also on the connections that are open by now."""
        self.world = world
        for connection in world.open_connections():
            self.opened(connection)

    def finish(self) -> None:
        """Take effect no longer: whoever waits goes on."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for connection in tuple(self._waiting):
            self.go_on(connection)

    def load_begins(self) -> None:
        """The first upgrade request has come: the clock of all that is timed starts here."""

    def accepted(self, connection: Line) -> None:
        """TCP is up; no request has been read."""

    def on_handshake(self, connection: Line) -> Refusal | Wait | None:
        """Let the handshake pass or wait, or return how it is refused."""
        return None

    def opened(self, connection: Line) -> None:
        """The 101 has been sent."""

    def heard(self, connection: Line, message: str | bytes) -> bool | Wait:
        """Let a message pass or wait for its answer; return False where there shall be none."""
        return True

    def ended(self, connection: Line) -> None:
        """The connection, or the attempt, is over."""
        timer = self._timers.pop(connection, None)
        if timer:
            timer.cancel()
        timer = self._waiting.pop(connection, None)
        if timer:
            timer.cancel()

    # ------------------------------------------------------------------ figures for the metrics

    def in_processing(self) -> int:
        """Return the messages that wait for their answer, or are being answered."""
        return 0

    def orphans(self) -> int:
        """Return the conversations that live on without a connection."""
        return 0

    # ------------------------------------------------------------------ for the use of faults

    def arm(self, connection: Line, seconds: float, action: Callable[[Any], None]) -> None:
        """Call `action` in `seconds`, unless the connection or the fault ends before; one timer each."""
        self._timers[connection] = self.world.call_later(seconds, action, connection)

    def schedule(self, seconds: float, action: Callable[[], None]) -> None:
        """Call `action` in `seconds`, unless the fault ends before; one such timer a fault."""
        self._timers[None] = self.world.call_later(seconds, action)

    def wait(self, connection: Line, seconds: float | None = None) -> Wait:
        """Let a handshake or message wait: `seconds`, or until `go_on`, or until the fault ends."""
        timer = None if seconds is None else self.world.call_later(seconds, self.go_on, connection)
        self._waiting[connection] = timer
        return WAIT

    def go_on(self, connection: Line, refusal: Refusal | None = None) -> None:
        """End the waiting of a connection, if it waits."""
        if connection in self._waiting:
            timer = self._waiting.pop(connection)
            if timer:
                timer.cancel()
            connection.go_on(refusal)
