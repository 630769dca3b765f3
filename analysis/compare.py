"""What changed from one run to another, with intervals, so that noise is not called a change.

Intervals are at 99%: many figures are compared, and at 95% most pairs of equal runs would differ in one.

- **Rates of closures**: the difference of two proportions with Newcombe's hybrid score interval (Newcombe
  1998, method 10), for as many attempts as are worth independent ones: closures of one caller hang together,
  so each count is divided by its design effect (Kish 1965; callers are the clusters). Changed where the
  interval leaves out 0 and the change is at least a tenth of the larger rate and 0.1 percentage points.
- **Limits** (a cap, a rate, a timeout): changed where the intervals do not touch.
- **Percentiles**: order statistics, 2.576 standard errors of the rank to each side, counting a quarter of the
  samples since neighbours in time are alike; between the known percentiles the value is interpolated. Changed
  where the intervals do not touch and the change is at least a tenth and 5 ms.

- **Load**: callers, and how many came per second. Changed where they differ by a tenth (callers) or a quarter
  (ramp). After a run with less load nothing is called better: fewer closures are what less load brings.

What two single runs can't show is what else differed between them: the time of day, the network, the version.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from jmxgen.analysis import load, measures
from jmxgen.analysis.causes import CAUSES
from jmxgen.errors import Place, ResultError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from jmxgen.analysis.load import Load
    from jmxgen.analysis.measures import ClosurePhase
    from jmxgen.analysis.model import Analysis, Hypothesis

Judgement = Literal["better", "worse", "same", "changed"]
Interval = tuple[float, float]

SURE: Final = 2.576  # 99%, two-sided
LEAST_PART: Final = 0.1
LEAST_RATE: Final = 0.001
LEAST_MS: Final = 5.0
ALIKE: Final = 4  # so many neighbouring samples say as much as one
# cause -> (evidence key, unit): a limit, of which more is better
LIMITS: Final[Mapping[str, tuple[str, str]]] = {
    name: (key, figure.unit)
    for name, cause in CAUSES.items()
    for key, figure in cause.EVIDENCE.items()
    if figure.limit
}
# percentile -> samples there must be in both runs
PERCENTILES: Final[Mapping[int, int]] = {50: 40, 95: 200, 99: 1000}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """One figure before and after."""

    name: str  # the key of the analysis' JSON document, or `ramp`
    unit: str  # "" (a rate), ms, s, connections, callers, …; cause
    before: float | str | None
    after: float | str | None
    judgement: Judgement
    before_interval: Interval | None = None
    after_interval: Interval | None = None
    difference: Interval | None = None  # of after - before, 99%


@dataclasses.dataclass(frozen=True, kw_only=True)
class Comparison:
    """All that was compared."""

    before: Analysis
    after: Analysis
    changes: tuple[Change, ...]
    notes: tuple[str, ...]  # what could not be compared

    @property
    def regression(self) -> bool:
        """Whether anything got worse."""
        return any(change.judgement == "worse" for change in self.changes)


def compare(before: Analysis, after: Analysis) -> Comparison:
    """Compare two runs.

    Returns:
        The load, the verdicts, the closure rates of both phases, stalls, leaks, the limits, and the
        percentiles of the labels that both runs have, in this order.

    Raises:
        ResultError: one of them measured nothing.
    """
    for analysis in (before, after):
        if not analysis.counts.attempted:
            place = Place(", ".join(analysis.run.files))
            raise ResultError("no WebSocket connection was attempted: nothing to compare", place=place)
    loads = load.of(before), load.of(after)
    changes = (
        *_load(*loads),
        _verdicts(before, after),
        *(_closures(before, after, phase) for phase in ("handshake", "data")),
        *_limits(before, after),
        _of_connections("connections.leaked", before, after, lambda frame: frame["end"] == "leaked"),
        _of_connections("stalls", before, after, lambda frame: frame["stalls"] > 0),
        *_percentiles(before.run.labels, after.run.labels),
    )
    whole = before.run.complete and after.run.complete
    if load.less(*loads) or not whole:
        changes = tuple(_not_better(change) for change in changes)
    notes = tuple(_notes(before, after, loads))
    return Comparison(before=before, after=after, changes=changes, notes=notes)


def newcombe(one: tuple[float, float], other: tuple[float, float], z: float = 1.96) -> Interval:
    """Return the interval of the difference of two proportions, other - one.

    R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
    Medicine 17 (1998), method 10: from the Wilson limits l, u of each proportion p, d - sqrt((p2 - l2)² + (u1
    - p1)²) to d + sqrt((u2 - p2)² + (p1 - l1)²).

    Args:
        one: closures and trials before.
        other: the same after.
        z: the normal quantile: 1.96 gives 95%.
    """
    (k1, n1), (k2, n2) = one, other
    if not n1 or not n2:
        return -1.0, 1.0
    p1, p2 = k1 / n1, k2 / n2
    (l1, l2), (u1, u2) = (bound.tolist() for bound in measures.wilson([k1, k2], [n1, n2], z))
    difference = p2 - p1
    return (
        difference - float(np.hypot(p2 - l2, u1 - p1)),
        difference + float(np.hypot(u2 - p2, p1 - l1)),
    )


def design_effect(hit: pd.Series, cluster: pd.Series) -> float:
    """Return how many trials say as much as one independent one, at least 1.

    The variance of a ratio over clusters, m/(m-1) Σ(k - p n)² / (Σn)², over that of as many independent
    trials (Kish, Survey Sampling, 1965).

    Args:
        hit: whether the trial was a closure.
        cluster: whose it was.
    """
    counts = hit.groupby(cluster.to_numpy(), observed=True).agg(["sum", "size"])
    k, n = counts["sum"].to_numpy(np.float64), counts["size"].to_numpy(np.float64)
    whole, p, m = n.sum(), k.sum() / max(n.sum(), 1), len(n)
    simple = p * (1 - p) / whole if whole else 0.0
    if m < 2 or simple <= 0:
        return 1.0
    clustered = m / (m - 1) * float(((k - p * n) ** 2).sum()) / whole**2
    return float(max(1.0, clustered / simple))


def _load(before: Load, after: Load) -> Iterator[Change]:
    for name, unit, one, other, part in (
        ("callers.reached", "callers", before.callers, after.callers, load.CALLERS_PART),
        ("ramp", "callers/s", before.ramp_per_s, after.ramp_per_s, load.RAMP_PART),
    ):
        if one is not None and other is not None:
            judgement: Judgement = "changed" if load.apart(one, other, part) else "same"
            yield Change(name=name, unit=unit, before=one, after=other, judgement=judgement)


def _not_better(change: Change) -> Change:
    return dataclasses.replace(change, judgement="changed") if change.judgement == "better" else change


def _verdicts(before: Analysis, after: Analysis) -> Change:
    one, other = before.verdict.cause, after.verdict.cause
    judgement: Judgement = "same" if one == other else "changed"
    if one != other and "healthy" in (one, other):
        judgement = "worse" if one == "healthy" else "better"
    return Change(name="verdict.cause", unit="cause", before=one, after=other, judgement=judgement)


def _closures(before: Analysis, after: Analysis, phase: ClosurePhase) -> Change:
    def at_risk(analysis: Analysis) -> pd.DataFrame:
        frame = analysis.run.connections
        return frame[frame["opened_at"].notna()] if phase == "data" else frame

    return _proportion(
        f"closures.{phase}.rate",
        *(
            (frame, measures.is_closure(frame, phase).astype(bool))
            for frame in (at_risk(before), at_risk(after))
        ),
    )


def _of_connections(name: str, before: Analysis, after: Analysis, which: Any) -> Change:
    frames = []
    for analysis in (before, after):
        frame = analysis.run.connections
        frame = frame[frame["opened_at"].notna()]
        frames.append((frame, which(frame).to_numpy()))
    return _proportion(name, *frames)


def _proportion(name: str, *runs: tuple[pd.DataFrame, Any]) -> Change:
    import pandas as pd

    rates: list[float | None] = []
    worth = []
    for frame, hit in runs:
        series = pd.Series(hit, index=frame.index, dtype=bool)
        effect = design_effect(series, frame["file"].astype(str) + "\0" + frame["thread"].astype(str))
        worth.append((float(series.sum()) / effect, len(series) / effect))
        rates.append(float(series.mean()) if len(series) else None)
    if rates[0] is None or rates[1] is None:
        return Change(name=name, unit="", before=rates[0], after=rates[1], judgement="changed")
    low, high = newcombe(worth[0], worth[1], SURE)
    change = rates[1] - rates[0]
    certain = low > 0 or high < 0
    large = abs(change) >= max(LEAST_PART * max(rates[0], rates[1]), LEAST_RATE)
    judgement: Judgement = ("worse" if change > 0 else "better") if certain and large else "same"
    intervals = [measures.wilson(k, n, SURE) for k, n in worth]
    return Change(
        name=name,
        unit="",
        before=rates[0],
        after=rates[1],
        judgement=judgement,
        before_interval=(float(intervals[0][0]), float(intervals[0][1])),
        after_interval=(float(intervals[1][0]), float(intervals[1][1])),
        difference=(low, high),
    )


def _limits(before: Analysis, after: Analysis) -> Iterator[Change]:
    for cause, (key, unit) in LIMITS.items():
        one, other = _found(before, cause), _found(after, cause)
        if one is None and other is None:
            continue
        values = [None if h is None else h.evidence.get(key) for h in (one, other)]
        intervals = [_interval(h, key) for h in (one, other)]
        yield Change(
            name=f'hypotheses["{cause}"].evidence.{key}',
            unit=unit,
            before=values[0],
            after=values[1],
            judgement=_judge_limit(values, intervals),
            before_interval=intervals[0],
            after_interval=intervals[1],
        )


def _found(analysis: Analysis, cause: str) -> Hypothesis | None:
    """Return the hypothesis of the cause where it is the verdict's."""
    best = analysis.hypotheses[0] if analysis.hypotheses else None
    return best if best is not None and best.cause == cause == analysis.verdict.cause else None


def _interval(hypothesis: Hypothesis | None, key: str) -> Interval | None:
    if hypothesis is None or hypothesis.evidence.get(key) is None:
        return None
    interval = hypothesis.evidence.get("interval")
    if interval:
        return float(interval[0]), float(interval[1])
    value = float(hypothesis.evidence[key])
    return 0.95 * value, 1.05 * value


def _judge_limit(values: list[Any], intervals: list[Interval | None]) -> Judgement:
    one, other = intervals
    if one is None or other is None:
        return "changed"
    # An estimate may lie just outside of bounds that are themselves estimates.
    one = (min(one[0], values[0]), max(one[1], values[0]))
    other = (min(other[0], values[1]), max(other[1], values[1]))
    slack = 0.02 * max(values)
    if other[1] + slack < one[0]:
        return "worse"
    return "better" if other[0] - slack > one[1] else "same"


def _percentiles(before: pd.DataFrame, after: pd.DataFrame) -> Iterator[Change]:
    known = {str(row["label"]): row for row in before.to_dict("records")}
    for now in after.to_dict("records"):
        then = known.get(str(now["label"]))
        if then is None:
            continue
        for percent, least in PERCENTILES.items():
            if min(then["samples"], now["samples"]) >= least:
                yield _percentile(str(now["label"]), percent, then, now)


def _percentile(label: str, percent: int, then: Mapping[Any, Any], now: Mapping[Any, Any]) -> Change:
    one, other = float(then[f"p{percent}"]), float(now[f"p{percent}"])
    intervals = [percentile_interval(row, percent) for row in (then, now)]
    apart = intervals[1][0] > intervals[0][1] or intervals[1][1] < intervals[0][0]
    large = abs(other - one) >= max(LEAST_PART * max(one, other), LEAST_MS)
    return Change(
        name=f'labels["{label}"].p{percent}',
        unit="ms",
        before=one,
        after=other,
        judgement=("worse" if other > one else "better") if apart and large else "same",
        before_interval=intervals[0],
        after_interval=intervals[1],
    )


def percentile_interval(row: Mapping[Any, Any], percent: int) -> Interval:
    """Return the 99% interval of a percentile, from the percentiles that are known.

    The rank of the p-quantile of n samples has the standard error sqrt(n p (1-p)), here with a quarter of the
    samples. Values between known percentiles are interpolated; below the 50th, the distance above it is
    taken.

    Args:
        row: a row of LABEL_COLUMNS.
        percent: 50, 90, 95 or 99.
    """
    n = max(float(row["samples"]) / ALIKE, 1.0)
    p = percent / 100
    error = SURE * float(np.sqrt(p * (1 - p) / n))
    # Over -log(1 - level) the tail of most distributions of times is about straight.
    last = max(1 - 0.5 / max(float(row["samples"]), 1.0), 0.995)
    known = -np.log1p(-np.array([0.5, 0.9, 0.95, 0.99, last]))
    values = [float(row[key]) for key in ("p50", "p90", "p95", "p99", "max")]
    middle = float(row[f"p{percent}"])
    high = float(np.interp(-np.log1p(-min(p + error, last)), known, values))
    low = float(np.interp(-np.log1p(-(p - error)), known, values)) if p - error >= 0.5 else 2 * middle - high
    # Times are whole milliseconds: half of one to each side is not known.
    return max(min(low, middle) - 0.5, 0.0), max(high, middle) + 0.5


def _notes(before: Analysis, after: Analysis, loads: tuple[Load, Load]) -> Iterator[str]:
    for analysis, when in ((before, "before"), (after, "after")):
        if not analysis.run.complete:
            why = analysis.run.incomplete_because or "its end is missing"
            yield f"the run {when} is incomplete ({why}): nothing is called better"
    if load.less(*loads):
        yield f"less load after ({loads[1]}; before {loads[0]}): nothing is called better"
    elif load.less(*reversed(loads)):
        yield f"more load after ({loads[1]}; before {loads[0]}): what got worse may be due to that"
    one, other = (set(a.run.labels["label"].astype(str)) for a in (before, after))
    for only, when in ((one - other, "before"), (other - one, "after")):
        if only:
            yield f"labels only {when}: {', '.join(sorted(only)[:10])}"
    peaks = before.counts.peak_open, after.counts.peak_open
    if max(peaks) > 1.25 * max(min(peaks), 1):
        yield f"peak {peaks[0]:,} open before, {peaks[1]:,} after"
