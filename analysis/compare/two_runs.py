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

from jmxgen.analysis import measures
from jmxgen.analysis.causes import CAUSES
from jmxgen.analysis.compare import load
from jmxgen.analysis.compare.intervals import (
    LEAST_MS,
    LEAST_PART,
    LEAST_RATE,
    SURE,
    design_effect,
    newcombe,
    percentile_interval,
)
from jmxgen.errors import Place, ResultError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from jmxgen.analysis.compare.intervals import Interval
    from jmxgen.analysis.compare.load import ReachedLoad
    from jmxgen.analysis.measures import ClosurePhase
    from jmxgen.analysis.model import Analysis, Hypothesis

Judgement = Literal["better", "worse", "same", "changed"]
# cause -> (evidence key, unit): a limit, of which more is better
LIMITS: Final[Mapping[str, tuple[str, str]]] = {
    name: (key, figure.unit)
    for name, cause in CAUSES.items()
    for key, figure in cause.EVIDENCE.items()
    if figure.limit
}
ALIKE: Final = 4  # samples that are worth one: neighbours in time are alike
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
        _other_errors(before, after),
        *_percentiles(before.run.labels, after.run.labels),
    )
    whole = before.run.complete and after.run.complete
    if load.less(*loads) or not whole:
        changes = tuple(_not_better(change) for change in changes)
    notes = tuple(_notes(before, after, loads))
    return Comparison(before=before, after=after, changes=changes, notes=notes)


def _load(before: ReachedLoad, after: ReachedLoad) -> Iterator[Change]:
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
    return _of_rates(name, [rates[0], rates[1]], worth)


def _of_rates(name: str, rates: list[float], worth: list[tuple[float, float]]) -> Change:
    """Compare two rates.

    Args:
        name: of the figure.
        rates: before and after.
        worth: (hits, trials) that are worth independent ones, before and after.
    """
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


def _other_errors(before: Analysis, after: Analysis) -> Change:
    """Compare the samples that failed for other reasons; neighbours are alike, as in percentiles."""
    rates, worth = [], []
    for analysis in (before, after):
        failed = measures.other_errors(analysis.run, analysis.counts)
        whole = max(analysis.run.samples, failed, 1)
        rates.append(failed / whole)
        worth.append((failed / ALIKE, whole / ALIKE))
    return _of_rates("other_errors", rates, worth)


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


def _notes(before: Analysis, after: Analysis, loads: tuple[ReachedLoad, ReachedLoad]) -> Iterator[str]:
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
