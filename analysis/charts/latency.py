"""How long answers took: over time beside the load, and by label. What only waits is left out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from jmxgen.analysis import measures, words
from jmxgen.analysis.charts import style
from jmxgen.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from jmxgen.analysis.model import Analysis

_LABELS: Final = 12
_WAITS: Final = {"listen", "pause"}  # steps of a scenario
_OWN_WAITS: Final = r"(listen|pause)( \(\d+\))?"  # the labels that a plan of jmxgen gives them
_SAME: Final = 0.95  # of the longest time: cut off by the same timeout
# Percentile -> its mark, size and fill.
_POINTS: Final = {
    "p50": ("o", 6, "full"),
    "p95": ("D", 6, "none"),
    "p99": ("s", 6, "none"),
    "max": ("|", 11, "full"),
}


def shows(analysis: Analysis) -> bool:
    """Say whether any label has samples that are not just waits."""
    return len(_largest(analysis)) > 0


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw the mean answer time over the run, and percentiles by label."""
    labels = _largest(analysis)
    seconds = measures.per_second(analysis.run)
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
    """Say the percentiles of the slowest label."""
    return f"{_title(analysis)}. Percentiles are exact, over all samples of a label; waits are left out."


def waits(scenario: Mapping[str, Any] | None) -> set[str]:
    """Return the labels that a scenario gives to its waits."""

    def within(value: Any) -> Iterator[str]:
        if isinstance(value, Mapping):
            if _WAITS & value.keys() and value.get("label"):
                yield str(value["label"])
            yield from (label for part in value.values() for label in within(part))
        elif isinstance(value, (list, tuple)):
            yield from (label for part in value for label in within(part))

    return set(within((scenario or {}).get("call") or []))


def cut_off(row: Mapping[str, Any]) -> float | None:
    """Return the time (ms) at which the samples of a label seem to be cut off by a timeout, None where not.

    So many of them fail that a percentile must be of those, and the slowest all take the same time.
    """
    failed = float(row["errors"]) / max(float(row["samples"]), 1.0)
    top = float(row["max"])
    return float(row["p99"]) if failed >= 0.01 and row["p99"] >= _SAME * top and top >= 200 else None


def _is_cut(row: Mapping[str, Any], column: str) -> bool:
    limit = cut_off(row)
    share = {"p50": 0.5, "p90": 0.1, "p95": 0.05, "p99": 0.01, "max": 0.0}[column]
    failed = float(row["errors"]) / max(float(row["samples"]), 1.0)
    return limit is not None and failed >= share and float(row[column]) >= _SAME * float(row["max"])


def _largest(analysis: Analysis) -> pd.DataFrame:
    labels = analysis.run.labels
    names = labels["label"].astype(str)
    waiting = names.isin(waits(analysis.run.scenario)) | names.str.fullmatch(_OWN_WAITS)
    asked = labels[(labels["samples"] > 0) & ~waiting.astype(bool)]
    return asked.sort_values("samples", ascending=False, kind="stable").head(_LABELS)


def _title(analysis: Analysis) -> str:
    if analysis.verdict.cause == "processing-bottleneck":
        return analysis.verdict.finding
    top = max(_records(_largest(analysis)), key=lambda row: (cut_off(row) is not None, row["p99"]))
    label = f"“{_short(one_line(str(top['label'])), 26)}”"
    limit, cut = cut_off(top), [column for column in ("p50", "p90", "p95", "p99") if _is_cut(top, column)]
    if limit is not None and cut:
        least = 100 - int(cut[0][1:])
        return f"{label}: {least}% or more got no answer within {_ms(limit)}, where they are cut off"
    return f"{label}: half within {_ms(top['p50'])}, 99% within {_ms(top['p99'])}"


def _records(labels: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in labels.to_dict("records")]


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
    style.heading(ax, "mean answer time", more="successful requests")


def _throughput(ax: Axes, analysis: Analysis) -> None:
    """Draw how many answers came a second, and the throughput at which the verdict saw them stand."""
    answers = analysis.run.seconds["answers"].to_numpy(np.float64)
    width = style.bin_seconds(len(answers))
    edges = np.arange(0, len(answers), width)
    rates = np.add.reduceat(answers, edges) / np.diff([*edges, len(answers)])
    style.stairs(ax, rates, np.append(edges, edges[-1] + width), style.AFTERMATH)
    style.count_axis(ax, float(rates.max()), ticks=3, whole=rates.max() >= 3)
    style.seconds_axis(ax, len(answers))
    style.heading(ax, "answers per second")
    flat = words.figure(analysis.verdict, "throughput_per_s")
    if flat is not None:
        style.mark_across(ax, flat, None)
        said = f"flat at {words.number(flat)} /s"
        options = {"color": style.HANDSHAKE, "fontweight": "bold", "ha": "right", "va": "bottom"}
        style.note(ax, len(answers), flat, said, offset=(0, 3), boxed=True, **options)


def _by_label(ax: Axes, labels: pd.DataFrame, *, characters: int) -> None:
    rows = _records(labels)
    at = {column: [_at_least(row[column]) for row in rows] for column in _POINTS}
    ax.hlines(range(len(rows)), at["p50"], at["max"], color=style.FAINT, linewidth=5)
    for column, (mark, size, fill) in _POINTS.items():
        ax.plot(
            at[column], range(len(rows)), mark, color=style.INK, markersize=size, markeredgewidth=1.4,
            fillstyle=fill,
        )  # fmt: skip
    limits = [(y, limit) for y, row in enumerate(rows) if (limit := cut_off(row)) is not None]
    for y, limit in limits:
        ax.plot([limit, limit], [y - 0.4, y + 0.4], color=style.STALL, linewidth=3, zorder=1)
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
    keys = [("┃ cut off by a timeout", style.STALL)] if limits else []
    style.heading(ax, "by label", more="● p50   ◇ p95   □ p99   | max", keys=keys)


def _at_least(value: float) -> float:
    """Return a time that a log axis can show: JMeter's clock has whole milliseconds."""
    return max(float(value), 0.5) if math.isfinite(value) else 0.5


def _ms(value: float) -> str:
    return f"{words.number(value)} ms" if value < 10_000 else words.duration(value / 1000)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
