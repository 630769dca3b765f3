"""Idle times: how long lost connections had been without a frame, and how long others survived that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis import measures
from jmxgen.analysis.charts import durations, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from jmxgen.analysis.model import Analysis

_CAUSES: Final = ("idle-timeout", "unanswered-pings")  # whose time this picture marks
_SAID: Final = ("idle time when lost", "longest idle time survived", "seconds since the last frame")


def shows(analysis: Analysis) -> bool:
    """Say whether anything was lost in the data phase."""
    return analysis.counts.data > 0


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw the lost and, below, what lived through as much."""
    frame = measures.idles(analysis.run.connections)
    drawn, axes = style.panels(analysis, form, _title(analysis), [1.8, 0.9], gap=0.42)
    lost = frame[frame["closure"]].to_numpy(np.float64)
    lived = frame["survived"].to_numpy(np.float64)
    durations.pair(axes[0], axes[1], lost, lived, _SAID)
    cause = durations.found(analysis, _CAUSES)
    if cause is not None:
        durations.mark(axes, cause)
    return drawn


def describe(analysis: Analysis) -> str:
    """Say what decides, or that this does not."""
    return _title(analysis) + "."


def _title(analysis: Analysis) -> str:
    frame = measures.idles(analysis.run.connections)
    lost, lived = frame.loc[frame["closure"], "high"], frame["survived"]
    return durations.title(
        analysis, _CAUSES, "Idle time", lost.to_numpy(np.float64), lived.to_numpy(np.float64)
    )
