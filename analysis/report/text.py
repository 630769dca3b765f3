"""The verdict in a few lines that a person understands, for a terminal or a log."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from jmxgen.analysis import advice, words
from jmxgen.analysis.measures import callers
from jmxgen.analysis.report import besides, checks, headline, server_log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.analysis.model import Analysis

_BOLD: Final = "1"
_DIM: Final = "2"
_GOOD: Final = "1;32"
_BAD: Final = "1;31"
_NAME_WIDTH: Final = 15
_RIVALS: Final = 3


def render(analysis: Analysis, *, colour: bool = False, width: int = 100) -> str:
    """Return the verdict as plain text.

    Args:
        analysis: what was found.
        colour: whether to use ANSI colours. The caller looks at the terminal and at NO_COLOR.
        width: lines are wrapped at this column.

    Returns:
        Lines ending in a line feed. Text from the results is escaped, so that it can't steer a terminal.
    """
    good = headline.good(analysis)
    first = [headline.warning(analysis) or "", headline.finding(analysis) or analysis.verdict.cause]
    lines = [
        _paint(line, _GOOD if good else _BAD, colour)
        for sentence in first
        for line in textwrap.wrap(sentence, width)
    ]
    lines.append("")
    for name, text in _facts(analysis):
        lines += _fact(name, text, colour=colour, width=width)
    lines += _criteria(analysis, colour=colour, width=width)
    steps = besides.advice(analysis)
    if steps and not _too_little(analysis):
        lines += ["", _paint("What next", _BOLD, colour)]
        for n, step in enumerate(steps[: advice.MOST], 1):
            lines += textwrap.wrap(
                words.shown(step), width, initial_indent=f"  {n}. ", subsequent_indent=" " * 5
            )
        more = len(steps) - advice.MOST
        if more > 0:
            lines.append(_paint(f"     and {more} more, in the report and the JSON", _DIM, colour))
    rivals = list(_rivals(analysis))
    wide = max([28, *(len(name) + 2 for name, _ in rivals)])
    if log := analysis.run.server_log:
        lines += ["", _paint("What the server saw", _BOLD, colour)]
        for sentence in server_log.sentences(log):
            lines += textwrap.wrap(sentence, width, initial_indent="  ", subsequent_indent="  ")
    if rivals:
        lines += ["", _paint("Also looked at", _BOLD, colour)]
        for name, text in rivals:
            lines += _fact(name, text, colour=colour, width=width, name_width=wide)
    return "\n".join(lines) + "\n"


def _too_little(analysis: Analysis) -> bool:
    """Say whether there is something, but not enough to give advice on."""
    return bool(analysis.counts.attempted) and checks.unmeasured(analysis) is not None


def _criteria(analysis: Analysis, *, colour: bool, width: int) -> Iterator[str]:
    for heading, found in headline.groups(analysis.criteria):
        yield from ("", _paint(heading, _BOLD, colour))
        for check in found:
            mark = f"{headline.MARKS[check.outcome]:<10}"
            shown = textwrap.wrap(headline.criterion(check), max(width - 14, 20))
            yield f"  {_paint(mark, _GOOD if check.met else _BAD, colour)}  {shown[0]}"
            yield from (" " * 14 + line for line in shown[1:])


def _facts(analysis: Analysis) -> Iterator[tuple[str, str]]:
    run, counts = analysis.run, analysis.counts
    if checks.unmeasured(analysis) is None:
        yield from _verdict(analysis)
    yield "callers", words.callers(callers.count(run))
    for name, total, whole, rate, found in (
        ("handshake", counts.handshake, words.count(counts.attempted, "attempt"), counts.handshake_rate,
         words.kinds(counts.handshake_kinds, counts.statuses, {})),
        ("data phase", counts.data, words.count(counts.opened, "open connection"), counts.data_rate,
         words.kinds(counts.data_kinds, {}, counts.codes)),
    ):  # fmt: skip
        lost = f"{total:,} of {whole} {'failed' if name == 'handshake' else 'lost'}"
        yield name, f"{lost} ({words.percent(rate)}): {', '.join(found)}" if total else lost
    if counts.leaked:
        yield "leaked", f"{words.count(counts.leaked, 'connection')} abandoned without a close frame"
    if run.stalls:
        yield "stalls", words.stalls(run)
    yield "JMeter reports", words.jmeter_counted(run, counts)
    if run.skipped_rows:
        skipped = ", ".join(f"{number:,} {words.shown(why)}" for why, number in run.skipped_rows.items())
        yield "skipped rows", skipped
    for note in run.notes:
        yield "note", words.shown(note)


def _verdict(analysis: Analysis) -> Iterator[tuple[str, str]]:
    verdict = analysis.verdict
    yield "cause", f"{verdict.cause} ({words.sure(verdict.confidence)})"
    if tied := words.tie(analysis):
        yield "", words.shown(tied)
    if words.limit(verdict) is None and verdict.evidence:
        yield (
            "evidence",
            "; ".join(f"{name} {value}" for name, value in words.evidence(verdict.cause, verdict.evidence)),
        )
    if verdict.cause != "healthy":
        yield "phase", words.PHASES[verdict.phase]
        yield "side", words.side(analysis)
    yield "concurrency", words.at_concurrency(analysis)


def _rivals(analysis: Analysis) -> Iterator[tuple[str, str]]:
    for rival in words.rivals(analysis)[:_RIVALS]:
        against = f", but {rival.against}" if rival.against else ""
        elsewhere = rival.phase != analysis.hypotheses[0].phase
        name = f"{rival.cause} ({words.PHASE_NAMES[rival.phase]})" if elsewhere else rival.cause
        yield name, words.shown(f"{words.percent(rival.probability)}{against}")
        if rival.next_run:
            yield "", words.shown(f"to tell them apart: {rival.next_run.sentence}")


def _fact(name: str, text: str, *, colour: bool, width: int, name_width: int = _NAME_WIDTH) -> list[str]:
    shown = textwrap.wrap(text, max(width - name_width - 2, 20)) or [""]
    head = f"  {_paint(words.shown(name).ljust(name_width), _DIM, colour)}{shown[0]}"
    return [head, *(" " * (name_width + 2) + line for line in shown[1:])]


def _paint(text: str, style: str, colour: bool) -> str:
    return f"\033[{style}m{text}\033[0m" if colour else text
