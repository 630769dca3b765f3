"""How the figures of several runs went: as text, JSON and HTML."""

from __future__ import annotations

import dataclasses
import json as standard_json
import math
from typing import TYPE_CHECKING, Final

from jmxgen.analysis import words
from jmxgen.analysis.report import comparison, json, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.analysis.compare.trend import Series, Trend, Values

SCHEMA: Final = "jmxgen.trend/1"
_BARS: Final = "▁▂▃▄▅▆▇█"
_ORDER: Final = ("worse", "changed", "better", "same")
_WIDTH: Final = 320  # of a picture, in its own units
_HEIGHT: Final = 48
_EDGE: Final = 6


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One figure in words and as a picture."""

    name: str
    mark: str
    judgement: str
    first: str
    last: str
    since: str  # the change point, "" where there is none
    bars: str
    points: tuple[tuple[float, float], ...]  # of the picture; unknown values are left out
    line: str  # the points as an SVG polyline has them
    cut: float | None  # where the change point lies in the picture


def text(trend: Trend, *, colour: bool = False) -> str:
    """Return the figures over the runs as lines for a terminal, what got worse first."""
    found = rows(trend)
    names, firsts = (max(len(getattr(row, key)) for row in found) for key in ("name", "first"))
    width = max(len(row.bars) for row in found)
    lines = [headline(trend), *(f"  note       {words.shown(note)}" for note in trend.notes), ""]
    lines += [f"  run {number:<6} {run}" for number, run in enumerate(runs(trend), 1)]
    lines.append("")
    for row in found:
        judged = comparison.judged(row.mark, row.judgement, colour=colour)
        went = f"{row.first:>{firsts}} → {row.last}{', ' if row.since else ''}{row.since}"
        lines.append(f"  {judged} {row.name:<{names}}  {row.bars:<{width}}  {went}")
    return "\n".join(lines) + "\n"


def document(trend: Trend) -> str:
    """Return the trend as JSON text, the same bytes for the same trend."""
    value = {
        "schema": SCHEMA,
        "regression": trend.regression,
        "runs": [
            {"name": run.name, "start": run.document.get("start"), "cause": cause}
            for run, cause in zip(trend.runs, trend.causes, strict=True)
        ],
        "figures": [dataclasses.asdict(figure) for figure in trend.figures],
        "notes": list(trend.notes),
    }
    return standard_json.dumps(json.plain(value), indent=2, allow_nan=False) + "\n"


def html(trend: Trend) -> str:
    """Return the trend as one HTML document; see `page.render` for what may run in it."""
    return page.render(
        "trend.html.j2",
        headline=headline(trend),
        regression=trend.regression,
        notes=trend.notes,
        runs=runs(trend),
        rows=rows(trend),
        width=_WIDTH,
        height=_HEIGHT,
    )


def headline(trend: Trend) -> str:
    """Return the finding in a sentence."""
    count = len(trend.runs)
    parts = []
    if trend.cause_change is not None:
        before, after = trend.causes[0], trend.causes[-1]
        parts.append(f"from run {trend.cause_change + 1} on the cause is {after} (before: {before})")
    for judgement, said in (("worse", "got worse"), ("better", "got better"), ("changed", "changed")):
        named = [_name(f) for f in trend.figures if f.judgement == judgement]
        if named:
            more = ", …" if len(named) > 3 else ""
            parts.append(f"{', '.join(named[:3])}{more} {said}")
    return words.shown(f"Over {count} runs, {'; '.join(parts) or 'nothing changed'}")


def runs(trend: Trend) -> list[str]:
    """Return each run in words: its name, when it was, its verdict."""
    shown = []
    for run, cause in zip(trend.runs, trend.causes, strict=True):
        start = run.document.get("start")
        when = f", {str(start)[:16].replace('T', ' ')}" if start else ""
        shown.append(words.shown(f"{run.name}{when}: {cause}"))
    return shown


def rows(trend: Trend) -> list[Row]:
    """Return the figures in words, what got worse first."""
    ordered = sorted(trend.figures, key=lambda figure: _ORDER.index(figure.judgement))
    return [_row(figure, trend) for figure in ordered]


def _name(figure: Series) -> str:
    return "stalls" if figure.name == "stalls" else comparison.name_of(figure.name)


def _row(figure: Series, trend: Trend) -> Row:
    points = tuple(_points(figure.values))
    change = figure.change
    return Row(
        name=_name(figure),
        mark=comparison.MARKS[figure.judgement],
        judgement=figure.judgement,
        first=_shown(figure.values[0], figure.unit),
        last=_shown(figure.values[-1], figure.unit),
        since="" if change is None else words.shown(f"since run {change + 1} ({trend.runs[change].name})"),
        bars=_bars(figure.values, change),
        points=points,
        line=" ".join(f"{x:g},{y:g}" for x, y in points),
        cut=None if change is None else _x(change - 0.5, len(figure.values)),
    )


def _bars(values: Values, change: int | None) -> str:
    """Return a bar for each run, with a line where the change point lies."""
    top = max((value for value in values if value is not None), default=0.0)
    bars = [
        "?" if value is None else _BARS[math.ceil(value / top * (len(_BARS) - 1)) if top else 0]
        for value in values
    ]
    if change is not None:
        bars.insert(change, "|")
    return "".join(bars)


def _points(values: Sequence[float | None]) -> list[tuple[float, float]]:
    """Return where the values lie in the picture, which begins at 0 so that a small change looks small."""
    top = max((value for value in values if value is not None), default=0.0) or 1.0
    return [
        (_x(place, len(values)), round(_HEIGHT - _EDGE - value / top * (_HEIGHT - 2 * _EDGE), 1))
        for place, value in enumerate(values)
        if value is not None
    ]


def _x(place: float, count: int) -> float:
    return round(_EDGE + place / max(count - 1, 1) * (_WIDTH - 2 * _EDGE), 1)


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return "unknown"
    if not unit:
        return words.percent(value)
    return f"{words.number(value)} {unit}"
