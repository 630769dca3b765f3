"""What the server saw: open connections by both sides, and the closures by who ended them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis import measures, words
from jmxgen.analysis.charts import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from jmxgen.analysis.model import Analysis

_SHORT: Final = {
    "client": "client",
    "server": "server",
    "proxy": "proxy",
    "network": "in between",
    "unknown": "not stated",
}
_BAR: Final = 0.34  # of the distance between two rows


def shows(analysis: Analysis) -> bool:
    """Say whether a log was joined."""
    return analysis.run.server_log is not None


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw both sides' counts on one axis, and below them who ended what."""
    enders = measures.closures_by_ender(analysis.run)
    heights = [2.4, *([0.3 + 0.42 * len(enders)] if enders else [])]
    drawn, axes = style.panels(
        analysis, form, title(analysis), heights, left=1.1 if enders else 0.85, gap=0.85
    )
    _open(axes[0], analysis)
    if enders:
        _enders(axes[1], enders)
    return drawn


def title(analysis: Analysis) -> str:
    """Return the finding in a sentence: a contradiction, or who ended most closures."""
    view = analysis.run.server_log
    assert view is not None
    if view.contradictions:
        return view.contradictions[0].what
    enders = measures.closures_by_ender(analysis.run)
    if not enders:
        return f"Both sides agree on {words.count(view.agreements, 'connection')}, and none was lost"
    name, handshake, data = max(enders, key=lambda row: row[1] + row[2])
    total = sum(row[1] + row[2] for row in enders)
    if name == "unknown":
        return f"The log does not say who ended {handshake + data:,} of {words.count(total, 'closure')}"
    share = f"All {total:,}" if handshake + data == total else f"{handshake + data:,} of {total:,}"
    return f"{share} closures came from {words.ENDERS[name]}"


def describe(analysis: Analysis) -> str:
    """Say what the picture shows."""
    view = analysis.run.server_log
    assert view is not None
    peak = analysis.counts.peak_open
    text = f"Peak open connections: {peak:,} by JMeter, {view.peak_open:,} by the log."
    ended = [
        f"{words.ENDERS[name]} ({handshake:,} handshake, {data:,} data phase)"
        for name, handshake, data in measures.closures_by_ender(analysis.run)
    ]
    return f"{text} Closures came from {', '.join(ended)}." if ended else f"{text} No connection was lost."


def _open(ax: Axes, analysis: Analysis) -> None:
    view = analysis.run.server_log
    assert view is not None
    start, end = analysis.run.start_ms, max(len(analysis.run.seconds), 1)
    ours = measures.open_connections(analysis.run.connections).steps
    for steps, colour, line, width in (
        (ours, style.INK, "-", 2.2),
        (view.open_steps, style.METRICS, "--", 1.5),
    ):
        at = (steps["at_ms"].to_numpy(np.float64) - start) / 1000
        at, level = thinned(at, steps["open"].to_numpy(np.int64))
        ax.step([0.0, *at], [0, *level], where="post", color=colour, linestyle=line, linewidth=width)
    style.count_axis(ax, max(analysis.counts.peak_open, view.peak_open, 1) * 1.06, ticks=6)
    style.seconds_axis(ax, end)
    style.heading(ax, "open connections", more="line: JMeter; dashed: the log")


def thinned(
    at: NDArray[np.float64], level: NDArray[np.int64], most: int = 1500
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return a step function with no more than about `most` steps: of each stretch its highest."""
    if len(at) <= most:
        return at, level
    edges = np.arange(0, len(at), -(-len(at) // most))
    return at[edges], np.maximum.reduceat(level, edges)


def _enders(ax: Axes, enders: list[tuple[str, int, int]]) -> None:
    most = max(max(handshake, data) for _, handshake, data in enders)
    for row, (_, handshake, data) in enumerate(enders):
        for number, phase, place in (
            (handshake, "handshake", row - _BAR / 2),
            (data, "data", row + _BAR / 2),
        ):
            if number:
                ax.barh(place, number, _BAR, color=style.COLOURS[phase])
                mark = style.GLYPHS[phase]
                style.note(
                    ax,
                    number,
                    place,
                    f"{mark} {number:,}",
                    color=style.COLOURS[phase],
                    offset=(4, 0),
                    va="center",
                )
    ax.set_yticks(range(len(enders)), [_SHORT[name] for name, _, _ in enders])
    ax.set_ylim(len(enders) - 0.5, -0.5)
    style.number_axis(ax, most * 1.12, "closures")
    style.heading(ax, "closures by who ended them", more="▲ handshake, ● data phase")
