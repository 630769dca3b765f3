"""A reproduction as a value, and as JSON."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any, Final

from jmxgen.analysis.report.json import plain
from jmxgen.reproduce.alike import first_closures

if TYPE_CHECKING:
    from jmxgen.analysis.model import Analysis
    from jmxgen.reproduce.alike import Likeness
    from jmxgen.reproduce.faults import Faults

SCHEMA: Final = "jmxgen.reproduce/1"
FILE: Final = "reproduce.json"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Reproduction:
    """A recording and what came of playing its verdict back.

    Attributes:
        name: the recording's file or folder.
        faults: what the verdict implies.
        played: the run of the reproduction, and whether it is like the recording; None where there is none.
    """

    name: str
    recording: Analysis
    faults: Faults
    played: tuple[Analysis, Likeness] | None = None

    @property
    def sentence(self) -> str:
        """What came of it, in one line."""
        if self.played:
            return self.played[1].words
        return f"Nothing was played: {'; '.join(self.faults.not_played)}"


def render(reproduction: Reproduction) -> str:
    """Return a reproduction as JSON text, version 1; what is not known is null."""
    played, likeness = reproduction.played or (None, None)
    value = {
        "schema": SCHEMA,
        "results": reproduction.name,
        "outcome": "not played" if likeness is None else "alike" if likeness.alike else "not alike",
        "words": reproduction.sentence,
        "faults": list(reproduction.faults.texts),
        "not_played": list(reproduction.faults.not_played),
        "tests": [dataclasses.asdict(test) for test in likeness.tests] if likeness else [],
        "recording": _run(reproduction.recording),
        "reproduction": _run(played) if played else None,
    }
    return json.dumps(plain(value), indent=2, allow_nan=False) + "\n"


def _run(analysis: Analysis) -> dict[str, Any]:
    verdict, counts = analysis.verdict, analysis.counts
    return {
        "cause": verdict.cause,
        "confidence": verdict.confidence,
        "evidence": dict(verdict.evidence),
        "attempted": counts.attempted,
        "opened": counts.opened,
        "peak_open": counts.peak_open,
        "closures": {
            "handshake": _closures(analysis, "handshake", counts.handshake, counts.handshake_rate),
            "data": _closures(analysis, "data", counts.data, counts.data_rate),
        },
    }


def _closures(analysis: Analysis, phase: str, total: int, rate: float) -> dict[str, Any]:
    """Return the closures of a phase, and the seconds at which callers had their first."""
    times = sorted(first_closures(analysis, phase).tolist())
    found = {"first": times[0], "median": times[len(times) // 2], "last": times[-1]} if times else {}
    return {"total": total, "rate": rate, "first_closures": {key: round(t, 3) for key, t in found.items()}}
