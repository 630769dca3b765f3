"""No picture cuts its words off, writes them over each other, or hides a bar's number."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from jmxgen.analysis import charts
from jmxgen.analysis.charts import headings, moments, style
from jmxgen.analysis.compare.two_runs import compare
from jmxgen.analysis.model import Analysis
from jmxgen.analysis.report import comparison
from tests import made

RUNS = (
    made.cap, made.long_cap, made.small_cap, made.idle_timeout, made.leak, made.crash, made.nobody_there,
    made.two_faults, made.healthy,
)  # fmt: skip
SHAVED = 1.5  # pixels around a text that may touch another


def placed(figure: Figure) -> list[tuple[str, Any]]:
    """Return each text of a figure with its box, in pixels."""
    headings.make_room(figure)
    canvas: Any = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()
    figure.draw(renderer)
    beyond = {id(label) for ax in figure.axes for label in out_of_view(ax)}
    found = [text for text in figure.findobj(Text) if isinstance(text, Text) and id(text) not in beyond]
    shown = [text for text in found if text.get_visible() and text.get_text().strip()]
    return [(text.get_text(), text.get_window_extent(renderer)) for text in shown]


def out_of_view(ax: Axes) -> Iterator[Text]:
    """Yield the labels of ticks that matplotlib keeps, and does not draw."""
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks():
            drawn = low <= tick.get_loc() <= high
            yield from () if drawn and tick.label1.get_visible() else (tick.label1,)
            yield tick.label2


def faults(figure: Figure) -> list[str]:
    """Return which texts leave the figure, and which lie over each other."""
    texts, whole = placed(figure), figure.bbox
    out = [
        f"{text!r} leaves the picture"
        for text, box in texts
        if box.x0 < -1 or box.y0 < -1 or box.x1 > whole.x1 + 1 or box.y1 > whole.y1 + 1
    ]
    over = [
        f"{one!r} lies over {other!r}"
        for (one, a), (other, b) in itertools.combinations(texts, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > SHAVED and min(a.y1, b.y1) - max(a.y0, b.y0) > SHAVED
    ]
    return out + over


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("make", RUNS)
def test_words_stay_in_the_picture_and_apart(make: Callable[[], Analysis], narrow: bool) -> None:
    form = style.Form(narrow=narrow, heading=False)
    for kind in charts.kinds(make()):
        with style.applied():
            assert faults(charts._PICTURES[kind].figure(make(), form)) == [], kind


@pytest.mark.parametrize("narrow", [False, True])
def test_words_of_a_comparison_stay_in_the_picture_and_apart(narrow: bool) -> None:
    compared = compare(made.cap(), made.two_faults())
    with style.applied():
        form = style.Form(narrow=narrow, heading=False)
        figure = charts.before_after.figure(compared, form, "", comparison.name_of)

        assert faults(figure) == []


def test_the_longest_words_of_a_leak_fit_a_phone() -> None:
    """A late first closure, with thousands of connections: its words begin where there is room."""
    text = "first closure at 1,234.5 s, 1,234 open, 1,500 held"
    with style.applied():
        figure, (ax,) = style.sheet((), style.Form(narrow=True, heading=False), "", [2.5], right=1.1)
        style.seconds_axis(ax, 3600.0)
        flags = moments.Flags([moments.LossMoment(1234.5, text)], 3600.0, 4.6 - 0.85 - 1.1, 1.0)
        flags.write(ax)

        assert faults(figure) == []
