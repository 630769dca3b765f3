from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import html as parser

from jmxgen.analysis.compare.trend import Trend, trend
from jmxgen.analysis.report import trend as report
from tests import made
from tests.unit.analysis.compare.test_trend import run

GOLDEN = Path(__file__).parents[3] / "golden" / "report"


@pytest.fixture
def worse() -> Trend:
    nights = [run(f"night-{n}") for n in range(1, 5)]
    return trend([*nights, *(run(f"night-{n}", lost=40, cause="idle-timeout") for n in (5, 6))])


def test_each_figure_is_drawn_and_its_change_point_marked(
    worse: Trend, accepted: Callable[[Path, str], None]
) -> None:
    accepted(GOLDEN / "trend.txt", report.text(worse))


def test_the_first_line_says_what_changed_and_from_which_run_on(worse: Trend) -> None:
    assert report.headline(worse) == (
        "Over 6 runs, from run 5 on the cause is idle-timeout (before: healthy); "
        "data-phase closures got worse"
    )
    assert report.headline(trend([run("a"), run("b"), run("c")])) == "Over 3 runs, nothing changed"


def test_the_page_draws_every_figure_with_a_point_for_each_run(worse: Trend) -> None:
    tree = parser.document_fromstring(report.html(worse))

    pictures = tree.cssselect("svg.trend")
    assert len(pictures) == len(worse.figures)
    assert all(len(picture.cssselect("circle")) == 6 for picture in pictures)
    assert len(tree.cssselect("svg.trend line.cut")) == 1
    assert not tree.xpath("//*[@style]")


def test_the_json_has_every_figure_and_the_same_bytes_each_time(worse: Trend) -> None:
    document = json.loads(report.document(worse))

    assert (document["schema"], document["regression"]) == ("jmxgen.trend/1", True)
    assert document["figures"][3]["change"] == 4
    assert report.document(worse) == report.document(worse)


def test_hostile_text_is_only_text() -> None:
    labels = [{"label": made.HOSTILE, "samples": 5, "p50": 1.0, "p95": 2.0}]
    hostile = trend([run(made.HOSTILE, labels=labels, start=made.HOSTILE) for _ in range(3)])

    tree = parser.document_fromstring(report.html(hostile))

    assert len(tree.findall(".//script")) == 1
    assert not tree.findall(".//img")
    assert all(c.isprintable() or c == "\n" for c in report.text(hostile))
