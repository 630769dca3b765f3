"""The words above a panel: its heading, remarks and keys, on as many lines as they need."""

from __future__ import annotations

import math
import textwrap
import weakref
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Part = tuple[str, dict[str, Any]]  # words, and matplotlib's options of how they look

LINE: Final = 0.19  # inches from line to line of plain text
CHARACTER: Final = 0.086  # inches, about, of a character of plain text
_BOLD: Final = 1.15  # times as wide
_EDGE: Final = 0.1  # inches that stay free at the edge of a picture
_ROOM: weakref.WeakKeyDictionary[Figure, dict[Axes, int]] = weakref.WeakKeyDictionary()


def write(ax: Axes, parts: Sequence[Part]) -> None:
    """Write parts beside each other above a panel, on a new line where one is full; the first line on top.

    The figure must go through `make_room` when all is drawn.
    """
    from matplotlib.text import Annotation

    figure = ax.get_figure(root=True)
    assert figure is not None
    across = float(figure.get_size_inches()[0])
    lines = lines_of(parts, across * (1 - ax.get_position().x0) - _EDGE)
    _ROOM.setdefault(figure, {})[ax] = len(lines)
    # They belong to the figure: a panel's own texts are those that stand beside what it shows.
    for height, line in zip(range(len(lines) - 1, -1, -1), lines, strict=True):
        (first, look), *others = line
        above = ax.transAxes + _shifted(figure, 72 * LINE * height + 2)
        at = figure.text(0, 1, first, transform=above, va="bottom", **look)
        for other, look in others:
            at = Annotation(
                other, (1, 0), (7, 0), xycoords=at, textcoords="offset points", va="bottom", **look
            )
            figure.add_artist(at)


def lines_of(parts: Sequence[Part], room: float) -> list[list[Part]]:
    """Put parts on lines of so many inches; a part that is longer than a line is wrapped."""
    lines: list[list[Part]] = []
    used = math.inf
    for text, look in parts:
        for piece in (
            textwrap.wrap(text, int(room / _width("x", look))) if _width(text, look) > room else [text]
        ):
            width = _width(piece, look) + 0.1
            if used + width > room + 0.1:
                lines.append([])
                used = 0.0
            lines[-1].append((piece, look))
            used += width
    return lines


def _width(text: str, look: dict[str, Any]) -> float:
    return len(text) * CHARACTER * (_BOLD if "fontweight" in look else 1.0)


def make_room(figure: Figure) -> None:
    """Make a figure higher by what headings of several lines need, and keep the size of its panels."""
    found = _ROOM.pop(figure, {})
    more = {ax: LINE * (lines - 1) for ax, lines in found.items() if lines > 1}
    if not more:
        return
    width, old = (float(inches) for inches in figure.get_size_inches())
    new = old + sum(more.values())
    boxes = {ax: ax.get_position() for ax in figure.axes}
    for text in figure.texts:  # those of the figure's own heading keep their distance from the top
        if text.get_transform() == figure.transFigure:
            text.set_y(1 - (1 - text.get_position()[1]) * old / new)
    figure.set_size_inches(width, new)
    for ax, box in boxes.items():
        raised = sum(inches for below, inches in more.items() if boxes[below].y0 < box.y0)
        ax.set_position((box.x0, (box.y0 * old + raised) / new, box.width, box.height * old / new))


def _shifted(figure: Any, points: float) -> Any:
    from matplotlib.transforms import ScaledTranslation

    return ScaledTranslation(0, points / 72, figure.dpi_scale_trans)
