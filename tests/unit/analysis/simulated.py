"""Results of simulated runs for tests: a load, and faults as `jmxgen simulate` takes them."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

from jmxgen.analysis import reading
from jmxgen.analysis.model import Run
from jmxgen.simulator import faults
from jmxgen.simulator.runs import Fault, Script, play
from jmxgen.simulator.runs.generator import Limits
from jmxgen.simulator.runs.plan import Plan, Retry, Step, Times
from jmxgen.simulator.runs.server import Service

Range = tuple[float, float]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Load:
    """What the callers do: calls of some requests, with pauses between, and jittered retries."""

    callers: int = 150
    ramp_s: float = 15.0
    length_s: float = 40.0
    calls: int | None = None
    think: Range = (1.0, 3.0)  # seconds a caller pauses between requests, without a sampler
    listen: Range | None = None  # seconds it reads without a frame coming, before each pause
    requests: tuple[int, int] = (3, 6)
    base_s: float = 1.0
    cap_s: float = 8.0
    attempts: int = 8
    jitter: bool = True
    leak: float = 0.0  # the part of calls that end without a close frame
    timeout_s: float = 5.0

    def plan(self) -> Plan:
        """Return the plan of this load."""
        gap: tuple[Step, ...] = ("listen", "think") if self.listen else ("think",)
        low, high = self.requests
        lengths = range(low, min(high, low + 12) + 1)
        closed = [("open", *("request", *gap) * length, "close") for length in lengths]
        left = round(self.leak * len(closed) / (1 - self.leak)) if self.leak else 0
        calls: list[tuple[Step, ...]] = [*closed, *(call[:-1] for call in (closed * (left + 1))[:left])]
        return Plan(
            callers=self.callers,
            ramp=self.ramp_s,
            duration=self.length_s,
            loops=self.calls,
            call=calls[0],
            others=tuple(calls[1:]),
            group="callers",
            think=Times(kind="uniform", low=self.think[0], high=self.think[1]),
            listen=Times(
                kind="uniform", low=(self.listen or self.think)[0], high=(self.listen or self.think)[1]
            ),
            between=Times(kind="uniform", low=self.think[0], high=self.think[1]),
            on_error="next loop",
            finishes=True,
            retry=Retry(
                attempts=self.attempts,
                base=self.base_s,
                cap=max(self.base_s, self.cap_s),
                jitter="full" if self.jitter else "none",
            ),
            pings="filtered",
            read_timeout=self.timeout_s,
        )


def simulate(
    *made: str | Fault, load: Load | None = None, seed: int = 1, limits: Limits | None = None
) -> Run:
    """Play a load against a server with faults, and read its results.

    Args:
        made: the faults, as in `cap:limit=100`; a `Fault` can do what only simulated time knows.
        load: what the callers do.
        seed: of all that is random.
        limits: of the load generator.
    """
    script = Script(
        seed=seed,
        plan=(load or Load()).plan(),
        service=Service(answer=0.02, spread=0.3),
        faults=tuple(_fault(fault) if isinstance(fault, str) else fault for fault in made),
        limits=limits or Limits(),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "simulated.jtl"
        play(script).write_jtl(path)
        return reading.read([path])


def _fault(text: str) -> Fault:
    made = faults.parse(text)
    values: dict[str, Any] = {
        field.name: getattr(made, field.name) for field in faults.parameters(type(made))
    }
    return Fault(name=made.name, values=values)
