"""A limit on handshakes per second."""

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
class Rate(Fault):
    """Admit `limit` handshakes per second, `burst` (a second's worth) at once; stall makes the rest wait.

    Only so many wait as the `queue` holds, those among them who have given up; others are refused with 503.
    """

    name = "rate"
    cause = "handshake-rate-limit"

    limit: float = parameter(values.rate)
    burst: int | None = parameter(values.whole, "")
    form: str | int = parameter(_form, "429")
    queue: int | None = parameter(values.whole, "")
    retry_after: float = parameter(values.duration, "1s")
    _tokens: float = dataclasses.field(default=0.0, init=False, repr=False)
    _filled_at: float | None = dataclasses.field(default=None, init=False, repr=False)

    def on_handshake(self, connection: Line) -> Refusal | Wait | None:
        """Take a token, wait for one, or refuse."""
        self._fill()
        if self._tokens < 1 and self.form != STALL:
            return self.form
        if self.queue is not None and 1 - self._tokens > self.queue:
            return 503
        self._tokens -= 1  # below zero: tokens of the future, one each for those in the queue
        if self._tokens < 0:
            return self.wait(connection, -self._tokens / self.limit)
        return None

    def _fill(self) -> None:
        now = self.world.now() / 1000
        size = max(1.0, self.limit) if self.burst is None else max(1.0, self.burst)
        if self._filled_at is None:
            self._tokens = size
        else:
            self._tokens = min(size, self._tokens + (now - self._filled_at) * self.limit)
        self._filled_at = now
