"""Scripts drawn by chance: a plan, a server, a trouble or several, noise, a clock, an end."""

from __future__ import annotations

import dataclasses
import random
from typing import Final

from jmxgen.simulator.runs import styles
from jmxgen.simulator.runs.generator import Limits
from jmxgen.simulator.runs.kinds import KINDS
from jmxgen.simulator.runs.play import Fault, Script, SimulatedRun, play
from jmxgen.simulator.runs.server import Service
from jmxgen.simulator.runs.styles import log_uniform

_TRIES: Final = 12
_NEXT: Final = 1_000_003  # from a seed to that of its next try
_HEALTHY: Final = 0.15  # of all runs
_SECOND: Final = 0.15  # of the faulty ones have a second trouble
_UNHURT: Final = 0.05  # of those whose trouble hits nobody stay, as healthy ones


def simulate(seed: int, cause: str | None = None) -> SimulatedRun:
    """Return a run drawn by chance, whose trouble has hit somebody, mostly.

    Args:
        seed: the same seed gives the same run.
        cause: the one that it must have; None: any.
    """
    attempt = 0
    while True:
        run = play(draw(seed + attempt * _NEXT, cause))
        attempt += 1
        found = run.truth.cause[0]
        if attempt == _TRIES or found == cause or (cause is None and found != "healthy"):
            return run
        wanted = _kind(seed, cause)
        if cause is None and (wanted == "healthy" or random.Random(f"{seed} {attempt}").random() < _UNHURT):
            return run


def draw(seed: int, cause: str | None = None) -> Script:
    """Return a script drawn by chance; its trouble may turn out to hit nobody.

    Args:
        seed: the same seed gives the same script.
        cause: the one that is meant; None: any.
    """
    chance = random.Random(f"script {seed}")
    first = _kind(seed % _NEXT, cause)
    script = Script(
        seed=seed,
        plan=styles.draw(chance),
        service=_service(chance),
        limits=Limits(work=log_uniform(chance, 0.00005, 0.0006)),
    )
    script = chance.choice(KINDS[first])(script, chance)
    if first not in ("healthy", "wrong-endpoint") and chance.random() < _SECOND:
        second = chance.choice(
            [kind for kind in KINDS if kind not in (first, "healthy", "wrong-endpoint", "outage")]
        )
        script = chance.choice(KINDS[second])(script, chance)
    return _end(_noise(script, chance), chance)


def _kind(seed: int, cause: str | None) -> str:
    if cause is not None:
        return cause
    chance = random.Random(f"kind {seed}")
    return (
        "healthy"
        if chance.random() < _HEALTHY
        else chance.choice([kind for kind in KINDS if kind != "healthy"])
    )


def _service(chance: random.Random) -> Service:
    slow = chance.random() < 0.15
    return Service(
        latency=log_uniform(chance, 0.0005, 0.08),
        handshake=log_uniform(chance, 0.001, 0.03),
        answer=log_uniform(chance, 0.1, 1.2) if slow else log_uniform(chance, 0.001, 0.1),
        spread=chance.uniform(0.2, 0.9),
        tail=log_uniform(chance, 0.0005, 0.01) if chance.random() < 0.3 else 0.0,
        loss=log_uniform(chance, 0.0005, 0.01) if chance.random() < 0.1 else 0.0,
        answer_size=chance.choice((3, 9, 9, 27, 36, 120)),
        push_every=log_uniform(chance, 0.5, 20) if chance.random() < 0.08 else None,
        echo=chance.choice(("sampler requested close",) * 4 + ("",)),
        reasons=chance.choice(("own", "own", "code", "none", "none")),
        ping_every=log_uniform(chance, 2, 40) if chance.random() < 0.06 else None,
        close_wait=chance.choice((0.0, 0.0, 5.0, 10.0, 30.0)),
        head=chance.choice((129, 129, 188, 192, 203)),
        reset_races=chance.choice((0.0, 0.0, 0.2, 0.8)),
    )


def _noise(script: Script, chance: random.Random) -> Script:
    """Return the script with odd failures of all sorts, up to 1 % each."""
    noise = []
    if chance.random() < 0.3:
        form = chance.choice((500, 502, 503, "reset", "eof", "stall"))
        share = log_uniform(chance, 0.0005, 0.008)
        if form == "stall":
            noise.append(Fault(name="stall", values={"share": share}, cause=""))
        else:
            noise.append(Fault(name="refuse", values={"share": share, "form": form}, cause=""))
    if chance.random() < 0.3:
        share = log_uniform(chance, 0.00005, 0.001)
        form = chance.choice(("reset", "eof", 1011))
        noise.append(Fault(name="random", values={"probability": share, "form": form}, cause=""))
    if chance.random() < 0.15:
        noise.append(Fault(name="silence", values={"share": log_uniform(chance, 0.00005, 0.001)}, cause=""))
    return dataclasses.replace(script, faults=(*script.faults, *noise))


def _end(script: Script, chance: random.Random) -> Script:
    """Return the script with the clock of some machine, and perhaps a file that ends too early."""
    tick = 15.625 if chance.random() < 0.1 else 1.0
    script = dataclasses.replace(script, tick_ms=tick)
    if chance.random() < 0.1 and script.plan.duration:
        cut_at = script.plan.duration * chance.uniform(0.6, 1.0)
        script = dataclasses.replace(
            script, cut_at=cut_at, cut_bytes=chance.choice((0, 0, chance.randint(8, 60)))
        )
    return script
