"""Accepted handshakes against attempted ones, second by second: a rate limit is a flat top."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jmxgen.analysis import words
from jmxgen.analysis.charts import series, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from jmxgen.analysis.model import Analysis


def shows(analysis: Analysis) -> bool:
    """Say whether handshakes failed: else what was accepted is what was attempted."""
    timed = analysis.run.connections["attempted_at"].notna().any()
    return analysis.counts.handshake > 0 and len(analysis.run.seconds) > 0 and bool(timed)


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw one mark for each pair of attempted and accepted, its size by how many seconds had it."""
    seconds = pairs(analysis)
    drawn, (ax,) = style.panels(
        analysis,
        form,
        _title(analysis, seconds),
        [3.6],
        above=2 if form.narrow else 1,
        right=style.margin(_said(analysis)),
    )
    most, top = float(seconds["attempted"].max()), float(seconds["accepted"].max())
    refused = (seconds["accepted"] < seconds["attempted"]).to_numpy()
    for some, colour, mark in ((~refused, style.INK, "o"), (refused, style.HANDSHAKE, "^")):
        size = 28 + 22 * np.sqrt(seconds["seconds"].to_numpy(np.float64)[some])
        ax.scatter(
            seconds["attempted"][some], seconds["accepted"][some], np.minimum(size, 400), color=colour,
            marker=mark, alpha=0.75, zorder=3, clip_on=False, linewidth=0,
        )  # fmt: skip
    _all_accepted(ax, most, top)
    _limit(ax, analysis)
    style.count_axis(ax, top * 1.1, ticks=6)
    style.number_axis(ax, most * 1.06, "handshakes attempted in a second")
    keys = [("▲ some refused", style.HANDSHAKE)] if refused.any() else []
    keys += [("● none refused", style.INK)] if (~refused).any() else []
    keys.append(("┄ all accepted", style.MUTED))
    style.heading(ax, "of those, accepted", more="larger: more such seconds", keys=keys)
    return drawn


def pairs(analysis: Analysis) -> pd.DataFrame:
    """Return how many seconds had so many attempts, and so many of those accepted.

    Returns:
        Columns attempted, accepted and seconds. Where more than 60 pairs would crowd the picture, both are
        rounded.
    """
    run = analysis.run
    attempted, accepted = series.demand(run.connections, run.start_ms, len(run.seconds))
    table = pd.DataFrame({"attempted": attempted, "accepted": accepted})[attempted > 0]
    if len(table.drop_duplicates()) > 400:
        step = max(1, int(attempted.max()) // 120)
        table = (table / step).round().astype("int64") * step
    return table.groupby(["attempted", "accepted"]).size().reset_index(name="seconds")


def describe(analysis: Analysis) -> str:
    """Say what was attempted and what was accepted at most."""
    return _title(analysis, pairs(analysis)) + "."


def _title(analysis: Analysis, seconds: pd.DataFrame) -> str:
    if "rate_per_s" in analysis.verdict.evidence:
        return analysis.verdict.finding
    attempted, accepted = int(seconds["attempted"].max()), int(seconds["accepted"].max())
    share = words.percent(1 - analysis.counts.handshake_rate)
    if not accepted:
        return f"None of the handshakes was accepted, at up to {attempted:,} per second"
    return f"Up to {attempted:,} handshakes/s attempted, up to {accepted:,} accepted; {share} over the run"


def _all_accepted(ax: Axes, most: float, top: float) -> None:
    """Draw where everything is accepted, as far as the panel goes."""
    end = min(most, max(top * 1.1, 1.0))
    ax.plot([0, end], [0, end], color=style.MUTED, linewidth=1, linestyle=":", zorder=1)


def _limit(ax: Axes, analysis: Analysis) -> None:
    rate = words.figure(analysis.verdict, "rate_per_s")
    if rate is None:
        return
    interval = words.bounds(analysis.verdict)
    style.mark_across(ax, rate, interval)
    style.beside(ax, rate, _said(analysis))


def _said(analysis: Analysis) -> str:
    rate = words.figure(analysis.verdict, "rate_per_s")
    return "" if rate is None else f"limit {words.between(rate, words.bounds(analysis.verdict))}"
