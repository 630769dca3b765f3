from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree
from lxml import html as parser

from jmxgen.analysis import charts
from jmxgen.analysis.compare import two_runs
from jmxgen.analysis.report import comparison as report
from tests import made

GOLDEN = Path(__file__).parents[3] / "golden" / "report"


@pytest.fixture(scope="module")
def worse() -> two_runs.Comparison:
    return two_runs.compare(made.healthy(), made.cap())


def test_what_got_worse_comes_first_and_what_is_the_same_is_only_counted(
    worse: two_runs.Comparison, accepted: Callable[[Path, str], None]
) -> None:
    told = report.text(worse)

    assert told.startswith("Handshakes now fail under more load: 0 of 40 before, 103 of 260 after\n")
    assert "\n2 of 14 figures got worse\n" in told
    accepted(GOLDEN / "comparison.txt", told)


def test_refusals_that_are_gone_are_the_finding() -> None:
    gone = report.headline(two_runs.compare(made.cap(), made.cap(260, 300)))

    assert gone == "Handshake failures are gone at the same load: 103 of 260 before, 0 of 260 after"


def test_both_runs_are_drawn_on_the_same_axes_with_the_figures_below(worse: two_runs.Comparison) -> None:
    picture = charts.draw_comparison(worse, "svg", title=report.headline(worse), named=report.name_of)
    root = etree.fromstring(picture)
    told = ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]

    assert {"─ before", "━ after", "line: before; filled: after"} <= set(told)
    assert "0% → 39.6%" in told
    assert "40 → 260" in told


def test_two_equal_runs_show_no_change() -> None:
    same = two_runs.compare(made.cap(), made.cap())

    shown = report.text(same).splitlines()[0]
    assert shown == "Nothing changed that stands out from noise: both runs show concurrency-cap"


def test_two_broken_runs_are_not_good_because_they_are_alike() -> None:
    broken, fine = (two_runs.compare(run, run) for run in (made.cap(), made.healthy()))

    assert 'class="verdict bad"' in report.html(broken)
    assert 'class="verdict good"' in report.html(fine)


def test_what_to_keep_in_mind_stands_in_the_first_section() -> None:
    less = two_runs.compare(made.cap(), made.healthy())

    first = parser.document_fromstring(report.html(less)).cssselect(".verdict")[0].text_content()
    assert "nothing is called better" in first
    assert "nothing is called better" in report.text(less).splitlines()[1]


def test_the_json_has_every_change_and_the_same_bytes_each_time(worse: two_runs.Comparison) -> None:
    document = json.loads(report.document(worse))

    assert document["schema"] == "jmxgen.comparison/1"
    assert document["regression"] is True
    assert len(document["changes"]) == len(worse.changes)
    assert report.document(worse) == report.document(worse)


def test_the_page_says_it_in_words_and_marks_not_in_colour_alone(worse: two_runs.Comparison) -> None:
    tree = parser.document_fromstring(report.html(worse))

    assert str(tree.findtext(".//h1")).startswith("Handshakes now fail under more load")
    assert "got worse" in " ".join(tree.text_content().split())
    assert any("▲ worse" in " ".join(cell.text_content().split()) for cell in tree.findall(".//td"))
    assert not tree.xpath("//*[@style]")


def test_hostile_text_is_only_text() -> None:
    hostile = two_runs.compare(made.hostile(), made.hostile())
    text = made.HOSTILE
    change = dataclasses.replace(hostile.changes[0], name=text, before=text, after=text, judgement="worse")
    hostile = dataclasses.replace(hostile, changes=(change,), notes=(made.HOSTILE,))

    tree = parser.document_fromstring(report.html(hostile))

    assert len(tree.findall(".//script")) == 1
    assert not tree.findall(".//img")
    assert all(c.isprintable() or c == "\n" for c in report.text(hostile))


def test_colours_only_when_asked_for(worse: two_runs.Comparison) -> None:
    assert "\x1b" not in report.text(worse)
    assert "\x1b[1;31m▲ worse" in report.text(worse, colour=True)
