"""Session processing that is limited: answers slow down, then connections drop."""

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
    """Answer with `workers`, each message taking `service`; one beyond the `queue` ends its connection."""

    name = "processing"
    cause = "processing-bottleneck"

    workers: int = parameter(values.whole, "4")
    service: float = parameter(values.duration, "50ms")
    queue: int = parameter(values.whole, "200")
    form: str | int = parameter(values.ending, "reset")
    _present: int = dataclasses.field(default=0, init=False, repr=False)
    _free: asyncio.Semaphore = dataclasses.field(init=False, repr=False)

    def begin(self, simulator: Simulator) -> None:
        """Put the workers to work."""
        self._free = asyncio.Semaphore(self.workers)
        super().begin(simulator)

    async def heard(self, connection: Connection, message: str | bytes) -> bool:
        """Wait for a worker, first come first served, and for its work."""
        if self._present >= self.workers + self.queue:
            connection.drop(self.form, self.cause, "queue overflow")
            return False
        self._present += 1
        try:
            async with self._free:
                if connection.outcome is None:
                    await self.wait(connection, self.service)
        finally:
            self._present -= 1
        return True

    def in_processing(self) -> int:
        """Return the messages with a worker or in the queue."""
        return self._present
