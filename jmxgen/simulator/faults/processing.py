"""Session processing that is limited: answers slow down, Active Conversations plateau, connections drop."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.connection import Connection
    from jmxgen.simulator.simulator import Simulator


@dataclasses.dataclass(eq=False, kw_only=True)
class Processing(Fault):
    """Answer with `workers`, each message taking `service`; one beyond the `queue` ends its connection.

    With `conversations` no more than so many are held at once: the first message of another one waits, on an
    open connection, until one of them ends.
    """

    name = "processing"
    cause = "processing-bottleneck"

    workers: int = parameter(values.whole, "4")
    service: float = parameter(values.duration, "50ms")
    queue: int = parameter(values.whole, "200")
    conversations: int | None = parameter(values.whole, "")
    form: str | int = parameter(values.ending, "reset")
    _present: int = dataclasses.field(default=0, init=False, repr=False)
    _free: asyncio.Semaphore = dataclasses.field(init=False, repr=False)
    _held: set[Connection] = dataclasses.field(default_factory=set, init=False, repr=False)
    _next: dict[Connection, asyncio.Future[None]] = dataclasses.field(
        default_factory=dict, init=False, repr=False
    )

    def begin(self, simulator: Simulator) -> None:
        """Put the workers to work; conversations that go on by now are held, be they too many."""
        self._free = asyncio.Semaphore(self.workers)
        self._held = {connection for connection in simulator.open_connections() if connection.conversing}
        super().begin(simulator)

    async def heard(self, connection: Connection, message: str | bytes) -> bool:
        """Wait for a worker, first come first served, and for its work."""
        if self._present >= self.workers + self.queue:
            connection.drop(self.form, self.cause, "queue overflow")
            return False
        self._present += 1
        try:
            await self._take_up(connection)
            async with self._free:
                if connection.outcome is None:
                    await self.wait(connection, self.service)
        finally:
            self._present -= 1
        return True

    async def _take_up(self, connection: Connection) -> None:
        """Wait until the conversation is one of those that are held."""
        if self.conversations is None or connection in self._held:
            return
        if len(self._held) < self.conversations:
            self._held.add(connection)
            return
        turn = self._next[connection] = asyncio.get_running_loop().create_future()
        await asyncio.wait(
            (turn, self._over, connection.connection_lost_waiter), return_when=asyncio.FIRST_COMPLETED
        )

    def ended(self, connection: Connection) -> None:
        """Take up the next conversation."""
        super().ended(connection)
        self._next.pop(connection, None)
        if connection in self._held:
            self._held.discard(connection)
            for follower in tuple(self._next)[:1]:
                self._held.add(follower)
                self._next.pop(follower).set_result(None)

    def in_processing(self) -> int:
        """Return the messages with a worker or in the queue."""
        return self._present
