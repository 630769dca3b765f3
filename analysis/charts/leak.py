"""Abandoned connections: what a server holds beside the open ones, and what it refuses for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jmxgen.analysis import words
from jmxgen.analysis.charts import series, style, timeline

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from jmxgen.analysis.model import Analysis


def shows(analysis: Analysis) -> bool:
    """Say whether abandoned connections are the cause."""
    return series.leaks(analysis) and timeline.shows(analysis)


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw open and abandoned connections, and below them what was refused and what was abandoned."""
    seconds = len(analysis.run.seconds)
    drawn, axes = style.panels(
        analysis, form, analysis.verdict.finding, [2.6, 1.05, 0.9], share_x=True,
        right=style.margin(timeline.limit(analysis)), above=2 if form.narrow else 0,
    )  # fmt: skip
    timeline.open_connections(axes[0], analysis)
    timeline.closures(axes[1], analysis, "handshake")
    timeline.filled(axes[2], _abandoned(analysis, seconds), style.AFTERMATH, ticks=2)
    style.heading(
        axes[2], "abandoned per second", colour=style.MUTED, more=f"{analysis.counts.leaked:,} in total"
    )
    style.seconds_axis(axes[-1], max(seconds, 1))
    return drawn


def describe(analysis: Analysis) -> str:
    """Say how many were abandoned, and how many were held at most."""
    connections = analysis.run.connections
    hold = series.hold_s(connections)
    kept = "for good" if np.isinf(hold) else f"for {words.duration(hold)}"
    abandoned = words.count(analysis.counts.leaked, "connection")
    return (
        f"{abandoned} abandoned without a close. If the server holds each {kept}, up to "
        f"{series.held(connections, hold).peak:,} were open or abandoned at once."
    )


def _abandoned(analysis: Analysis, seconds: int) -> NDArray[np.int64]:
    connections, start = analysis.run.connections, analysis.run.start_ms
    at = connections["last_alive_at"][connections["end"] == "leaked"].dropna().to_numpy(np.float64)
    second = np.clip((at - start) // 1000, 0, max(seconds - 1, 0)).astype(np.int64)
    return np.bincount(second, minlength=max(seconds, 1))
