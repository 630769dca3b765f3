"""How each figure went over several runs, and where it changed.

For each figure the runs are cut in two where the cut leaves the least sum of squares around the means of both
parts. It is a change point only where all of these hold, so that noise is not:

- every run before it lies on one side of every run after it,
- the means differ by what `compare` calls a change (a tenth, and 0.1 percentage points or 5 ms),
- Student's t-test of the two parts, times the number of cuts tried (Bonferroni), gives less than 0.02, and
- a rate's pooled counts differ by their 99% interval (`intervals.newcombe`).

Three runs can show little and thirty much. What else changed between the runs, the runs don't say.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from jmxgen.analysis.compare.intervals import LEAST_MS, LEAST_PART, LEAST_RATE, SURE, newcombe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from jmxgen.analysis.compare.two_runs import Judgement

    Values = tuple[float | None, ...]

FEWEST: Final = 3
CHANCE: Final = 0.02  # of a change point among runs that only vary, a figure
_MOST_LABELS: Final = 20
_PERCENTILES: Final = ("p50", "p95")


@dataclasses.dataclass(frozen=True, kw_only=True)
class NamedRun:
    """A run by its name and its JSON document."""

    name: str
    document: Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Series:
    """One figure over the runs."""

    name: str  # the key of the JSON document
    unit: str  # "" (a rate), ms, callers, connections, times
    values: Values  # None where a run does not show it
    change: int | None = None  # the first run (from 0) after the change point
    judgement: Judgement = "same"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trend:
    """All figures over the runs."""

    runs: tuple[NamedRun, ...]
    figures: tuple[Series, ...]
    causes: tuple[str, ...]  # the verdict of each run
    notes: tuple[str, ...]

    @property
    def cause_change(self) -> int | None:
        """The first run with another verdict, where all before it agree and all after it do."""
        cuts = [at for at in range(1, len(self.causes)) if self.causes[at] != self.causes[at - 1]]
        return cuts[0] if len(cuts) == 1 else None

    @property
    def regression(self) -> bool:
        """Whether anything got worse at a change point: a figure, or a healthy verdict."""
        fell_ill = self.cause_change is not None and self.causes[0] == "healthy"
        return fell_ill or any(figure.judgement == "worse" for figure in self.figures)


def trend(runs: Sequence[NamedRun]) -> Trend:
    """Return how the figures went over runs, in the order given."""
    causes = tuple(str(_value(run, "verdict.cause")) for run in runs)
    figures = [_judged(figure, runs) for figure in _figures(runs)]
    lighter = next((f.change for f in figures if f.name == "callers.reached" and f.change), None)
    notes = list(_notes(runs, lighter))
    if lighter and _mean(figures[0].values[lighter:]) < _mean(figures[0].values[:lighter]):
        figures = [
            dataclasses.replace(figure, judgement="changed") if figure.judgement == "better" else figure
            for figure in figures
        ]
        notes.append("less load from there on: nothing is called better")
    return Trend(runs=tuple(runs), figures=tuple(figures), causes=causes, notes=tuple(notes))


def change_point(values: Sequence[float], *, least: float) -> int | None:
    """Return the index of the first value after the change, None where there is no change point.

    Args:
        values: one for each run, all known.
        least: the smallest difference of the means that counts, besides a tenth of the larger.
    """
    found = np.asarray(values, float)
    if len(found) < FEWEST:
        return None
    cuts = range(1, len(found))
    cut = min(cuts, key=lambda at: _within(found, at))
    before, after = found[:cut], found[cut:]
    difference = abs(float(after.mean() - before.mean()))
    apart = before.max() < after.min() or after.max() < before.min()
    large = difference >= max(least, LEAST_PART * max(abs(before.mean()), abs(after.mean())))
    return cut if apart and large and _chance(found, cut, difference) < CHANCE else None


def _chance(values: NDArray[np.float64], cut: int, difference: float) -> float:
    """Return how often runs that only vary would differ so much at some cut."""
    from scipy import stats

    free = len(values) - 2
    error = (_within(values, cut) / free * (1 / cut + 1 / (len(values) - cut))) ** 0.5
    if error == 0:
        return 0.0
    return float(2 * stats.t.sf(difference / error, free) * (len(values) - 1))


def _within(values: NDArray[np.float64], cut: int) -> float:
    """Return the sum of squares around the means of both parts."""
    return float(sum(((part - part.mean()) ** 2).sum() for part in (values[:cut], values[cut:])))


def _figures(runs: Sequence[NamedRun]) -> Iterator[Series]:
    for name, unit in (
        ("callers.reached", "callers"),
        ("connections.peak_open", "connections"),
        ("closures.handshake.rate", ""),
        ("closures.data.rate", ""),
        ("stalls", "times"),
        ("silent", "connections"),
        ("connections.leaked", "connections"),
    ):
        yield Series(name=name, unit=unit, values=tuple(_number(_value(run, name)) for run in runs))
    tables = [{row["label"]: row for row in run.document.get("labels", [])} for run in runs]
    common = [label for label in tables[0] if all(label in table for table in tables)]
    for label in common[:_MOST_LABELS]:
        for key in _PERCENTILES:
            values = tuple(_number(table[label].get(key)) for table in tables)
            yield Series(name=f'labels["{label}"].{key}', unit="ms", values=values)


def _judged(figure: Series, runs: Sequence[NamedRun]) -> Series:
    known = [value for value in figure.values if value is not None]
    if len(known) < len(figure.values):
        return figure
    least = {"": LEAST_RATE, "ms": LEAST_MS}.get(figure.unit, 1.0)
    cut = change_point(known, least=least)
    if cut is None or (figure.unit == "" and not _certain(figure.name, runs, cut)):
        return figure
    judgement: Judgement = "changed"
    if figure.name not in ("callers.reached", "connections.peak_open"):
        judgement = "worse" if _mean(known[cut:]) > _mean(known[:cut]) else "better"
    return dataclasses.replace(figure, change=cut, judgement=judgement)


def _certain(name: str, runs: Sequence[NamedRun], cut: int) -> bool:
    """Say whether the counts behind a rate differ beyond their own noise."""
    phase = name.split(".")[1]
    whole = "connections.opened" if phase == "data" else "connections.attempted"
    pooled = [
        (
            sum(_number(_value(run, f"closures.{phase}.total")) or 0.0 for run in part),
            sum(_number(_value(run, whole)) or 0.0 for run in part),
        )
        for part in (runs[:cut], runs[cut:])
    ]
    low, high = newcombe(pooled[0], pooled[1], SURE)
    return low > 0 or high < 0


def _notes(runs: Sequence[NamedRun], lighter: int | None) -> Iterator[str]:
    for run in runs:
        if run.document.get("complete") is False:
            why = run.document.get("incomplete_because") or "its end is missing"
            yield f"{run.name} is incomplete: {why}"
    if lighter:
        yield f"the number of callers changed at {runs[lighter].name}: other figures may follow from that"


def _value(run: NamedRun, name: str) -> Any:
    value: Any = run.document
    for key in name.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _mean(values: Sequence[float | None]) -> float:
    return float(np.mean([value for value in values if value is not None]))
