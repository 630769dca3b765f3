"""The cases that judge the causes: faults, a load, the truth. For the tests."""

from __future__ import annotations

import dataclasses

from jmxgen.analysis.model import Run
from jmxgen.simulator.runs.generator import Limits
from tests.unit.analysis.simulated import Load, simulate


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """A run and what the verdict on it must say."""

    name: str
    cause: str
    faults: tuple[str, ...] = ()
    load: Load = dataclasses.field(default_factory=Load)
    truth: tuple[str, float] | None = None  # evidence key, value
    limits: Limits | None = None

    def run(self, seed: int) -> Run:
        """Return the results of the run."""
        return simulate(*self.faults, load=self.load, seed=seed, limits=self.limits)


LISTENING = Load(listen=(1.0, 6.0), think=(0.1, 0.5))
HOLDING = Load(requests=(100, 100))

CASES = (
    Case(
        name="healthy",
        cause="healthy",
    ),
    Case(
        name="healthy, noise 0.5%",
        cause="healthy",
        faults=("refuse:share=0.5%,form=reset",),
    ),
    Case(
        name="healthy, losses 0.1% an answer",
        cause="healthy",
        faults=("random:probability=0.1%",),
    ),
    Case(
        name="cap 100, churn",
        cause="concurrency-cap",
        faults=("cap:limit=100",),
        truth=("limit", 100),
    ),
    Case(
        name="cap 100, hold",
        cause="concurrency-cap",
        faults=("cap:limit=100",),
        load=HOLDING,
        truth=("limit", 100),
    ),
    Case(
        name="cap 100, noise 1%",
        cause="concurrency-cap",
        faults=("refuse:share=1%,form=reset", "cap:limit=100"),
        truth=("limit", 100),
    ),
    Case(
        name="cap 100, drops late",
        cause="concurrency-cap",
        faults=("cap:limit=100,form=reset-after",),
        truth=("limit", 100),
    ),
    Case(
        name="cap 20 of 30",
        cause="concurrency-cap",
        faults=("cap:limit=20,form=reset",),
        load=Load(callers=30, ramp_s=5, length_s=25),
        truth=("limit", 20),
    ),
    Case(
        name="cap 20 of 30, no retry, 1 call",
        cause="concurrency-cap",
        faults=("cap:limit=20",),
        load=Load(callers=30, ramp_s=5, calls=1, attempts=1),
        truth=("limit", 20),
    ),
    Case(
        name="cap 100, burst ramp",
        cause="concurrency-cap",
        faults=("cap:limit=100",),
        load=Load(ramp_s=1),
        truth=("limit", 100),
    ),
    Case(
        name="20 channels, 25 callers listen",
        cause="concurrency-cap",
        faults=("channels:limit=20,shared=yes,form=reset",),
        load=Load(callers=25, ramp_s=10, listen=(1, 4), think=(0.05, 0.1), requests=(10, 30)),
        truth=("limit", 20),
    ),
    Case(
        name="rate 8/s bucket",
        cause="handshake-rate-limit",
        faults=("rate:limit=8/s",),
        truth=("rate_per_s", 8),
    ),
    Case(
        name="rate 8/s, burst 20",
        cause="handshake-rate-limit",
        faults=("rate:limit=8/s,burst=20",),
        truth=("rate_per_s", 8),
    ),
    Case(
        name="rate 8/s window",
        cause="handshake-rate-limit",
        faults=("window:limit=8,period=1s",),
        truth=("rate_per_s", 8),
    ),
    Case(
        name="rate 15/s, 200 in 5 s, 1 call",
        cause="handshake-rate-limit",
        faults=("rate:limit=15/s",),
        load=Load(callers=200, ramp_s=5, calls=1),
        truth=("rate_per_s", 15),
    ),
    Case(
        name="rate 5/s, 40 callers hold",
        cause="handshake-rate-limit",
        faults=("rate:limit=5/s",),
        load=Load(callers=40, ramp_s=2, requests=(100, 100)),
        truth=("rate_per_s", 5),
    ),
    Case(
        name="idle 2.5 s, pauses 1..3",
        cause="idle-timeout",
        faults=("idle:limit=2.5s",),
        truth=("seconds", 2.5),
    ),
    Case(
        name="idle 4 s, listens 1..6",
        cause="idle-timeout",
        faults=("idle:limit=4s",),
        load=LISTENING,
        truth=("seconds", 4),
    ),
    Case(
        name="idle 2.5 s, code 1001",
        cause="idle-timeout",
        faults=("idle:limit=2.5s,form=1001",),
        truth=("seconds", 2.5),
    ),
    Case(
        name="idle 4 s, pauses 5 s",
        cause="idle-timeout",
        faults=("idle:limit=4s",),
        load=Load(think=(5, 5)),
    ),
    Case(
        name="age 12 s",
        cause="max-session-age",
        faults=("max-age:limit=12s",),
        load=Load(requests=(3, 12)),
        truth=("seconds", 12),
    ),
    Case(
        name="age 12 s, listens",
        cause="max-session-age",
        faults=("max-age:limit=12s",),
        load=Load(listen=(0.5, 3), think=(0.1, 0.3), requests=(3, 12)),
        truth=("seconds", 12),
    ),
    Case(
        name="age 8 s, burst ramp, endless calls",
        cause="max-session-age",
        faults=("max-age:limit=8s",),
        load=Load(ramp_s=1, requests=(100, 100)),
        truth=("seconds", 8),
    ),
    Case(
        name="pings 1+1 s, code 1011",
        cause="unanswered-pings",
        faults=("pings:interval=1s,timeout=1s",),
        load=Load(think=(0.5, 4)),
    ),
    Case(
        name="mass at 25 s",
        cause="mass-disconnect",
        faults=("mass:at=25s",),
    ),
    Case(
        name="mass 40% at 25 s",
        cause="mass-disconnect",
        faults=("mass:at=25s,share=40%",),
    ),
    Case(
        name="mass at 25 s, long calls",
        cause="mass-disconnect",
        faults=("mass:at=25s",),
        load=HOLDING,
    ),
    Case(
        name="storm",
        cause="reconnect-storm",
        faults=("mass:at=22s", "rate:limit=15/s,burst=30"),
        load=Load(listen=(1, 3), think=(0.1, 0.2), requests=(100, 100), jitter=False, base_s=0.2),
    ),
    Case(
        name="leak 20%, cap 120",
        cause="leaked-sessions",
        faults=("slots:limit=120,hold=1h",),
        load=Load(leak=0.2),
    ),
    Case(
        name="leak 50%, cap 100 of 60",
        cause="leaked-sessions",
        faults=("slots:limit=100,hold=1h",),
        load=Load(callers=60, leak=0.5),
        truth=("limit", 100),
    ),
    Case(
        name="ports",
        cause="client-exhaustion",
        limits=Limits(ports=100, port_rest=0.0),
    ),
    Case(
        name="goodbye 1011",
        cause="server-close",
        faults=("random:hazard=3/m,form=1011",),
    ),
    Case(
        name="stalls 2%",
        cause="stall",
        faults=("silence:share=2%",),
    ),
    Case(
        name="bottleneck 40/s",
        cause="processing-bottleneck",
        faults=("late:limit=1500ms,form=reset", "processing:workers=1,service=25ms,queue=10000"),
        truth=("throughput_per_s", 40),
    ),
    Case(
        name="random 2% an answer",
        cause="random-drop",
        faults=("random:probability=2%",),
    ),
    Case(
        name="random 8% of attempts",
        cause="random-drop",
        faults=("refuse:share=8%,form=reset",),
    ),
)
