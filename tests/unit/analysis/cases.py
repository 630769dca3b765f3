"""The cases that judge the causes: a server, a load, the truth. For the tests and benchmarks/causes.py."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from jmxgen.analysis.model import Results
from tests.unit.analysis.synthetic import (
    Bottleneck,
    Cap,
    Channels,
    Goodbye,
    Idle,
    LateCap,
    LeakyCap,
    Load,
    Mass,
    MaxAge,
    Pings,
    Ports,
    RandomDrop,
    Rate,
    Server,
    Silent,
    Storm,
    Window,
    generator,
    simulate,
    with_reason,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    cause: str
    server: Callable[[np.random.Generator], Server]
    load: Load = dataclasses.field(default_factory=Load)
    truth: tuple[str, float] | None = None  # evidence key, value
    finish: Callable[[Results], Results] = lambda results: results

    def run(self, seed: int) -> Results:
        return self.finish(simulate(self.server(generator(seed)), self.load, seed))


LISTENING = Load(listen=(1.0, 6.0), think=(0.1, 0.5))
HOLDING = Load(requests=(100, 100))
NOISY = Load(noise=0.01)

CASES = (
    Case(name="healthy", cause="healthy", server=Server),
    Case(name="healthy, noise 0.5%", cause="healthy", server=Server, load=Load(noise=0.005)),
    Case(name="healthy, losses 0.1% an answer", cause="healthy", server=lambda r: RandomDrop(r, p=0.001)),
    Case(name="cap 100, churn", cause="concurrency-cap", server=lambda r: Cap(r, 100), truth=("limit", 100)),
    Case(
        name="cap 100, hold",
        cause="concurrency-cap",
        server=lambda r: Cap(r, 100),
        load=HOLDING,
        truth=("limit", 100),
    ),
    Case(
        name="cap 100, noise 1%",
        cause="concurrency-cap",
        server=lambda r: Cap(r, 100),
        load=NOISY,
        truth=("limit", 100),
    ),
    Case(
        name="cap 100, drops late",
        cause="concurrency-cap",
        server=lambda r: LateCap(r, 100),
        truth=("limit", 100),
    ),
    Case(
        name="cap 20 of 30",
        cause="concurrency-cap",
        server=lambda r: Cap(r, 20, ("reset", 0)),
        load=Load(callers=30, ramp_s=5, length_s=25),
        truth=("limit", 20),
    ),
    Case(
        name="cap 20 of 30, no retry, 1 call",
        cause="concurrency-cap",
        server=lambda r: Cap(r, 20),
        load=Load(callers=30, ramp_s=5, calls=1, attempts=1),
        truth=("limit", 20),
    ),
    Case(
        name="cap 100, burst ramp",
        cause="concurrency-cap",
        server=lambda r: Cap(r, 100),
        load=Load(ramp_s=1),
        truth=("limit", 100),
    ),
    Case(
        name="20 channels, 25 callers listen",
        cause="concurrency-cap",
        server=lambda r: Channels(r, 20),
        load=Load(callers=25, ramp_s=10, listen=(1, 4), think=(0.05, 0.1), requests=(10, 30)),
        truth=("limit", 20),
    ),
    Case(
        name="rate 8/s bucket",
        cause="handshake-rate-limit",
        server=lambda r: Rate(r, 8),
        truth=("rate_per_s", 8),
    ),
    Case(
        name="rate 8/s, burst 20",
        cause="handshake-rate-limit",
        server=lambda r: Rate(r, 8, 20),
        truth=("rate_per_s", 8),
    ),
    Case(
        name="rate 8/s window",
        cause="handshake-rate-limit",
        server=lambda r: Window(r, 8),
        truth=("rate_per_s", 8),
    ),
    Case(
        name="rate 15/s, 200 in 5 s, 1 call",
        cause="handshake-rate-limit",
        server=lambda r: Rate(r, 15),
        load=Load(callers=200, ramp_s=5, calls=1),
        truth=("rate_per_s", 15),
    ),
    Case(
        name="rate 5/s, 40 callers hold",
        cause="handshake-rate-limit",
        server=lambda r: Rate(r, 5),
        load=Load(callers=40, ramp_s=2, requests=(100, 100)),
        truth=("rate_per_s", 5),
    ),
    Case(
        name="idle 2.5 s, pauses 1..3",
        cause="idle-timeout",
        server=lambda r: Idle(r, 2.5),
        truth=("seconds", 2.5),
    ),
    Case(
        name="idle 4 s, listens 1..6",
        cause="idle-timeout",
        server=lambda r: Idle(r, 4),
        load=LISTENING,
        truth=("seconds", 4),
    ),
    Case(
        name="idle 2.5 s, code 1001",
        cause="idle-timeout",
        server=lambda r: Idle(r, 2.5, 1001),
        truth=("seconds", 2.5),
    ),
    Case(
        name="idle 4 s, pauses 5 s",
        cause="idle-timeout",
        server=lambda r: Idle(r, 4),
        load=Load(think=(5, 5)),
    ),
    Case(
        name="age 12 s",
        cause="max-session-age",
        server=lambda r: MaxAge(r, 12),
        load=Load(requests=(3, 12)),
        truth=("seconds", 12),
    ),
    Case(
        name="age 12 s, listens",
        cause="max-session-age",
        server=lambda r: MaxAge(r, 12),
        load=Load(listen=(0.5, 3), think=(0.1, 0.3), requests=(3, 12)),
        truth=("seconds", 12),
    ),
    Case(
        name="age 8 s, burst ramp, endless calls",
        cause="max-session-age",
        server=lambda r: MaxAge(r, 8),
        load=Load(ramp_s=1, requests=(100, 100)),
        truth=("seconds", 8),
    ),
    Case(
        name="pings 2+1 s, code 1011",
        cause="unanswered-pings",
        server=lambda r: Pings(r, 1, 1, 1011),
        load=Load(think=(0.5, 4)),
    ),
    Case(
        name="pings 2+1 s, listens and pauses",
        cause="unanswered-pings",
        server=lambda r: Pings(r, 0.5, 2),
        load=Load(listen=(1, 6), think=(0.5, 4)),
    ),
    Case(name="mass at 25 s", cause="mass-disconnect", server=lambda r: Mass(r, 25)),
    Case(name="mass 40% at 25 s", cause="mass-disconnect", server=lambda r: Mass(r, 25, 0.4)),
    Case(
        name="mass at 25 s, long calls", cause="mass-disconnect", server=lambda r: Mass(r, 25), load=HOLDING
    ),
    Case(
        name="storm",
        cause="reconnect-storm",
        server=lambda r: Storm(r, 22, 15),
        load=Load(listen=(1, 3), think=(0.1, 0.2), requests=(100, 100), jitter=False, base_s=0.2),
    ),
    Case(
        name="leak 20%, cap 120",
        cause="leaked-sessions",
        server=lambda r: LeakyCap(r, 120),
        load=Load(leak=0.2),
    ),
    Case(
        name="leak 50%, cap 100 of 60",
        cause="leaked-sessions",
        server=lambda r: LeakyCap(r, 100),
        load=Load(callers=60, leak=0.5),
        truth=("limit", 100),
    ),
    Case(
        name="ports",
        cause="client-exhaustion",
        server=lambda r: Ports(r, 100),
        finish=lambda x: with_reason(x, "client", "WebSocket I/O error: Cannot assign requested address"),
    ),
    Case(name="goodbye 1011", cause="server-close", server=lambda r: Goodbye(r, 20)),
    Case(name="stalls 2%", cause="stall", server=lambda r: Silent(r, 0.02)),
    Case(
        name="bottleneck 40/s",
        cause="processing-bottleneck",
        server=lambda r: Bottleneck(r, 40, 1.2),
        truth=("throughput_per_s", 40),
    ),
    Case(name="random 2% an answer", cause="random-drop", server=lambda r: RandomDrop(r, p=0.02)),
    Case(name="random 8% of attempts", cause="random-drop", server=lambda r: RandomDrop(r, q=0.08)),
)
