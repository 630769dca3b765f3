"""A limit on handshakes that counts them in windows of time, as API gateways do."""

from __future__ import annotations

import collections
import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.values import Refusal
    from jmxgen.simulator.world import Line


def _form(text: str) -> str:
    if text not in ("fixed", "sliding"):
        raise ValueError("fixed or sliding")
    return text


def _counts(text: str) -> str:
    if text not in ("admitted", "all"):
        raise ValueError("admitted or all")
    return text


@dataclasses.dataclass(eq=False, kw_only=True)
class Window(Fault):
    """Admit `limit` handshakes in each `period`, by the clock or sliding; it counts the admitted, or all."""

    name = "window"
    cause = "handshake-rate-limit"

    limit: int = parameter(values.whole)
    period: float = parameter(values.duration, "60s")
    window: str = parameter(_form, "fixed")
    counts: str = parameter(_counts, "admitted")
    form: str | int = parameter(values.refusal, "429")
    retry_after: float = parameter(values.duration, "1s")
    _counted: collections.deque[float] = dataclasses.field(
        default_factory=collections.deque, init=False, repr=False
    )

    def on_handshake(self, connection: Line) -> Refusal | None:
        """Count the attempt, and refuse it beyond the limit."""
        now = self.world.now() / 1000
        begin = now - self.period if self.window == "sliding" else now // self.period * self.period
        while self._counted and self._counted[0] < begin:
            self._counted.popleft()
        admitted = len(self._counted) < self.limit
        if admitted or self.counts == "all":
            self._counted.append(now)
        return None if admitted else self.form
