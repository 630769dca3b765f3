"""One scale for all causes: a softmax over named statistics of the run, its weights learnt from simulations.

Each cause of a phase gets the sum of weight × statistic; probabilities are proportional to the exponentials
of these sums (multinomial logistic regression). Statistics lie between 0 and 1, so a weight is how many nats
the statistic's whole range adds. The weights stand in `weights.json`, made by `make calibrate`.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.causes import CAUSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jmxgen.analysis.causes.base import Facts, Finding

    Weights = Mapping[str, Mapping[str, float]]  # cause -> statistic -> nats

FILE: Final = Path(__file__).with_name("weights.json")
CONSTANT: Final = "(constant)"
# How often a line of the server's log that names a cause is right: an assumption, which the log-odds of a
# witness follow from. Even a log that names one cause throughout can be outweighed.
TRUST: Final = 0.95


@functools.cache
def weights() -> Mapping[str, Weights]:
    """Return the weights of each phase."""
    found: Mapping[str, Weights] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def findings(facts: Facts) -> dict[str, Finding]:
    """Return what each cause finds in a run, of those that find anything."""
    return {name: found for name, cause in CAUSES.items() if (found := cause.weigh(facts)) is not None}


def by_cause(facts: Facts) -> dict[str, Mapping[str, float]]:
    """Return the statistics that each cause names."""
    return {name: cause.statistics(facts) for name, cause in CAUSES.items()}


def statistics(facts: Facts, findings: Mapping[str, Finding], phase: str) -> dict[str, float]:
    """Return all statistics of a run, as far as a phase is concerned.

    Args:
        facts: the run.
        findings: what each cause found in it, of those that found anything.
        phase: handshake or data.
    """
    found = {CONSTANT: 1.0}
    weight = np.where(facts.trouble(phase), facts.weights, 0.0)
    whole = float(weight.sum())
    for name, own in facts.once(by_cause).items():
        found |= own
        finding = findings.get(name)
        if name in ("healthy", "unknown"):
            continue
        part = float(weight[finding.explained].sum()) / whole if finding is not None and whole else 0.0
        fit = float(np.clip(finding.fit, 0, 1)) if finding is not None else 0.0
        found[f"{name}: part of the trouble explained"] = part
        found[f"{name}: how well its own mark fits"] = fit
        found[f"{name}: fit of the part explained"] = fit * part
    return found


def witnesses(facts: Facts, phase: str) -> dict[str, float]:
    """Return how many nats the server's log adds to each cause that its lines name, {} without a log.

    The log-odds of `TRUST`, times the part of the phase's trouble whose line names the cause.
    """
    log, trouble = facts.run.server_log, facts.trouble(phase)
    if log is None or not trouble.any():
        return {}
    named = log.connections["named_cause"].astype(str).to_numpy()[trouble]
    causes, counts = np.unique(named[named != ""], return_counts=True)
    nats = float(np.log(TRUST / (1 - TRUST)))
    return {str(cause): nats * int(count) / len(named) for cause, count in zip(causes, counts, strict=True)}


def probabilities(
    statistics: Mapping[str, float],
    phase: str,
    causes: frozenset[str],
    witnesses: Mapping[str, float] = MappingProxyType({}),
) -> dict[str, float]:
    """Return the probability of each cause of a phase, largest first; they sum to one.

    Args:
        statistics: of the run.
        phase: handshake or data.
        causes: those that are possible at all.
        witnesses: nats that the server's log adds to a cause.
    """
    sums = {
        cause: _sum(row, statistics) + witnesses.get(cause, 0.0)
        for cause, row in weights()[phase].items()
        if cause in causes
    }
    top = max(sums.values())
    parts = {cause: float(np.exp(value - top)) for cause, value in sums.items()}
    whole = sum(parts.values())
    return dict(sorted(((c, p / whole) for c, p in parts.items()), key=lambda item: -item[1]))


def contributions(statistics: Mapping[str, float], phase: str, cause: str, rival: str) -> dict[str, float]:
    """Return how many nats each statistic adds to a cause over its rival, largest first."""
    mine, others = weights()[phase].get(cause, {}), weights()[phase].get(rival, {})
    found = {
        name: (mine.get(name, 0.0) - others.get(name, 0.0)) * value
        for name, value in statistics.items()
        if name != CONSTANT and value
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _sum(row: Mapping[str, float], statistics: Mapping[str, float]) -> float:
    return sum(weight * statistics.get(name, 0.0) for name, weight in row.items())
