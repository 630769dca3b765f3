"""The truth of a simulated run: what was wrong, whom it hit, and what a verdict may say."""

from __future__ import annotations

import collections
import dataclasses
from typing import TYPE_CHECKING, Any, Final

from jmxgen.simulator.faults import registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.simulator.runs.play import Fault, Script
    from jmxgen.simulator.runs.rows import Row
    from jmxgen.simulator.runs.server import SimulatedServer

PHASES: Final = ("handshake", "data")
# A fault that hit fewer, and so small a part, is not worth a verdict.
_LEAST: Final = 3
_LEAST_SHARE: Final = 0.004  # of the attempts, or of the connections that opened
_LEAST_CALLERS: Final = 0.02
_NOBODY_GETS_IN: Final = ("outage", "denied", "wrong-endpoint", "client-exhaustion")
_SIDES: Final = {
    "healthy": ("none",),
    "client-exhaustion": ("client",),
    "unanswered-pings": ("client", "server"),
    "denied": ("server", "unknown", "client"),
    "wrong-endpoint": ("server", "unknown", "client"),
    "random-drop": ("server", "unknown"),
    "stall": ("server", "unknown"),
    "outage": ("server", "unknown"),
    "idle-timeout": ("server", "unknown"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Truth:
    """What is right to say of a run. Counts are of what the file shows; `server` is what the server saw."""

    cause: tuple[str, ...]  # acceptable ones, the best first; where hardly anybody was hit healthy, then it
    phase: str  # of the cause: handshake | data | none
    side: tuple[str, ...]  # acceptable ones, the best first
    phases: dict[str, tuple[str, ...]]  # the acceptable causes of each phase
    also: tuple[str, ...]  # causes of the rest
    estimates: dict[str, dict[str, Any]]  # by cause, under the keys of its evidence
    hits: dict[str, dict[str, int]]  # by phase and cause: closures, and stalls as data; "" is noise
    counts: dict[str, int]  # attempted, opened, handshake, data, stalls
    server: dict[str, int]  # by end, kind and cause, as the server saw it
    faults: tuple[dict[str, Any], ...]
    plan: dict[str, Any]


def of(script: Script, rows: Sequence[Row], server: SimulatedServer) -> Truth:
    """Return the truth of a run."""
    counts, hits = _count(rows)
    known = _known(script)
    worthy = {phase: _worthy(phase, counts, hits[phase], rows, script.plan.callers) for phase in PHASES}
    weights = hits["handshake"] + hits["data"]
    found = sorted({cause for phase in PHASES for cause in worthy[phase]}, key=lambda cause: -weights[cause])
    slow = ["processing-bottleneck"] if "processing-bottleneck" in known else []  # if only by its answers
    cause = (
        _acceptable(found[0], known)
        if found
        else ("healthy", *dict.fromkeys(filter(None, [*weights, *slow])))
    )
    if found and not counts["opened"] and cause[0] not in _NOBODY_GETS_IN:
        cause = (*cause, "outage")  # nobody ever got in, whatever kept them out
    return Truth(
        cause=cause,
        phase=max(PHASES, key=lambda phase: hits[phase][found[0]]) if found else "none",
        side=_SIDES.get(cause[0], ("server",)),
        phases={
            phase: _acceptable(causes[0], known) if causes else ("healthy",)
            for phase, causes in worthy.items()
        },
        also=tuple(found[1:]),
        estimates={cause: known[cause].estimates for cause in found if cause in known},
        hits={phase: dict(hits[phase]) for phase in PHASES},
        counts=counts,
        server={" ".join(part for part in key if part): n for key, n in sorted(server.ends.items())},
        faults=tuple({"name": fault.name, **fault.values} for fault in script.faults),
        plan=dataclasses.asdict(script.plan),
    )


def _worthy(
    phase: str, counts: dict[str, int], hits: collections.Counter[str], rows: Sequence[Row], callers: int
) -> list[str]:
    """Return the causes that hit enough connections of a phase, or enough callers; the heaviest first."""
    base = counts["attempted" if phase == "handshake" else "opened"]
    hit: dict[str, set[str]] = collections.defaultdict(set)
    for row in rows:
        if row.closure == phase or (row.stall and phase == "data"):
            hit[row.cause].add(row.thread)
    return [
        cause
        for cause, count in hits.most_common()
        if cause
        and count >= _LEAST
        and (count >= _LEAST_SHARE * base or len(hit[cause]) >= _LEAST_CALLERS * callers)
    ]


def _known(script: Script) -> dict[str, Fault]:
    known = {
        registry()[fault.name].cause if fault.cause is None else fault.cause: fault for fault in script.faults
    }
    if script.limits_cause is not None:
        known["client-exhaustion"] = script.limits_cause
    return known


def _acceptable(cause: str, known: dict[str, Fault]) -> tuple[str, ...]:
    return (cause, *known[cause].instead) if cause in known else (cause,)


def _count(rows: Sequence[Row]) -> tuple[dict[str, int], dict[str, collections.Counter[str]]]:
    counts = dict.fromkeys(("attempted", "opened", "handshake", "data", "stalls"), 0)
    hits: dict[str, collections.Counter[str]] = {phase: collections.Counter() for phase in PHASES}
    for row in rows:
        counts["attempted"] += row.attempt
        counts["opened"] += row.opened
        counts["stalls"] += row.stall
        if row.closure:
            counts[row.closure] += 1
            hits[row.closure][row.cause] += 1
        elif row.stall:
            hits["data"][row.cause] += 1
    return counts, hits
