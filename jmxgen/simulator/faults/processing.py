"""Session processing that is limited: answers slow down, Active Conversations plateau, connections drop."""

from __future__ import annotations

import collections
import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, Wait, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.values import Refusal
    from jmxgen.simulator.world import Line, World


@dataclasses.dataclass(eq=False, kw_only=True)
class Processing(Fault):
    """Answer with `workers`, each message taking `service`; one beyond the `queue` ends its connection.

    With `conversations` no more than so many are held at once: the first message of another one waits, on an
    open connection, until one of them ends. A share of `handshakes` needs a worker as well.
    """

    name = "processing"
    cause = "processing-bottleneck"

    workers: int = parameter(values.whole, "4")
    service: float = parameter(values.duration, "50ms")
    queue: int = parameter(values.whole, "200")
    conversations: int | None = parameter(values.whole, "")
    handshakes: float = parameter(values.share, "0")
    form: str | int = parameter(values.ending, "reset")
    _busy: int = dataclasses.field(default=0, init=False, repr=False)
    _queue: collections.deque[Line] = dataclasses.field(
        default_factory=collections.deque, init=False, repr=False
    )
    _held: set[Line] = dataclasses.field(default_factory=set, init=False, repr=False)
    _next: dict[Line, None] = dataclasses.field(default_factory=dict, init=False, repr=False)

    def begin(self, world: World) -> None:
        """Put the workers to work; conversations that go on by now are held, be they too many."""
        self._held = {connection for connection in world.open_connections() if connection.conversing}
        super().begin(world)

    def on_handshake(self, connection: Line) -> Refusal | Wait | None:
        """Wait for a worker, where handshakes need them; a queue that is full answers 503."""
        if self.world.random.random() >= self.handshakes:
            return None
        if self.in_processing() >= self.workers + self.queue:
            return 503
        return self._wait_for_a_worker(connection)

    def heard(self, connection: Line, message: str | bytes) -> bool | Wait:
        """Wait for a worker, first come first served, and for its work."""
        if self.in_processing() >= self.workers + self.queue:
            connection.drop(self.form, self.cause, "queue overflow")
            return False
        if self.conversations is not None and connection not in self._held:
            if len(self._held) >= self.conversations:
                self._next[connection] = None
                return self.wait(connection)
            self._held.add(connection)
        return self._wait_for_a_worker(connection)

    def _wait_for_a_worker(self, connection: Line) -> Wait:
        self._queue.append(connection)
        waiting = self.wait(connection)
        self._work()
        return waiting

    def _work(self) -> None:
        while self._queue and self._busy < self.workers:
            self._busy += 1
            self.world.call_later(self.service, self._done, self._queue.popleft())

    def _done(self, connection: Line) -> None:
        self._busy -= 1
        self.go_on(connection)
        self._work()

    def ended(self, connection: Line) -> None:
        """Take up the next conversation; what a worker has begun it finishes."""
        super().ended(connection)
        self._next.pop(connection, None)
        if connection in self._queue:
            self._queue.remove(connection)
        if connection in self._held:
            self._held.discard(connection)
            for follower in tuple(self._next)[:1]:
                self._held.add(follower)
                self._next.pop(follower)
                self._queue.append(follower)
            self._work()

    def in_processing(self) -> int:
        """Return the messages with a worker or in the queue."""
        return self._busy + len(self._queue) + len(self._next)
