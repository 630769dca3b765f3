from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jmxgen.analysis.charts import style
from tests import made

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes


def words_of(paint: Callable[[list[Axes]], object], *, share_x: bool = False) -> list[str]:
    with style.applied():
        figure, axes = style.panels(
            made.healthy(), style.Form(heading=False), "", [1.0, 1.0], share_x=share_x
        )
        paint(axes)
        return re.findall(r"<text[^>]*>([^<]*)</text>", style.save(figure, "svg").decode())


def test_each_tick_on_the_axis_has_its_number_and_the_axis_its_name() -> None:
    assert words_of(lambda axes: style.seconds_axis(axes[0], 1200.0, label="seconds")) == [
        *(f"{second:,}" for second in range(0, 1201, 300)),
        "seconds",
    ]


def test_a_panel_without_an_axis_has_no_ticks() -> None:
    assert words_of(lambda axes: axes[0].set_xlim(0, 10)) == []


def test_only_the_lowest_panel_of_a_shared_axis_writes_its_numbers() -> None:
    assert words_of(lambda axes: style.number_axis(axes[-1], 2, "open"), share_x=True) == [
        "0",
        "1",
        "2",
        "open",
    ]


def test_an_axis_without_a_label_leaves_its_numbers_to_the_panel_below() -> None:
    assert words_of(lambda axes: style.seconds_axis(axes[0], 10.0, label=None)) == []


def test_numbers_stand_left_of_a_count_axis_and_below_an_axis_of_seconds() -> None:
    with style.applied():
        figure, (ax,) = style.panels(made.healthy(), style.Form(heading=False), "", [1.0])
        style.count_axis(ax, 10.0)
        style.seconds_axis(ax, 10.0)
        picture = style.save(figure, "svg").decode()

    ends = re.findall(r"text-anchor: (\w+)[^>]*>([^<]*)</text>", picture)

    assert ("end", "10") in ends
    assert ("middle", "10") in ends
