from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from jmxgen.analysis.charts import style
from tests import made

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.axes import Axes


def test_a_title_of_two_lines_has_no_word_alone_on_the_last() -> None:
    lines = style._balanced("39.1% of 92 attempts failed, at any load, time and age (protocol, timeout)", 66)

    assert len(lines) == 2
    assert abs(len(lines[0]) - len(lines[1])) < 12


def test_an_endless_title_is_cut() -> None:
    assert len(style._balanced("word " * 500, 66)) == 3
    assert style._balanced("", 66) == []


def test_bins_are_round_and_few() -> None:
    assert [style.bin_seconds(length) for length in (60, 600, 7200, 200_000)] == [1, 5, 30, 1800]


def words_of(paint: Callable[[list[Axes]], object], *, share_x: bool = False) -> list[tuple[str, str]]:
    """Return what a picture of two panels says, each text with the side that it hangs by."""
    with style.applied():
        form = style.Form(heading=False)
        figure, axes = style.panels(made.healthy(), form, "", [1.0, 1.0], share_x=share_x)
        for ax in axes:
            ax.set_yticks([])
        paint(axes)
        picture = style.save(figure, "svg").decode()
    return re.findall(r"text-anchor: (\w+)[^>]*>([^<]*)</text>", picture)


def test_only_the_lowest_panel_of_a_shared_axis_writes_its_numbers_and_the_axis_its_name() -> None:
    below = words_of(lambda axes: style.seconds_axis(axes[-1], 1200.0, label="seconds"), share_x=True)

    assert [text for _, text in below] == [*(f"{second:,}" for second in range(0, 1201, 300)), "seconds"]


def test_numbers_stand_left_of_a_count_axis_and_below_an_axis_of_seconds() -> None:
    def paint(axes: list[Axes]) -> None:
        style.count_axis(axes[-1], 10.0)
        style.seconds_axis(axes[-1], 10.0)

    ends = words_of(paint, share_x=True)

    assert ("end", "10") in ends
    assert ("middle", "10") in ends


def test_matplotlib_says_nothing_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "no-folder").write_text("")
    draw = "from jmxgen.analysis.charts import style\nwith style.applied(): import matplotlib.pyplot"
    found = subprocess.run(
        [sys.executable, "-c", draw],
        env={**os.environ, "MPLCONFIGDIR": str(tmp_path / "no-folder" / "x")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stderr == ""
