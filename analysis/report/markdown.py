"""The verdict as Markdown, for the page of a CI job."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

from jmxgen.analysis.report import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jmxgen.analysis.model import Analysis
    from jmxgen.analysis.report.checks import Check

# What marks up anywhere, and what makes a heading or list at the start of a line.
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]()!|~]|^\s*[-+#=]|(?<=^\d)[.)])")


def render(analysis: Analysis, checks: Sequence[Check] = ()) -> str:
    """Return the verdict, the checks and the counts as GitHub-flavoured Markdown.

    Text of the results can't become markup, a link or a mention.
    """
    return "\n".join(_lines(analysis, checks)) + "\n"


def plain(text: str) -> str:
    """Return `text` so that Markdown shows it as it is, on one line."""
    shown = _MARKUP.sub(r"\\\1", html.escape(words.shown(text), quote=False))
    # Names and addresses become mentions and links without any markup.
    return shown.replace("@", "&#64;").replace("://", "&#58;//").replace("www.", "www&#46;")


def _lines(analysis: Analysis, checks: Sequence[Check]) -> Iterator[str]:
    verdict, counts = analysis.verdict, analysis.counts
    yield f"## {plain(verdict.finding)}\n"
    yield "| | |\n|---|---|"
    yield f"| cause | **{plain(verdict.cause)}** ({words.sure(verdict.confidence)}) |"
    yield f"| phase | {words.PHASES[verdict.phase]} |"
    yield f"| side | {words.SIDES[verdict.side]} |"
    yield f"| concurrency | {words.at_concurrency(analysis)} |"
    yield (
        f"| handshake closures | {counts.handshake:,} of {counts.attempted:,} attempted "
        f"({words.percent(counts.handshake_rate)}) |"
    )
    lost = f"{counts.data:,} of {counts.opened:,} opened ({words.percent(counts.data_rate)})"
    yield f"| data closures | {lost} |"
    yield f"| JMeter counts | {words.jmeter_counted(analysis.results, counts)} |"
    if checks:
        yield "\n### Criteria\n"
        yield "| | criterion | |\n|---|---|---|"
        for check in checks:
            mark = "met" if check.met else "**missed**"
            yield f"| {mark} | {plain(check.name)} | {plain(check.actual)} |"
    if verdict.advice:
        yield "\n### What next\n"
        yield from (f"{n}. {plain(advice)}" for n, advice in enumerate(verdict.advice, 1))
    if analysis.results.notes:
        yield "\n### To keep in mind\n"
        yield from (f"- {plain(note)}" for note in analysis.results.notes)
