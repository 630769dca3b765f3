"""The truth of a simulated run: what was wrong, whom it hit, and what a verdict may say."""

from __future__ import annotations

import collections
import dataclasses
from typing import TYPE_CHECKING, Any, Final

from jmxgen.simulator.faults import registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jmxgen.simulator.runs.play import Fault, Script
    from jmxgen.simulator.runs.rows import Row
    from jmxgen.simulator.runs.server import SimulatedServer

PHASES: Final = ("handshake", "data")
# Fewer closures and stalls than these of a fault are no cause for a verdict.
_LEAST: Final = 3
_LEAST_SHARE: Final = 0.004  # of the attempts and openings


@dataclasses.dataclass(frozen=True, kw_only=True)
class Truth:
    """What is right to say of a run. Counts are of what the file shows; `server` is what the server saw."""

    cause: tuple[str, ...]  # acceptable ones, the best first
    phase: str  # of the cause: handshake | data | none
    side: str
    phases: dict[str, tuple[str, ...]]  # the acceptable causes of each phase
    also: tuple[str, ...]  # causes of the rest
    estimates: dict[str, dict[str, Any]]  # by cause, under DESIGN.md's keys of evidence
    hits: dict[str, dict[str, int]]  # by phase and cause: closures, and stalls as data; "" is noise
    counts: dict[str, int]  # attempted, opened, handshake, data, stalls
    server: dict[str, int]  # by end, kind and cause, as the server saw it
    faults: tuple[dict[str, Any], ...]
    plan: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return dataclasses.asdict(self)


def of(script: Script, rows: Iterable[Row], server: SimulatedServer) -> Truth:
    """Return the truth of a run."""
    counts, hits = _count(rows)
    total = max(1, counts["attempted"])
    worth = max(_LEAST, _LEAST_SHARE * total)
    by_phase: dict[str, tuple[str, ...]] = {}
    known = _known(script)
    for phase in PHASES:
        found = [cause for cause, count in hits[phase].most_common() if cause and count >= worth]
        by_phase[phase] = _acceptable(found[0], known) if found else ("healthy",)
    weights: collections.Counter[str] = hits["handshake"] + hits["data"]
    found = [cause for cause, count in weights.most_common() if cause and count >= worth]
    first = _acceptable(found[0], known) if found else ("healthy",)
    phase = max(PHASES, key=lambda phase: hits[phase][found[0]]) if found else "none"
    return Truth(
        cause=first,
        phase=phase,
        side="none" if not found else "client" if found[0] == "client-exhaustion" else "server",
        phases=by_phase,
        also=tuple(found[1:]),
        estimates={cause: known[cause].estimates for cause in found if cause in known},
        hits={phase: dict(hits[phase]) for phase in PHASES},
        counts=counts,
        server={" ".join(part for part in key if part): n for key, n in sorted(server.ends.items())},
        faults=tuple({"name": fault.name, **fault.values} for fault in script.faults),
        plan=dataclasses.asdict(script.plan),
    )


def _known(script: Script) -> dict[str, Fault]:
    known = {
        registry()[fault.name].cause if fault.cause is None else fault.cause: fault for fault in script.faults
    }
    if script.limits_cause is not None:
        known["client-exhaustion"] = script.limits_cause
    return known


def _acceptable(cause: str, known: dict[str, Fault]) -> tuple[str, ...]:
    return (cause, *known[cause].instead) if cause in known else (cause,)


def _count(rows: Iterable[Row]) -> tuple[dict[str, int], dict[str, collections.Counter[str]]]:
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
