"""The analysis as JSON, version 1: what other programs read (`jmxgen analyze --json`)."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import TYPE_CHECKING, Any, Final, cast

from jmxgen.analysis import measures
from jmxgen.analysis.measures import callers
from jmxgen.analysis.report import besides, scenario, server_log
from jmxgen.units import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jmxgen.analysis.model import Analysis, Check, Counts

SCHEMA: Final = "jmxgen.analysis/1"


def render(analysis: Analysis) -> str:
    """Return the analysis as JSON text: the same bytes for the same analysis, never NaN.

    Unknown numbers and times are null.
    """
    return json.dumps(value(analysis), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def value(analysis: Analysis) -> dict[str, Any]:
    """Return the analysis as the JSON value that `schema` describes."""
    run = analysis.run
    verdict = analysis.verdict
    counts = analysis.counts
    return cast(
        "dict[str, Any]",
        plain(
            {
                "schema": SCHEMA,
                "files": list(run.files),
                "samples": run.samples,
                "skipped_rows": sum(run.skipped_rows.values()),
                "start": iso(run.start_ms),
                "seconds": run.seconds_long,
                "connections": {
                    "attempted": counts.attempted,
                    "opened": counts.opened,
                    "closed": counts.closed,
                    "leaked": counts.leaked,
                    "peak_open": counts.peak_open,
                },
                "closures": _closures(counts),
                "stalls": run.stalls,
                "silent": run.silent,
                "aftermath": run.aftermath,
                "unattributed": run.unattributed,
                "other_errors": measures.other_errors(run, counts),
                "complete": run.complete,
                "incomplete_because": run.incomplete_because,
                "callers": dataclasses.asdict(callers.count(run)),
                "scenario": _scenario(analysis),
                "criteria": [_criterion(check) for check in analysis.criteria],
                "server_log": server_log.value(run.server_log) if run.server_log else None,
                "verdict": {
                    "cause": verdict.cause,
                    "side": verdict.side,
                    "phase": verdict.phase,
                    "confidence": verdict.confidence,
                    "also": [other.cause for other in verdict.also],
                    "tie": verdict.tie or None,
                    "evidence": verdict.evidence,
                    "advice": besides.advice(analysis),
                },
                "hypotheses": [
                    {
                        "cause": h.cause,
                        "phase": h.phase,
                        "probability": h.probability,
                        "explains": h.explains,
                        "evidence": h.evidence,
                        "against": h.against,
                    }
                    for h in analysis.hypotheses
                ],
                "labels": run.labels.to_dict("records"),
            }
        ),
    )


def _closures(counts: Counts) -> dict[str, Any]:
    return {
        "handshake": {
            "total": counts.handshake,
            "rate": counts.handshake_rate if counts.attempted else None,
            "kinds": _sorted(counts.handshake_kinds),
            "statuses": _sorted(counts.statuses),
        },
        "data": {
            "total": counts.data,
            "rate": counts.data_rate if counts.opened else None,
            "kinds": _sorted(counts.data_kinds),
            "codes": _sorted(counts.codes),
        },
    }


def _scenario(analysis: Analysis) -> dict[str, str] | None:
    given = analysis.run.scenario
    return None if not given else {"name": scenario.name(given), "target": scenario.target(given)}


def _criterion(check: Check) -> dict[str, Any]:
    return {
        "expression": check.expression,
        "fail_on": check.fail_on,
        "outcome": check.outcome,
        "actual": check.actual,
    }


def _sorted(counted: Mapping[str, int]) -> dict[str, int]:
    return {str(key): counted[key] for key in sorted(counted, key=str)}


def plain(value: Any) -> Any:
    """Return `value` in JSON's own types: numpy numbers become Python's, what is not finite becomes null."""
    if hasattr(value, "items"):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int, bool)):
        return value
    return str(value)
