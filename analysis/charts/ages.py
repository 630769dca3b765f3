"""Lifetimes: how old connections were when they were lost, and how old the others became."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis import measures
from jmxgen.analysis.charts import durations, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from jmxgen.analysis.model import Analysis

_CAUSES: Final = ("max-session-age",)  # whose time this picture marks
_SAID: Final = ("age when lost", "age of those not lost", "seconds since the connection opened")


def shows(analysis: Analysis) -> bool:
    """Say whether anything was lost in the data phase."""
    return analysis.counts.data > 0


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw the lost and, below, what lived through as much."""
    frame = measures.ages(analysis.run.connections)
    drawn, axes = style.panels(analysis, form, _title(analysis), [1.8, 0.9], gap=0.42)
    lost = frame[frame["closure"]].to_numpy(np.float64)
    lived = frame.loc[~frame["closure"], "low"].to_numpy(np.float64)
    durations.pair(axes[0], axes[1], lost, lived, _SAID)
    cause = durations.found(analysis, _CAUSES)
    if cause is not None:
        durations.mark(axes, cause)
    return drawn


def describe(analysis: Analysis) -> str:
    """Say what decides, or that this does not."""
    return _title(analysis) + "."


def _title(analysis: Analysis) -> str:
    frame = measures.ages(analysis.run.connections)
    lost, lived = frame.loc[frame["closure"], "high"], frame.loc[~frame["closure"], "low"]
    return durations.title(analysis, _CAUSES, "Age", lost.to_numpy(np.float64), lived.to_numpy(np.float64))
