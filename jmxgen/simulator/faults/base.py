"""What a fault is: hooks into a connection's life, and timers that end with the connection or the fault."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from jmxgen.simulator.connection import Connection
    from jmxgen.simulator.simulator import Simulator
    from jmxgen.simulator.values import Refusal


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

    The docstring's first line is the fault's help text.
    """

    name: ClassVar[str]
    cause: ClassVar[str]  # the analysis' name for what it does, or ""

    # Seconds, told with a refusal by HTTP status; a fault that refuses makes it a parameter.
    retry_after: float | None = dataclasses.field(default=None, init=False, repr=False)
    simulator: Simulator = dataclasses.field(init=False, repr=False)
    _timers: dict[Connection | None, asyncio.TimerHandle] = dataclasses.field(
        default_factory=dict, init=False, repr=False
    )
    _over: asyncio.Future[None] = dataclasses.field(init=False, repr=False)

    # ------------------------------------------------------------------ hooks

    def begin(self, simulator: Simulator) -> None:
        """Take effect, also on the connections that are open by now."""
        self.simulator = simulator
        self._over = asyncio.get_running_loop().create_future()
        for connection in simulator.open_connections():
            self.opened(connection)

    def finish(self) -> None:
        """Take effect no longer."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._over.set_result(None)

    def load_begins(self) -> None:
        """The first upgrade request has come: the clock of all that is timed starts here."""

    def accepted(self, connection: Connection) -> None:
        """TCP is up; no request has been read."""

    async def gate(self, connection: Connection) -> Refusal | None:
        """Let the handshake wait, or return how it is refused."""
        return None

    def opened(self, connection: Connection) -> None:
        """The 101 has been sent."""

    async def heard(self, connection: Connection, message: str | bytes) -> bool:
        """Let the answer to a message wait; return False where there shall be none."""
        return True

    def ended(self, connection: Connection) -> None:
        """The connection, or the attempt, is over."""
        timer = self._timers.pop(connection, None)
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

    def arm(self, connection: Connection, seconds: float, action: Callable[[Connection], None]) -> None:
        """Call `action` in `seconds`, unless the connection or the fault ends before; one timer each."""
        self._timers[connection] = asyncio.get_running_loop().call_later(seconds, action, connection)

    def schedule(self, seconds: float, action: Callable[[], None]) -> None:
        """Call `action` in `seconds`, unless the fault ends before; one such timer a fault."""
        self._timers[None] = asyncio.get_running_loop().call_later(seconds, action)

    async def wait(self, connection: Connection, seconds: float | None) -> None:
        """Wait `seconds`, but no longer than the fault and the connection last."""
        await asyncio.wait(
            (self._over, connection.connection_lost_waiter),
            timeout=seconds,
            return_when=asyncio.FIRST_COMPLETED,
        )
