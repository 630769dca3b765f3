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

    from jmxgen.analysis.model import Analysis, Hypothesis, Verdict


def shows(analysis: Analysis) -> bool:
    """Say whether handshakes failed that might have been accepted at another rate."""
    timed = analysis.run.connections["attempted_at"].notna().any()
    if not series.load_decides(analysis):
        return False
    return analysis.counts.handshake > 0 and len(analysis.run.seconds) > 0 and bool(timed)


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw one mark for each pair of attempted and accepted, its size by how many seconds had it."""
    seconds = pairs(analysis)
    drawn, (ax,) = style.panels(
        analysis,
        form,
        _title(analysis, seconds),
        [3.6],
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
    style.heading(ax, "handshakes accepted in a second", more="larger mark: more such seconds", keys=keys)
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
    found = _limited(analysis)
    if found is not None:
        return found.finding
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
    found = _limited(analysis)
    if found is not None:
        rate = words.figure(found, "rate_per_s") or 0.0
        style.mark_across(ax, rate, words.bounds(found))
        style.beside(ax, rate, _said(analysis))


def _limited(analysis: Analysis) -> Verdict | Hypothesis | None:
    """Return what the verdict names that limits the rate of handshakes."""
    return next(
        (found for found in words.named(analysis) if words.figure(found, "rate_per_s") is not None), None
    )


def _said(analysis: Analysis) -> str:
    found = _limited(analysis)
    if found is None:
        return ""
    rate = words.figure(found, "rate_per_s") or 0.0
    return f"limit {words.between(rate, words.bounds(found), lambda rate: f'{words.number(rate, 2)}/s')}"
