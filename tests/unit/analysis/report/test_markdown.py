from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from jmxgen.analysis.model import Check
from jmxgen.analysis.report import checks
from jmxgen.analysis.report import markdown as report
from tests import made

GOLDEN = Path(__file__).parents[3] / "golden" / "report"


def test_the_summary_of_a_capped_run_is_as_accepted(accepted: Callable[[Path, str], None]) -> None:
    judged = checks.judged(made.cap(), must_hold=["closures.handshake.rate < 1%", "closures.data.total == 0"])

    accepted(GOLDEN / "cap.md", report.render(judged))


def test_hostile_text_is_no_markup() -> None:
    check = Check(expression=made.HOSTILE, outcome="missed", actual=made.HOSTILE)
    hostile = dataclasses.replace(made.hostile(), criteria=(check,))

    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(report.render(hostile))

    tags = set(re.findall(r"<(\w+)", shown))
    assert tags <= {"h2", "h3", "table", "thead", "tbody", "tr", "th", "td", "strong", "ol", "ul", "li", "p"}


@pytest.mark.parametrize(
    "text",
    ["[x](http://evil)", "![x](y)", "**b**", "`c`", "| a |", "<b>", "# h", "- l", "~~s~~", "_i_", "a\nb"],
)
def test_markup_is_shown_as_it_is(text: str) -> None:
    shown = MarkdownIt().enable(["table", "strikethrough"]).renderInline(report.plain(text))

    assert "<" not in shown


def test_nobody_is_mentioned_and_nothing_is_linked() -> None:
    told = report.plain("@team see https://evil.example or www.evil.example")

    assert "@" not in told
    assert "://" not in told
    assert "www." not in told
