"""Both timelines on one time axis: the recording above its reproduction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jmxgen.analysis import measures
from jmxgen.analysis.charts import series, style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from matplotlib.axes import Axes

    from jmxgen.analysis.model import Analysis


def draw(
    recording: Analysis,
    reproduction: Analysis,
    title: str,
    formats: Sequence[Literal["png", "svg"]],
    *,
    heading: bool = True,
    narrow: bool = False,
) -> dict[str, bytes]:
    """Return the picture in some formats, the same bytes for the same runs."""
    runs = (("recording", recording), ("reproduction", reproduction))
    phases = [p for p in ("handshake", "data") if any((a.run.connections["end"] == p).any() for _, a in runs)]
    end = max(1, *(len(analysis.run.seconds) for _, analysis in runs))
    with style.applied():
        remarks = ["Upper of each pair: as recorded; lower: played back by the simulator, in a real JMeter."]
        heights = [1.5, 1.5, *(0.9 for _ in phases for _ in runs)]
        figure, axes = style.sheet(
            remarks, style.Form(heading=heading, narrow=narrow), title, heights, share_x=True
        )
        top = max(analysis.counts.peak_open for _, analysis in runs)
        for ax, (name, analysis) in zip(axes, runs, strict=False):
            _open(ax, analysis, name, end, top)
        rest = iter(axes[2:])
        for phase in phases:
            counts = [series.closures(analysis.run, phase, end) for _, analysis in runs]
            highest = max(float(c.max()) for c in counts)
            for (name, _), count in zip(runs, counts, strict=True):
                _per_second(next(rest), count, phase, name, highest)
        style.seconds_axis(axes[-1], end, label="seconds since each run's first sample")
        return {form: style.save(figure, form) for form in formats}


def _open(ax: Axes, analysis: Analysis, name: str, end: int, top: int) -> None:
    times = np.arange(0, end, max(end / 600, 0.25))
    level = measures.open_connections(analysis.run.connections).at(analysis.run.start_ms + 1000 * times)
    ax.plot(times, level, color=style.INK, drawstyle="steps-post")
    style.count_axis(ax, top, ticks=3)
    style.heading(ax, f"{name}: open connections", more=f"peak {analysis.counts.peak_open:,}")


def _per_second(
    ax: Axes, counts: np.ndarray[tuple[int], np.dtype[np.int64]], phase: str, name: str, top: float
) -> None:
    style.stairs(ax, counts, np.arange(len(counts) + 1), style.COLOURS[phase])
    style.count_axis(ax, top, ticks=2, whole=top >= 2)
    text = f"{style.GLYPHS[phase]} {name}: {style.PHASE_WORDS[phase]} closures per second"
    style.heading(ax, text, colour=style.COLOURS[phase], more=f"{int(counts.sum()):,} in all")
