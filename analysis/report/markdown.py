"""The verdict as Markdown, for the page of a CI job."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

from jmxgen.analysis import advice, words
from jmxgen.analysis.measures import callers
from jmxgen.analysis.report import besides, checks, headline, scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.analysis.model import Analysis

# What marks up anywhere, and what makes a heading or list at the start of a line.
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]()!|~]|^\s*[-+#=]|(?<=^\d)[.)])")


def render(analysis: Analysis) -> str:
    """Return the verdict, the criteria and the counts as GitHub-flavoured Markdown.

    Text of the results can't become markup, a link or a mention.
    """
    return "\n".join(_lines(analysis)) + "\n"


def plain(text: str) -> str:
    """Return `text` so that Markdown shows it as it is, on one line."""
    shown = _MARKUP.sub(r"\\\1", html.escape(words.shown(text), quote=False))
    # Names and addresses become mentions and links without any markup.
    return shown.replace("@", "&#64;").replace("://", "&#58;//").replace("www.", "www&#46;")


def _lines(analysis: Analysis) -> Iterator[str]:
    verdict, counts = analysis.verdict, analysis.counts
    warning = headline.warning(analysis)
    if warning:
        yield f"> [!WARNING]\n> {plain(warning)}\n"
    yield f"## {plain(headline.finding(analysis))}\n"
    given = analysis.run.scenario
    if given:
        yield f"{plain(scenario.name(given))} on {plain(scenario.target(given))}\n"
    yield from _criteria(analysis)
    yield "| | |\n|---|---|"
    if checks.unmeasured(analysis) is None:
        yield f"| cause | **{plain(verdict.cause)}** ({words.sure(verdict.confidence)}) |"
        if tied := words.tie(analysis):
            yield f"| | {plain(tied)} |"
        if verdict.phase != "none":
            yield f"| phase | {words.PHASES[verdict.phase]} |"
            yield f"| side | {words.side(analysis)} |"
        yield f"| concurrency | {words.at_concurrency(analysis)} |"
    yield f"| callers | {words.callers(callers.count(analysis.run))} |"
    yield (
        f"| handshake closures | {counts.handshake:,} of {counts.attempted:,} attempted "
        f"({words.percent(counts.handshake_rate)}) |"
    )
    lost = f"{counts.data:,} of {counts.opened:,} opened ({words.percent(counts.data_rate)})"
    yield f"| data closures | {lost} |"
    if analysis.run.stalls:
        yield f"| stalls | {words.stalls(analysis.run)} |"
    yield f"| JMeter reports | {words.jmeter_counted(analysis.run, counts)} |"
    if steps := besides.advice(analysis):
        yield "\n### What next\n"
        yield from (f"{n}. {plain(step)}" for n, step in enumerate(steps[: advice.MOST], 1))
    if analysis.run.notes:
        yield "\n### Caveats\n"
        yield from (f"- {plain(note)}" for note in analysis.run.notes)


def _criteria(analysis: Analysis) -> Iterator[str]:
    for heading, found in headline.groups(analysis.criteria):
        yield f"### {heading}\n"
        yield "| | | |\n|---|---|---|"
        for check in found:
            mark = headline.MARKS[check.outcome]
            was = "" if check.outcome == "not judged" else "was "
            shown = mark if check.met else f"**{mark}**"
            yield f"| {shown} | {plain(check.expression)} | {was}{plain(check.actual)} |"
        yield ""
