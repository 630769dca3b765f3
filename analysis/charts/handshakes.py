"""Handshakes admitted against handshakes asked for, second by second: a rate limit is a flat top."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jmxgen.analysis.charts import style
from jmxgen.analysis.report import words

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from jmxgen.analysis.model import Analysis


def shows(analysis: Analysis) -> bool:
    """Say whether handshakes failed: else what was admitted is what was asked for."""
    timed = analysis.results.connections["attempted_at"].notna().any()
    return analysis.counts.handshake > 0 and len(analysis.results.seconds) > 0 and bool(timed)


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw one mark for each pair of asked and admitted, its size by how many seconds had it."""
    seconds = analysis.results.by_second
    drawn, (ax,) = style.panels(analysis, form, _title(analysis, seconds), [3.6])
    used = seconds[seconds["attempts"] + seconds["admitted"] > 0]
    pairs = used.groupby(["attempts", "admitted"]).size().reset_index(name="times")
    most = float(used["attempts"].max())
    top = float(used["admitted"].max())
    size = 28 + 22 * np.sqrt(pairs["times"].to_numpy(np.float64))
    refused = (pairs["admitted"] < pairs["attempts"]).to_numpy()
    asked, admitted = pairs["attempts"].to_numpy(), pairs["admitted"].to_numpy()
    ax.scatter(
        asked[~refused], admitted[~refused], size[~refused], color=style.INK, marker="o", alpha=0.75, zorder=3
    )
    ax.scatter(
        asked[refused], admitted[refused], size[refused], color=style.HANDSHAKE, marker="^", alpha=0.8,
        zorder=4, clip_on=False,
    )  # fmt: skip
    diagonal = min(most, top * 1.1)
    ax.plot([0, diagonal], [0, diagonal], color=style.MUTED, linewidth=1, linestyle=":", zorder=1)
    steep = diagonal < 0.5 * most
    style.note(
        ax, diagonal, diagonal, "all admitted", color=style.MUTED, offset=(8 if steep else -8, 0),
        ha="left" if steep else "right", va="center",
    )  # fmt: skip
    _limit(ax, analysis, most)
    style.count_axis(ax, top * 1.1, ticks=6)
    style.number_axis(ax, most * 1.06, "handshakes asked for in a second")
    style.heading(
        ax,
        "handshakes admitted in the same second",
        more="▲ some refused  ● none  larger: more seconds",
    )
    return drawn


def describe(analysis: Analysis) -> str:
    """Say what was asked for and what was admitted at most."""
    return _title(analysis, analysis.results.by_second) + "."


def _title(analysis: Analysis, seconds: pd.DataFrame) -> str:
    if "rate_per_s" in analysis.verdict.evidence:
        return analysis.verdict.finding
    asked, admitted = int(seconds["attempts"].max()), int(seconds["admitted"].max())
    share = words.percent(1 - analysis.counts.handshake_rate)
    return f"Of up to {asked:,} handshakes a second at most {admitted:,} were admitted, {share} over the run"


def _limit(ax: Axes, analysis: Analysis, most: float) -> None:
    rate = words.figure(analysis.verdict, "rate_per_s")
    if rate is None:
        return
    interval = words.bounds(analysis.verdict)
    style.mark_across(ax, rate, interval)
    said = f"limit a second {words.between(rate, interval)}"
    style.note(
        ax, most, rate, said, color=style.HANDSHAKE, fontweight="bold", offset=(0, 3), ha="right", va="bottom"
    )
