"""Abandoned connections: what a server holds beside the open ones, and what it refuses for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jmxgen.analysis import words
from jmxgen.analysis.charts import series, style, timeline

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from jmxgen.analysis.model import Analysis


def shows(analysis: Analysis) -> bool:
    """Say whether abandoned connections are the cause."""
    return series.leaks(analysis) and timeline.shows(analysis)


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw the timeline, which shows open and abandoned connections where those are the cause."""
    return timeline.figure(analysis, form)


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
