"""How long answers took: over time beside the load, and by label."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.charts import style
from jmxgen.analysis.report import words
from jmxgen.errors import one_line

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from jmxgen.analysis.model import Analysis

_LABELS: Final = 12
# Percentile -> its mark, size and fill.
_POINTS: Final = {
    "p50": ("o", 6, "full"),
    "p95": ("D", 6, "none"),
    "p99": ("s", 6, "none"),
    "max": ("|", 11, "full"),
}


def shows(analysis: Analysis) -> bool:
    """Say whether any label has samples."""
    return len(analysis.results.labels) > 0 and bool((analysis.results.labels["samples"] > 0).any())


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw the mean answer time over the run, and percentiles by label."""
    labels = _largest(analysis)
    seconds = analysis.results.by_second
    answered = seconds["answer_ms_mean"].notna()
    by_label = 0.34 * len(labels) + 0.25
    over_time = (1.4, 1.1) if answered.any() else ()
    drawn, axes = style.panels(
        analysis, form, _title(analysis), [*over_time, by_label], left=1.35 if form.narrow else 2.3, gap=0.95
    )
    if over_time:
        _over_time(axes[0], seconds)
        _throughput(axes[1], analysis)
    _by_label(axes[-1], labels, characters=13 if form.narrow else 26)
    return drawn


def describe(analysis: Analysis) -> str:
    """Say the percentiles of the label with most samples."""
    return f"{_title(analysis)}. Percentiles are exact, over all samples of a label."


def _largest(analysis: Analysis) -> pd.DataFrame:
    labels = analysis.results.labels
    return labels[labels["samples"] > 0].sort_values("samples", ascending=False, kind="stable").head(_LABELS)


def _title(analysis: Analysis) -> str:
    if analysis.verdict.cause == "processing-bottleneck":
        return analysis.verdict.finding
    top = _largest(analysis).iloc[0]
    label = one_line(str(top["label"]))
    return f"“{_short(label, 26)}”: half within {_ms(top['p50'])}, 99% within {_ms(top['p99'])}"


def _over_time(ax: Axes, seconds: pd.DataFrame) -> None:
    width = style.bin_seconds(len(seconds))
    means = seconds["answer_ms_mean"].to_numpy(np.float64)
    edges = np.arange(0, len(means), width)
    with np.errstate(invalid="ignore"):
        total = np.add.reduceat(np.nan_to_num(means), edges)
        known = np.add.reduceat(np.isfinite(means).astype(np.float64), edges)
        mean = np.where(known > 0, total / np.maximum(known, 1), np.nan)
    ax.plot(edges + width / 2, mean, color=style.INK, linewidth=1.6)
    style.count_axis(ax, float(np.nanmax(mean)), ticks=3, whole=False)
    ax.yaxis.set_major_formatter(lambda value, _: _ms(value))
    style.seconds_axis(ax, len(seconds))
    style.heading(ax, "mean answer time", more="of good exchanges of frames")


def _throughput(ax: Axes, analysis: Analysis) -> None:
    """Draw how many answers came a second, and the throughput at which the verdict saw them stand."""
    answers = analysis.results.seconds["answers"].to_numpy(np.float64)
    width = style.bin_seconds(len(answers))
    edges = np.arange(0, len(answers), width)
    rates = np.add.reduceat(answers, edges) / np.diff([*edges, len(answers)])
    style.stairs(ax, rates, np.append(edges, edges[-1] + width), style.AFTERMATH)
    style.count_axis(ax, float(rates.max()), ticks=3, whole=rates.max() >= 3)
    style.seconds_axis(ax, len(answers))
    style.heading(ax, "answers a second")
    flat = words.figure(analysis.verdict, "throughput_per_s")
    if flat is not None:
        style.mark_across(ax, flat, None)
        said = f"flat at {words.number(flat)} a second"
        options = {"color": style.HANDSHAKE, "fontweight": "bold", "ha": "right", "va": "bottom"}
        style.note(ax, len(answers), flat, said, offset=(0, 3), boxed=True, **options)


def _by_label(ax: Axes, labels: pd.DataFrame, *, characters: int) -> None:
    rows = labels.to_dict("records")
    at = {column: [_at_least(row[column]) for row in rows] for column in _POINTS}
    ax.hlines(range(len(rows)), at["p50"], at["max"], color=style.FAINT, linewidth=5)
    for column, (mark, size, fill) in _POINTS.items():
        ax.plot(
            at[column], range(len(rows)), mark, color=style.INK, markersize=size, markeredgewidth=1.4,
            fillstyle=fill,
        )  # fmt: skip
    for y, row in enumerate(rows):
        ax.text(
            -0.02,
            y,
            _short(one_line(str(row["label"])), characters),
            ha="right",
            va="center",
            transform=ax.get_yaxis_transform(),
        )
    largest, smallest = max(at["max"]), min(at["p50"])
    if largest > 30 * smallest:
        ax.set_xscale("log")
        ax.minorticks_off()
    else:
        style.number_axis(ax, largest * 1.05, "")
    ax.xaxis.set_major_formatter(lambda value, _: _ms(value))
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=style.FAINT, linewidth=0.6)
    ax.set_xlabel("elapsed")
    style.heading(ax, "by label", more="● p50   ◇ p95   □ p99   | max")


def _at_least(value: float) -> float:
    """Return a time that a log axis can show: JMeter's clock has whole milliseconds."""
    return max(float(value), 0.5) if math.isfinite(value) else 0.5


def _ms(value: float) -> str:
    return f"{words.number(value)} ms" if value < 10_000 else words.duration(value / 1000)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
