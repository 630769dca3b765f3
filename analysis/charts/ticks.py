"""The ticks of an axis, drawn with one text and two lines that move from tick to tick.

matplotlib makes five objects of each tick and lays each text out twice: more than half of a picture's time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.text import Text

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.backend_bases import RendererBase

_DOWN: Final = 3  # matplotlib.markers.TICKDOWN
_MARK: Final = 3.5  # points, below an x axis
_PAD: Final = 3.5  # points between a mark and its text
_LEVEL: Final = 0.5  # below all that is drawn in the panel


class Ticks(Artist):
    """Draws the major ticks of an axis, as its locator and formatter give them, in place of the axis itself.

    An x axis has marks, labels below them, and its own label below these; a y axis has labels only.

    Args:
        axis: hidden by this.
        mark_colour: of the marks.
        grid_colour: of lines across the panel; empty for none.
        labels: whether to write the numbers.
    """

    def __init__(self, axis: Axis, *, mark_colour: str, grid_colour: str = "", labels: bool = True) -> None:
        super().__init__()
        self.set_zorder(_LEVEL)
        axis.set_visible(False)
        panel = axis.axes
        self._axis, self._labels = axis, labels
        self._rising = axis is panel.yaxis
        if self._rising:
            across, (below, va, ha) = panel.get_yaxis_transform(), panel.get_yaxis_text1_transform(_PAD)
        else:
            across, (below, va, ha) = (
                panel.get_xaxis_transform(),
                panel.get_xaxis_text1_transform(_MARK + _PAD),
            )
        self._text = Text(va=va, ha=ha, transform=below)
        self._marks = Line2D(
            [], [], linestyle="none", marker=_DOWN, markersize=_MARK, markeredgewidth=0.8,
            color=mark_colour, transform=across, visible=not self._rising,
        )  # fmt: skip
        self._grid = Line2D(
            [], [], linewidth=0.6, color=grid_colour or "none", transform=across, visible=bool(grid_colour)
        )
        for part in (self._text, self._marks, self._grid):
            part.set_figure(panel.figure)

    def draw(self, renderer: RendererBase) -> None:
        """Draw the ticks that lie on the axis."""
        low, high = sorted(self._axis.get_view_interval())
        rounding = (high - low) * 1e-10
        places = [at for at in self._axis.get_majorticklocs() if low - rounding <= at <= high + rounding]
        begin, end = np.zeros(len(places)), np.ones(len(places))
        gaps = np.full(len(places), np.nan)
        lines = np.column_stack([begin, end, gaps]).ravel(), np.column_stack([places, places, gaps]).ravel()
        self._grid.set_data(*(lines if self._rising else lines[::-1]))
        self._grid.draw(renderer)
        self._marks.set_data(places, begin)
        self._marks.draw(renderer)
        if self._labels:
            self._write(renderer, places)

    def _write(self, renderer: RendererBase, places: list[float]) -> None:
        bottom = self._axis.axes.bbox.y0
        for at, label in zip(places, self._axis.get_major_formatter().format_ticks(places), strict=True):
            self._text.set_position((0, at) if self._rising else (at, 0))
            self._text.set_text(label)
            self._text.draw(renderer)
        name = self._axis.label
        if name.get_text():
            bottom = min(bottom, self._text.get_window_extent(renderer).y0 if places else bottom)
            points = renderer.points_to_pixels(self._axis.labelpad)
            name.set_y(bottom - points)
            name.draw(renderer)
