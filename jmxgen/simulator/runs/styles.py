"""Plans drawn by chance, in the styles that people write, and jmxgen's own."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final

from jmxgen.simulator.runs.plan import Plan, Retry, Step, Times

if TYPE_CHECKING:
    import random

_ROWS: Final = 8_000  # of a run in good health, at most
_OPENERS: Final = ("Open", "WS Open", "Open Connection", "connect", "WS", "1 open websocket")
_REQUESTS: Final = ("Request", "request", "Gather digit", "send and receive", "Call step", "ask")
_CLOSERS: Final = ("Close", "Hang up", "close", "WS Close", "disconnect")
_GROUPS: Final = ("Callers", "Thread Group", "callers", "WebSocket users", "Users")


def log_uniform(random: random.Random, low: float, high: float) -> float:
    """Return a number between two, each order of magnitude as likely as the next."""
    return math.exp(random.uniform(math.log(low), math.log(high)))


def draw(random: random.Random) -> Plan:
    """Return a plan in a style drawn by chance."""
    callers, ramp, duration = _load(random)
    plan = _generated(random, callers) if random.random() < 0.25 else _by_hand(random, callers)
    steps = random.choice((2, 3, 5, 10)) if random.random() < 0.12 else None
    plan = _affordable(dataclasses.replace(plan, ramp=ramp, duration=duration, steps=steps), random)
    return _arrivals(plan, random) if random.random() < 0.1 else plan


def _load(random: random.Random) -> tuple[int, float, float]:
    size = random.random()
    if size < 0.06:
        callers = random.randint(5, 15)
    elif size < 0.10:
        callers = round(log_uniform(random, 400, 2000))
    else:
        callers = round(log_uniform(random, 20, 400))
    duration = log_uniform(random, 15, 600 if random.random() < 0.3 else 150)
    ramp = duration * random.choice((0.0, 0.02, 0.1, 0.3, 0.6, 0.9)) * random.uniform(0.5, 1.0)
    return callers, ramp, duration


def _arrivals(plan: Plan, random: random.Random) -> Plan:
    """Return the plan with callers that come all through the run, each for one call."""
    assert plan.duration is not None
    callers = min(2000, plan.callers * random.randint(1, 5))
    return dataclasses.replace(
        plan, callers=callers, ramp=plan.duration * 0.95, loops=1, steps=None, finishes=True
    )


def _affordable(plan: Plan, random: random.Random) -> Plan:
    """Return the plan with fewer seconds, or callers, where it would make too many rows."""
    waits = sum(step in ("think", "listen", "optional read") for step in plan.call)
    samples = len(plan.call) - sum(step == "think" for step in plan.call)
    mean = max(_mean(plan.think), _mean(plan.listen)) * waits + _mean(plan.between) + 0.02 * samples
    rate = plan.callers * samples / mean
    assert plan.duration is not None
    duration = max(15.0, min(plan.duration, _ROWS / rate))
    callers = max(5, min(plan.callers, round(plan.callers * _ROWS / rate / duration)))
    loops = None
    if random.random() < 0.2:
        loops = max(1, round(duration / mean * random.uniform(0.3, 1.0)))
    ramp = plan.ramp * duration / plan.duration
    return dataclasses.replace(plan, callers=callers, duration=duration, ramp=ramp, loops=loops)


def _mean(times: Times) -> float:
    return (times.low + times.high) / 2 if times.kind == "uniform" else times.low


def _times(random: random.Random, low: float, high: float, *, none: float = 0.0) -> Times:
    """Return a way to wait of a mean between two, or none at all."""
    if random.random() < none:
        return Times()
    mean = log_uniform(random, low, high)
    match random.choice(("fixed", "uniform", "uniform", "exponential")):
        case "fixed":
            return Times(kind="fixed", low=mean)
        case "uniform":
            spread = random.uniform(0.1, 0.95)
            return Times(kind="uniform", low=mean * (1 - spread), high=mean * (1 + spread))
        case _:
            return Times(kind="exponential", low=mean)


def _exchanges(random: random.Random) -> int:
    size = random.random()
    if size < 0.5:
        return random.randint(1, 5)
    return random.randint(5, 15) if size < 0.75 else random.randint(40, 300)


def _by_hand(random: random.Random, callers: int) -> Plan:
    think = _times(random, 0.2, 10, none=0.1)
    retry = None
    if random.random() < 0.4:
        jitter = random.choice(("none", "none", "full", "equal"))
        base = log_uniform(random, 0.2, 5)
        cap = base if random.random() < 0.5 else base * random.choice((4, 8, 16))
        retry = Retry(attempts=random.choice((2, 3, 5, 10, 50)), base=base, cap=cap, jitter=jitter)  # type: ignore[arg-type]
    call = _call(random)
    labels, numbered = _labels(random, call)
    return Plan(
        callers=callers,
        ramp=0.0,
        duration=None,
        call=call,
        others=_others(call, random) if random.random() < 0.3 else (),
        labels=labels,
        numbered=numbered,
        group=random.choice(_GROUPS),
        think=think,
        listen=_times(random, 0.5, 8),
        between=_times(random, 0.2, 5, none=0.6),
        on_error=random.choice(("next loop", "next loop", "continue", "continue", "stop thread")),
        retry=retry,
        guarded=retry is not None and random.random() < 0.8,
        finishes=random.random() < 0.3,
        connect_timeout=random.choice((2.0, 5.0, 20.0, 20.0)),
        read_timeout=random.choice((1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 6.0, 6.0, 10.0, 20.0)),
        open_timeout=random.choice((None, None, 2.0, 3.0, 5.0, 10.0)),
        pings=random.choice(("unfiltered", "unfiltered", "filtered", "answered")),
        reset_on_end=random.random() < 0.2,
        transaction="call" if random.random() < 0.08 else "",
    )


def _labels(random: random.Random, call: tuple[Step, ...]) -> tuple[dict[str, str], bool]:
    request = random.choice(_REQUESTS)
    labels: dict[str, str] = {
        "open": random.choice(_OPENERS),
        "request": request,
        "request new": random.choice((request, "first request", "Call step 1")),
        "write": "send",
        "read": "recv",
        "optional read": random.choice(("listen", "wait", "Read")),
        "listen": "listen",
        "ping": "ping",
        "close": random.choice(_CLOSERS),
    }
    # An opening and a read that time out look alike: where they share a label no file can distinguish them.
    if random.random() < 0.06 and set(call) <= {"open", "request", "request new", "think", "close"}:
        labels = dict.fromkeys(labels, "WebSocket")
    return labels, random.random() < 0.4


def _call(random: random.Random) -> tuple[Step, ...]:
    """Return the steps of one pass through a hand-made loop."""
    style = random.random()
    exchange: tuple[Step, ...] = ("request",)
    if style < 0.25:
        exchange = ("write", "read")
    elif style < 0.30:
        exchange = ("ping",)
    gap: tuple[Step, ...] = ("think",)
    if random.random() < 0.15:
        gap = random.choice((("optional read",), ("optional read", "think"), ("listen",)))
    first: tuple[Step, ...] = ("open", *exchange) if random.random() < 0.7 else ("request new",)
    if first[0] == "open" and random.random() < 0.1:
        return ("open", "optional read", *(("close",) if random.random() < 0.5 else ()))
    last: tuple[Step, ...] = ("close",) if random.random() < 0.8 else ()
    rest = (gap + exchange) * _exchanges(random)
    return (*first, *rest, *(gap if random.random() < 0.3 else ()), *last)


def _others(call: tuple[Step, ...], random: random.Random) -> tuple[tuple[Step, ...], ...]:
    """Return shorter calls beside a call, as where callers hang up earlier or later."""
    last = call[-1:] if call[-1] == "close" else ()
    lengths = {random.randint(1, len(call)) for _ in range(4)}
    return tuple((*call[:length], *last) for length in sorted(lengths) if length < len(call) - 1)


def _generated(random: random.Random, callers: int) -> Plan:
    """Return a plan as jmxgen generates it: bounded backoff, pauses that read, a close on every path."""
    base, cap = log_uniform(random, 0.2, 2), random.choice((4.0, 8.0, 30.0, 60.0))
    retry = Retry(
        attempts=random.choice((3, 5, 6, 6, 10, 50)),
        base=base,
        cap=max(base, cap),
        jitter=random.choice(("full", "full", "full", "equal", "none")),
    )
    gap: tuple[Step, ...] = ("listen",) if random.random() < 0.8 else ("think",)
    return Plan(
        callers=callers,
        ramp=0.0,
        duration=None,
        call=("open", "request", *(*gap, "request") * _exchanges(random), "close"),
        labels={"open": "open", "request": "request", "listen": "pause", "close": "close"},
        numbered=True,
        group="callers",
        think=_times(random, 0.2, 10),
        listen=_times(random, 0.5, 10),
        on_error="next loop",
        retry=retry,
        give_up_on=random.choice(((401, 403, 404), (401, 403, 404), ())),
        connect_timeout=5.0,
        read_timeout=random.choice((2.0, 5.0, 5.0, 5.0, 10.0)),
        pings=random.choice(("answered", "answered", "answered", "filtered")),
        generated=True,
        handshake_rate=log_uniform(random, 5, 100) if random.random() < 0.25 else None,
    )
