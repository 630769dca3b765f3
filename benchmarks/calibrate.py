"""Learn the weights of the verdict's scale from simulated runs, and measure how often it is right.

    python benchmarks/calibrate.py [--runs 1400] [--held-out 300] [--processes 2]

Writes analysis/weights.json (the scale) and docs/reference/how-often-right.md (the measurement, on runs of
seeds that the scale never saw, and on the recordings in the tree, which it never saw either).
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import json
import multiprocessing
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from jmxgen.analysis import reading, scale
from jmxgen.analysis.causes import CAUSES, healthy
from jmxgen.analysis.causes.base import Facts
from jmxgen.analysis.verdict import PHASES, judge
from jmxgen.simulator.runs import simulate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "reference" / "how-often-right.md"
HELD_OUT: Final = 10_000_000  # seeds from here on are never learnt from
STRENGTH: Final = 1.0  # inverse of the L2 penalty
LEAST: Final = 0.05  # nats: smaller weights are left out, so that the file can be read
# Of servers that end quiet connections without a word, those with an idle timeout are more frequent than
# those that ping: every proxy has one. A run of pings that shows no sign of pings looks just like that.
# Most runs of a system that is nearly ready are healthy.
PRIOR: Final = {"idle-timeout": 2.0, "healthy": 2.0}
SILENT_PINGS: Final = 0.5
SIGNS_OF_PINGS: Final = (
    "losses whose close frame names pings",
    "losses on connections that left pings unread",
    "the client answers no pings",
    "one age of losses without any answer to pings",
)
BINS: Final = 10


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lesson:
    """The statistics of one phase of a run, and what is right to say of it."""

    phase: str
    statistics: dict[str, float]
    cause: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Judged:
    """A verdict beside the truth."""

    truth: str
    said: str
    right: bool
    confidence: float
    covered: bool | None  # whether an interval that was given holds the truth; None where none was


def lessons(seed: int) -> list[Lesson]:
    """Simulate a run and return its lessons: one a phase that had any trouble."""
    run = simulate(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "results.jtl")
        run.write_jtl(path)
        facts = Facts(reading.read([path]))
    findings = scale.findings(facts)
    taught = []
    for phase in PHASES:
        if facts.trouble(phase).any():
            cause = run.truth.phases[phase][0]
            if cause not in CAUSES or phase not in CAUSES[cause].PHASES:
                cause = "unknown"
            noise = healthy.is_noise(facts, phase)
            if cause == "healthy" and not noise:
                cause = "unknown"
            if cause == "random-drop" and noise:  # by definition: so few are noise
                cause = "healthy"
            shown = scale.statistics(facts, findings, phase)
            taught.append(Lesson(phase=phase, statistics=shown, cause=cause))
    return taught


def weight(lesson: Lesson) -> float:
    """Return how much a lesson counts."""
    if lesson.cause == "unanswered-pings" and not any(lesson.statistics[name] for name in SIGNS_OF_PINGS):
        return SILENT_PINGS
    return PRIOR.get(lesson.cause, 1.0)


def learn(found: Sequence[Lesson]) -> dict[str, dict[str, dict[str, float]]]:
    """Return the weights of each phase: cause, statistic, nats."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # learning alone needs it

    learnt: dict[str, dict[str, dict[str, float]]] = {}
    for phase in PHASES:
        mine = [lesson for lesson in found if lesson.phase == phase]
        names = sorted({name for lesson in mine for name in lesson.statistics} - {scale.CONSTANT})
        table = np.array([[lesson.statistics.get(name, 0.0) for name in names] for lesson in mine])
        model = LogisticRegression(C=STRENGTH, max_iter=500)
        model.fit(table, [lesson.cause for lesson in mine], sample_weight=[weight(x) for x in mine])
        learnt[phase] = {
            str(cause): {scale.CONSTANT: round(float(model.intercept_[row]), 3)}
            | {
                name: round(float(nats), 3)
                for name, nats in zip(names, model.coef_[row], strict=True)
                if abs(nats) >= LEAST
            }
            for row, cause in enumerate(model.classes_)
        }
    return learnt


def examine(seed: int) -> Judged:
    """Simulate a run that was not learnt from, and judge it."""
    run = simulate(HELD_OUT + seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "results.jtl")
        run.write_jtl(path)
        verdict = judge(reading.read([path])).verdict
    return Judged(
        truth=run.truth.cause[0],
        said=verdict.cause,
        right=verdict.cause in run.truth.cause,
        confidence=verdict.confidence,
        covered=_covered(verdict.evidence, run.truth.estimates.get(verdict.cause, {})),
    )


def recordings() -> list[Judged]:
    """Judge the recordings in the tree, none of which was learnt from."""
    from benchmarks.recorded import recordings as recorded

    return [
        Judged(
            truth=one.expected["cause"],
            said=one.analysis.verdict.cause,
            right=one.analysis.verdict.cause == one.expected["cause"],
            confidence=one.analysis.verdict.confidence,
            covered=None,
        )
        for one in recorded()
    ]


def _covered(evidence: Any, truth: dict[str, Any]) -> bool | None:
    interval = evidence.get("interval")
    value = next((truth[key] for key in ("limit", "rate_per_s", "seconds", "rate") if key in truth), None)
    if interval is None or not isinstance(value, (int, float)):
        return None
    return bool(interval[0] <= value <= interval[1])


def calibration_error(found: Sequence[Judged]) -> float:
    """Return the expected calibration error over ten bins of confidence (Guo et al. 2017)."""
    confidence = np.array([one.confidence for one in found])
    right = np.array([one.right for one in found])
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    parts = [
        abs(confidence[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    ]
    return float(sum(parts))


def page(simulated: Sequence[Judged], recorded: Sequence[Judged], learnt_from: int) -> str:
    """Return the page, as Markdown."""
    lines = [
        "# How often the verdict is right",
        (
            f"Made by `make calibrate`. The scale's weights were learnt from {learnt_from:,} simulated runs "
            "(`jmxgen.simulator.runs`); what is measured here took no part in that."
        ),
        "",
        (
            "| runs | number | cause right | mean probability stated | calibration error | "
            "faulty called healthy | healthy given a cause |"
        ),
        "|---|---|---|---|---|---|---|",
        _row("simulated, other seeds", simulated),
        _row("recorded with a real JMeter, in the tree", recorded),
        "",
        *_coverage(simulated),
        "## Stated and true",
        "Simulated runs of other seeds, by the probability that the verdict stated.",
        "",
        "| stated | runs | right |",
        "|---|---|---|",
        *_reliability(simulated),
        "",
        "## What is taken for what",
        "Simulated runs of other seeds; causes that are acceptable for a run count as right.",
        "",
        "| truth | runs | right | mostly taken for |",
        "|---|---|---|---|",
        *_confusion(simulated),
    ]
    return "\n".join(lines) + "\n"


def _row(name: str, found: Sequence[Judged]) -> str:
    sick = [one for one in found if one.truth != "healthy"]
    well = [one for one in found if one.truth == "healthy"]
    missed = sum(one.said == "healthy" for one in sick)
    false = sum(one.said != "healthy" for one in well)
    mean = np.mean([one.confidence for one in found])
    return (
        f"| {name} | {len(found):,} | {np.mean([one.right for one in found]):.1%} | {mean:.1%} | "
        f"{calibration_error(found):.3f} | {missed} of {len(sick)} | {false} of {len(well)} |"
    )


def _coverage(found: Sequence[Judged]) -> Iterable[str]:
    given = [one.covered for one in found if one.right and one.covered is not None]
    if given:
        yield f"Intervals (95%) held the true value in {np.mean(given):.1%} of {len(given):,} right verdicts."
        yield ""


def _reliability(found: Sequence[Judged]) -> Iterable[str]:
    for b in range(BINS):
        mine = [one for one in found if min(int(one.confidence * BINS), BINS - 1) == b]
        if mine:
            right = np.mean([one.right for one in mine])
            yield f"| {b / BINS:.0%} to {(b + 1) / BINS:.0%} | {len(mine):,} | {right:.0%} |"


def _confusion(found: Sequence[Judged]) -> Iterable[str]:
    for truth in sorted({one.truth for one in found}):
        mine = [one for one in found if one.truth == truth]
        wrong = collections.Counter(one.said for one in mine if not one.right).most_common(3)
        taken = ", ".join(f"{cause} ({n})" for cause, n in wrong)
        yield f"| {truth} | {len(mine)} | {sum(one.right for one in mine)} | {taken} |"


def main() -> None:
    """Learn, examine, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1400)
    parser.add_argument("--held-out", type=int, default=300)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    with multiprocessing.get_context("spawn").Pool(given.processes) as pool:
        found = [lesson for each in pool.imap(lessons, range(given.runs), 8) for lesson in each]
    text = json.dumps(learn(found), indent=1, sort_keys=True, ensure_ascii=False)
    scale.FILE.write_text(text + "\n", encoding="utf-8")
    with multiprocessing.get_context("spawn").Pool(given.processes) as pool:  # that reads the new weights
        simulated = list(pool.imap(examine, range(given.held_out), 8))
    PAGE.write_text(page(simulated, recordings(), given.runs), encoding="utf-8")


if __name__ == "__main__":
    main()
