"""One line a connection, for the first and the last that were lost: its life, and where its end can lie."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from jmxgen.analysis.charts import style
from jmxgen.analysis.report import words
from jmxgen.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from jmxgen.analysis.model import Analysis

_EACH: Final = 12


def shows(analysis: Analysis) -> bool:
    """Say whether anything was lost at a known time."""
    return len(chosen(analysis)[0]) > 0


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw the first and the last lost connections below each other."""
    first, last = chosen(analysis)
    rows: list[dict[str, Any]] = [*_records(first), *_records(last)]
    gap = 1 if len(last) else 0
    start = analysis.results.start_ms
    height = 0.24 * (len(rows) + gap) + 0.2
    left, right = (1.3, 1.35) if form.narrow else (1.75, 2.15)
    drawn, (ax,) = style.panels(analysis, form, _title(analysis), [height], left=left, right=right)
    ends = [(row["noticed_at"] - start) / 1000 for row in rows]
    begins = [(row["attempted_at"] - start) / 1000 for row in rows if math.isfinite(row["attempted_at"])]
    begin, end = min(begins, default=0.0), max(ends)
    pad = max((end - begin) * 0.02, 0.05)
    style.seconds_axis(ax, end + pad, start=max(0.0, begin - pad))
    places = [n + (gap if n >= len(first) else 0) for n in range(len(rows))]
    _lines(ax, places, rows, start)
    for y, row in zip(places, rows, strict=True):
        _words(ax, y, row, narrow=form.narrow)
    if gap:
        _between(ax, analysis, len(first), len(rows))
    ax.set_ylim(len(rows) + gap - 0.4, -0.6)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    style.heading(ax, "lost connections", more="line: seen alive; pale: may have ended")
    return drawn


def chosen(analysis: Analysis) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the first and the last lost connections, by when the loss was noticed."""
    connections = analysis.results.connections
    noticed = connections["noticed_at"].to_numpy(np.float64)[analysis.results.lost]
    order = analysis.results.lost[np.argsort(noticed, kind="stable")][: np.isfinite(noticed).sum()]
    first = order if len(order) <= 2 * _EACH else order[:_EACH]
    return connections.iloc[first], connections.iloc[order[max(len(first), len(order) - _EACH) :]]


def _records(lost: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in lost.to_dict("records")]


def first_lost(analysis: Analysis, most: int) -> list[str]:
    """Return the first closures in words: "12.3 s: callers 1-7 #1, handshake, HTTP 503, 120 open"."""
    first, _ = chosen(analysis)
    first = first.head(most)
    opened = analysis.results.openness.at(first["noticed_at"].to_numpy())
    told = []
    for row, number in zip(_records(first), opened, strict=True):
        at = words.short((row["noticed_at"] - analysis.results.start_ms) / 1000)
        who = f"{one_line(str(row['thread']))} #{row['connection']}"
        told.append(f"{at}: {who}, {words.PHASE_NAMES[str(row['end'])]}, {what_ended(row)}, {number:,} open")
    return told


def what_ended(row: dict[str, Any]) -> str:
    """Return how a connection ended, in a few words: "HTTP 503", "1006: end of stream"."""
    reason = one_line(str(row["reason"]))
    if row["status"]:
        return f"HTTP {row['status']}"
    if row["code"]:
        return f"{row['code']}: {reason}" if reason else str(row["code"])
    return reason or str(row["kind"])


def describe(analysis: Analysis) -> str:
    """Say when the first and the last closure were noticed."""
    return _title(analysis) + "."


def _title(analysis: Analysis) -> str:
    noticed = analysis.results.connections["noticed_at"].iloc[analysis.results.lost]
    start = analysis.results.start_ms
    first, last = (noticed.min() - start) / 1000, (noticed.max() - start) / 1000
    if len(noticed) == 1:
        return f"The one closure was noticed after {words.short(first)}"
    return (
        f"{len(noticed):,} closures, the first noticed after {words.short(first)}, "
        f"the last after {words.short(last)}"
    )


def _lines(ax: Axes, places: Sequence[int], rows: Sequence[dict[str, Any]], start: float) -> None:
    """Draw each connection's life beside its words: all pieces of one kind at once, for that is faster."""
    names = ("attempted_at", "opened_at", "end_after", "noticed_at")
    begin, opened, after, noticed = (np.array([row[name] - start for row in rows]) / 1000 for name in names)
    y, phases = np.array(places), np.array([str(row["end"]) for row in rows])
    after = np.where(np.isfinite(after), after, noticed)
    shaken = np.where(np.isfinite(opened), np.fmin(opened, noticed), noticed)  # when the handshake was over
    live, tried = np.isfinite(opened), np.isfinite(begin)
    ax.hlines(y[live], opened[live], np.fmax(after, opened)[live], color=style.INK, linewidth=2.2)
    ax.hlines(y[tried], begin[tried], shaken[tried], color=style.MUTED, linewidth=1)
    for phase in np.unique(phases).tolist():
        mine = phases == phase
        colour = style.COLOURS[phase]
        ax.hlines(y[mine], after[mine], noticed[mine], color=colour, alpha=0.35, linewidth=5)
        ax.plot(noticed[mine], y[mine], style.MARKS[phase], color=colour, markersize=6.5, clip_on=False)


def _words(ax: Axes, y: int, row: dict[str, Any], *, narrow: bool) -> None:
    across = ax.get_yaxis_transform()
    thread = _short(one_line(str(row["thread"])), 11 if narrow else 18)
    ax.text(
        -0.015, y, f"{thread} #{row['connection']}", ha="right", va="center", fontsize=9, transform=across
    )
    ax.text(
        1.02,
        y,
        _cut(what_ended(row), 15 if narrow else 24),
        va="center",
        fontsize=9,
        color=style.COLOURS[str(row["end"])],
        transform=across,
    )


def _between(ax: Axes, analysis: Analysis, y: int, shown: int) -> None:
    more = analysis.counts.handshake + analysis.counts.data - shown
    across = ax.get_yaxis_transform()
    text = f"… {more:,} more …" if more else "…"
    ax.text(-0.015, y, text, ha="right", va="center", fontsize=9, color=style.MUTED, transform=across)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _short(text: str, most: int) -> str:
    """Return the text's end where it is too long: thread names differ in their last characters."""
    return text if len(text) <= most else f"…{text[-most + 1 :]}"
