"""What a reader sees first: whether the results can be trusted, what was found, and which criteria failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.analysis import words
from jmxgen.analysis.report import besides, checks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jmxgen.analysis.model import Analysis, Check

MARKS: Final = {"met": "passed", "missed": "FAILED", "not judged": "NOT JUDGED"}


def finding(analysis: Analysis) -> str:
    """Return the verdict in a sentence, or that there is none."""
    nothing = checks.unmeasured(analysis)
    return f"Nothing was measured: {nothing}" if nothing else words.shown(analysis.verdict.finding)


def warning(analysis: Analysis) -> str | None:
    """Return what must be known before the verdict is read, None where there is nothing of that kind.

    That is: the results aren't the whole run, or the other side's log contradicts them, or names another
    cause.
    """
    warnings = []
    if not analysis.run.complete:
        why = analysis.run.incomplete_because or "the end is missing"
        warnings.append(f"Incomplete: {why}. What follows describes only what was recorded.")
    view = analysis.run.server_log
    if view and view.contradictions:
        warnings.append(
            "The server's log contradicts JMeter: " + "; ".join(c.what for c in view.contradictions) + "."
        )
    warnings += _other_cause(analysis)
    if analysis.verdict.cause == "healthy":
        warnings += besides.wrong(analysis)
    return words.shown(" ".join(warnings)) if warnings else None


def _other_cause(analysis: Analysis) -> Iterator[str]:
    """Yield what the other side's log names for most closures, where the verdict names something else."""
    view, verdict = analysis.run.server_log, analysis.verdict
    known = {verdict.cause, verdict.tie, *(each.cause for each in verdict.also)}
    for named in view.named[:1] if view else ():
        if (
            named.cause not in known
            and 2 * named.connections >= analysis.counts.handshake + analysis.counts.data
        ):
            flags = f" ({', '.join(named.flags)})" if named.flags else ""
            yield (
                f"The server's log names another cause than the verdict: {named.cause} for "
                f"{words.count(named.connections, 'connection')}{flags}."
            )


def good(analysis: Analysis) -> bool:
    """Say whether nothing is wrong: a whole run, healthy, that meets its criteria."""
    measured = checks.unmeasured(analysis) is None and analysis.run.complete
    healthy = analysis.verdict.cause == "healthy" and not any(besides.wrong(analysis))
    return measured and healthy and all(c.met for c in analysis.criteria)


def criterion(check: Check) -> str:
    """Return a criterion as it was written, with its value: `stalls == 0 (was 3)`."""
    was = "" if check.outcome == "not judged" else "was "
    return words.shown(f"{check.expression} ({was}{check.actual})")


def groups(found: Iterable[Check]) -> Iterator[tuple[str, list[Check]]]:
    """Yield the criteria, then what `--fail-on` names, each with its heading; what failed comes first."""
    ordered = sorted(found, key=lambda check: check.met)
    for heading, fail_on in (("Criteria", False), ("Fail on (must not hold)", True)):
        chosen = [check for check in ordered if check.fail_on is fail_on]
        if chosen:
            yield heading, chosen
