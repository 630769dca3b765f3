"""What changed between two runs: as text, JSON and HTML."""

from __future__ import annotations

import dataclasses
import json as standard_json
import re
from typing import TYPE_CHECKING, Any, Final

from jmxgen.analysis import charts, words
from jmxgen.analysis.charts import before_after
from jmxgen.analysis.compare import load
from jmxgen.analysis.report import json, page, svg
from jmxgen.units import iso

if TYPE_CHECKING:
    from jmxgen.analysis.compare.intervals import Interval
    from jmxgen.analysis.compare.two_runs import Change, Comparison
    from jmxgen.analysis.model import Analysis

SCHEMA: Final = "jmxgen.comparison/1"
MARKS: Final = {"worse": "▲", "better": "▼", "changed": "◆", "same": "="}
_ORDER: Final = ("worse", "changed", "better", "same")
_NAMES: Final = {
    "verdict.cause": "cause",
    "callers.reached": "callers",
    "connections.peak_open": "peak open connections",
    "silent": "silent connections",
    "closures.handshake.rate": "handshake closures",
    "closures.data.rate": "data-phase closures",
    "connections.leaked": "leaked connections",
    "stalls": "connections with a stall",
    "other_errors": "samples failed for other reasons",
}
_BECAME: Final = {
    "handshake": {
        "gone": "Handshake failures are gone",
        "fewer": "Fewer handshakes fail",
        "more": "More handshakes fail",
        "new": "Handshakes now fail",
    },
    "data": {
        "gone": "Lost connections are gone",
        "fewer": "Fewer connections are lost",
        "more": "More connections are lost",
        "new": "Connections are now lost",
    },
}
_INDEXED: Final = re.compile(r'^(labels|hypotheses)\["(.*)"\]\.(?:evidence\.)?(\w+)$', re.DOTALL)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One change in words."""

    name: str
    before: str
    after: str
    judgement: str
    difference: str

    @property
    def mark(self) -> str:
        """A sign that says the judgement without colour."""
        return MARKS[self.judgement]


def text(comparison: Comparison, *, colour: bool = False) -> str:
    """Return what changed, as lines for a terminal; what is the same is only counted."""
    listed = rows(comparison)
    changed = [row for row in listed if row.judgement != "same"]
    first, figures = headline(comparison), summary(comparison)
    lines = [
        first,
        *(f"  note       {words.shown(note)}" for note in comparison.notes),
        *([figures] if figures != first else []),
        "",
    ]
    names = max((len(row.name) for row in changed), default=0)
    befores = max((len(row.before) for row in changed), default=0)
    for row in changed:
        shown = judged(row.mark, row.judgement, colour=colour)
        lines.append(f"  {shown} {row.name:<{names}}  {row.before:>{befores}} → {row.after}")
    same = len(listed) - len(changed)
    if same:
        lines.append(f"  = same     {words.count(same, 'figure')}, within noise")
    return "\n".join(lines) + "\n"


def judged(mark: str, judgement: str, *, colour: bool) -> str:
    """Return a judgement with its mark for a terminal, as wide as the longest."""
    shown = f"{mark} {judgement}".ljust(10)
    code = {"worse": "1;31", "better": "1;32"}.get(judgement)
    return f"\033[{code}m{shown}\033[0m" if colour and code else shown


def document(comparison: Comparison) -> str:
    """Return the comparison as JSON text, the same bytes for the same comparison."""
    value = {
        "schema": SCHEMA,
        "regression": comparison.regression,
        "before": _run(comparison.before),
        "after": _run(comparison.after),
        "changes": [dataclasses.asdict(change) for change in comparison.changes],
        "notes": list(comparison.notes),
    }
    return standard_json.dumps(json.plain(value), indent=2, allow_nan=False) + "\n"


def html(comparison: Comparison) -> str:
    """Return the comparison as one HTML document; see `page.render` for what may run in it."""
    return page.render(
        "comparison.html.j2",
        headline=headline(comparison),
        summary=summary(comparison),
        picture=_picture(comparison),
        before=comparison.before,
        after=comparison.after,
        good=not comparison.regression
        and comparison.after.verdict.cause == "healthy"
        and not load.less(load.of(comparison.before), load.of(comparison.after)),
        notes=comparison.notes,
        rows=rows(comparison),
    )


def _picture(comparison: Comparison) -> dict[str, Any]:
    """Return the picture of both runs, wide and narrow, fit for the page."""
    import markupsafe

    described = before_after.describe(comparison)
    found: dict[str, Any] = {"described": described}
    for name, narrow in (("wide", False), ("narrow", True)):
        drawn = charts.draw_comparison(
            comparison, "svg", title=headline(comparison), named=name_of, heading=False, narrow=narrow
        )
        # Made by lxml from matplotlib's elements: text in it is escaped.
        picture = svg.inline(drawn, key=f"runs-{name}", title="Both runs", description=described)
        found[name] = markupsafe.Markup(picture)  # noqa: S704
    return found


def headline(comparison: Comparison) -> str:
    """Return the finding in a sentence: the closures that changed most, else how many figures changed."""
    changed = [
        (change, phase)
        for change in comparison.changes
        for phase in ("handshake", "data")
        if change.name == f"closures.{phase}.rate" and change.judgement != "same"
    ]
    if not changed:
        return summary(comparison)
    most, phase = max(changed, key=lambda found: abs(_rate(found[0].after) - _rate(found[0].before)))
    if _rate(most.after) < _rate(most.before):
        how = "gone" if not most.after else "fewer"
    else:
        how = "more" if most.before else "new"
    before, after = (_of(run, phase) for run in (comparison.before, comparison.after))
    return f"{_BECAME[phase][how]} {_load(comparison)}: {before} before, {after} after"


def _rate(value: float | str | None) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _of(run: Analysis, phase: str) -> str:
    counts = run.counts
    if phase == "handshake":
        return f"{counts.handshake:,} of {counts.attempted:,}"
    return f"{counts.data:,} of {counts.opened:,}"


def _load(comparison: Comparison) -> str:
    before, after = load.of(comparison.before), load.of(comparison.after)
    if load.less(before, after):
        return "under less load"
    return "under more load" if load.less(after, before) else "at the same load"


def summary(comparison: Comparison) -> str:
    """Return how many figures got worse, better, or changed."""
    found = [change.judgement for change in comparison.changes]
    worse, better = found.count("worse"), found.count("better")
    if worse:
        also = f", {better} got better" if better else ""
        return f"{worse} of {words.count(len(found), 'figure')} got worse{also}"
    if better:
        return f"{better} of {words.count(len(found), 'figure')} got better, none worse"
    if "changed" in found:
        return f"{found.count('changed')} of {words.count(len(found), 'figure')} changed, none got worse"
    cause = comparison.after.verdict.cause
    still = "" if cause == "healthy" else f": both runs show {words.shown(cause)}"
    return f"Nothing changed that stands out from noise{still}"


def rows(comparison: Comparison) -> list[Row]:
    """Return the changes in words, the worst first."""
    ordered = sorted(comparison.changes, key=lambda change: _ORDER.index(change.judgement))
    return [_row(change) for change in ordered]


def _row(change: Change) -> Row:
    difference = ""
    if change.difference is not None:
        low, high = (f"{bound * 100:+.1f}" for bound in change.difference)
        difference = f"{low} to {high} percentage points"
    return Row(
        name=name_of(change.name),
        before=_shown(change.before, change.before_interval, change.unit),
        after=_shown(change.after, change.after_interval, change.unit),
        judgement=change.judgement,
        difference=difference,
    )


def name_of(name: str) -> str:
    """Return what a figure is called, from its key in the JSON document."""
    found = _INDEXED.match(name)
    if found:
        return words.shown(f"{found.group(3).replace('_', ' ')} of {found.group(2)}")
    return _NAMES.get(name, words.shown(name))


def _shown(value: float | str | None, interval: Interval | None, unit: str) -> str:
    if value is None:
        return "none found" if unit else "unknown"
    if isinstance(value, str):
        return words.shown(value)
    figure = words.between(value, interval, words.number if unit else words.percent)
    return f"{figure} {unit}".strip()


def _run(analysis: Analysis) -> dict[str, Any]:
    run = analysis.run
    return {
        "files": list(run.files),
        "start": iso(run.start_ms),
        "seconds": run.seconds_long,
    }
