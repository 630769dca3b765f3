"""The words that the reports and pictures share, so that they say the same thing in the same way."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any, Final

from jmxgen.analysis import measures
from jmxgen.analysis.causes import CAUSES
from jmxgen.analysis.causes.base import Figure
from jmxgen.analysis.model import ABNORMAL_CODE
from jmxgen.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jmxgen.analysis.measures.callers import Callers
    from jmxgen.analysis.model import Analysis, Counts, Hypothesis, Run, Verdict

_LONGEST: Final = 500  # characters
_ALTERNATIVES: Final = 12
PHASES: Final = {
    "handshake": "during the handshake (before HTTP 101)",
    "data": "in the data phase (after HTTP 101)",
    "both": "in both phases",
    "none": "none",
}
PHASE_NAMES: Final = {"handshake": "handshake", "data": "data phase"}
SIDES: Final = {
    "server": "the server, or something in front of it (proxy, load balancer)",
    "client": "the load generator",
    "unknown": "can't be determined from this run",
    "none": "none",
}
KINDS: Final = {
    "rejected": "rejected with an HTTP status",
    "refused": "TCP connection refused",
    "reset": "reset before the 101",
    "eof": "closed before the 101",
    "timeout": "no answer in time",
    "tls": "TLS failed",
    "protocol": "not a WebSocket answer",
    "client": "the load generator's own limit",
    "abnormal": "ended without a close frame (1006)",
    "server_close": "closed by a close frame",
}
# who ended a connection, by the server's log -> in words
ENDERS: Final = {
    "client": "the client (JMeter)",
    "server": "the server",
    "proxy": "the proxy or load balancer",
    "network": "something between the two",
    "unknown": "not stated by the log",
}


def shown(text: str) -> str:
    """Return text of a result file fit to be shown: on one line, without control characters, not endless."""
    return one_line(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def number(value: float, digits: int = 1) -> str:
    """Return a number as people read it: thousands separated, no needless decimals, "?" where unknown."""
    if not math.isfinite(value):
        return "?"
    if abs(value) >= 100 or float(value).is_integer():
        return f"{round(value):,}"
    short = f"{value:,.{digits}f}".rstrip("0").rstrip(".")
    return short if float(short) or not value else f"{value:.1g}"


def count(value: int, one: str, many: str | None = None) -> str:
    """Return "1 row", "2 rows"."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """Return a share as per cent; what is not quite none or all never reads 0% or 100%."""
    if not math.isfinite(share):
        return "?%"
    value = share * 100
    if 0 < value < 0.1:
        return "< 0.1%"
    if 99.9 < value < 100:
        return "> 99.9%"
    return f"{value:.0f}%" if float(f"{value:.1f}").is_integer() else f"{value:.1f}%"


def short(seconds: float) -> str:
    """Return "4 ms", "12.3 s", "1,200 s": for what stands beside an axis in seconds."""
    return f"{number(seconds)} s" if not 0 < seconds < 0.95 else f"{number(seconds * 1000, 0)} ms"


def duration(seconds: float) -> str:
    """Return "26 s", "3 min 20 s", "2 h 5 min"."""
    if not math.isfinite(seconds):
        return "?"
    if seconds < 60:
        return short(seconds)
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def clock(at_ms: float) -> str:
    """Return a time as "2026-11-24 03:20:11 UTC", "an unknown time" where unknown."""
    try:
        at = dt.datetime.fromtimestamp(at_ms / 1000, tz=dt.UTC)
    except (OverflowError, ValueError, OSError):
        return "an unknown time"
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def sure(confidence: float) -> str:
    """Return how sure a verdict is, in a word and in per cent."""
    if not confidence > 0:
        return "undetermined"
    word = next(
        w
        for least, w in ((0.9, "very sure"), (0.7, "fairly sure"), (0.4, "not sure"), (-1, "a guess"))
        if not confidence < least
    )
    # Nothing is certain, and what is rounded to 1 isn't either.
    return f"{word}, {percent(min(confidence, 0.9999))}"


def side(analysis: Analysis) -> str:
    """Return whose fault it is: both sides where a tie leaves that open."""
    verdict, rival = analysis.verdict, _rival(analysis)
    if rival is None or rival.side == verdict.side:
        return SIDES[verdict.side]
    return f"{SIDES[verdict.side]}; or, if it is {rival.cause}, {SIDES[rival.side]}"


def _rival(analysis: Analysis) -> Hypothesis | None:
    return next((h for h in analysis.hypotheses if h.cause == analysis.verdict.tie), None)


def tie(analysis: Analysis) -> str:
    """Return what else it may as well be, and which run would tell; "" where nothing comes near."""
    rival = _rival(analysis)
    if rival is None:
        return ""
    run = rival.next_run or analysis.hypotheses[0].next_run
    confirm = f"; this would: {run.sentence}" if run else ""
    return f"or {rival.cause} ({percent(rival.probability)}): this run can't distinguish them{confirm}"


def evidence(cause: str, found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the evidence as (name, value) in words, an interval beside the value it belongs to."""
    lines: list[tuple[str, str]] = []
    figures = CAUSES[cause].EVIDENCE
    for key, item in found.items():
        if key == "interval" and len(set(item or ())) == 1 and lines:
            continue  # says no more than the number before it
        figure = figures.get(key) or Figure(shown(str(key)).replace("_", " "))
        lines.append((figure.words, f"{_item(key, item)} {figure.unit}".strip()))
    return lines


def rivals(analysis: Analysis) -> list[Hypothesis]:
    """Return the other hypotheses of the verdict's phase, and the best of the other phase where it is ill.

    Those below 1% are left out: the JSON has them all.
    """
    if not analysis.hypotheses:
        return []
    first = analysis.hypotheses[0]
    others = [h for h in analysis.hypotheses[1:] if h.phase == first.phase]
    elsewhere = [h for h in analysis.hypotheses[1:] if h.phase != first.phase][:1]
    others += [h for h in elsewhere if h.cause not in ("healthy", first.cause)]
    return [h for h in others if h.probability >= 0.01]


def at_concurrency(analysis: Analysis) -> str:
    """Return at which number of open connections the closures begin, and how many were open at most."""
    counts = analysis.counts
    if not counts.handshake + counts.data:
        return f"peak {counts.peak_open:,} open"
    if not counts.opened:
        return "none: no connection opened"
    limits = [f"limit {limit(found)}" for found in limited(analysis)]
    first = f"first closure with {onset(analysis)[1]:,} open"
    return "; ".join([*limits, first, f"peak {counts.peak_open:,} open"])


def callers(found: Callers) -> str:
    """Return how many callers there were, and were to be."""
    if found.planned is None:
        return f"{found.reached:,} reached"
    return f"{found.reached:,} reached, {found.planned:,} planned"


def stalls(run: Run) -> str:
    """Return how often no answer came, and on how many connections none came ever after."""
    silent = f", {count(run.silent, 'connection')} silent from then on" if run.silent else ""
    return f"{count(run.stalls, 'time')} no answer came in time{silent}"


def named(analysis: Analysis) -> tuple[Verdict | Hypothesis, ...]:
    """Return what the verdict names: its cause, then those of what that leaves unexplained.

    The first is the hypothesis, where there is one: the finding of the verdict speaks of the others as well.
    """
    verdict = analysis.verdict
    first = next((h for h in analysis.hypotheses if h.cause == verdict.cause), verdict)
    return (first, *verdict.also)


def limited(analysis: Analysis) -> list[Verdict | Hypothesis]:
    """Return what the verdict names and that has a limit in connections."""
    return [found for found in named(analysis) if figure(found, "limit") is not None]


def limit(verdict: Verdict | Hypothesis) -> str | None:
    """Return the limit of the verdict with its interval: "120 (119 to 121)"; None where it has none."""
    value = figure(verdict, "limit")
    return None if value is None else between(value, bounds(verdict))


def figure(verdict: Verdict | Hypothesis, key: str) -> float | None:
    """Return a number of a verdict's evidence; None where there is none."""
    value = verdict.evidence.get(key)
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def bounds(verdict: Verdict | Hypothesis) -> tuple[float, float] | None:
    """Return the interval of a verdict's evidence; None where there is none."""
    interval = verdict.evidence.get("interval")
    if not (isinstance(interval, (list, tuple)) and len(interval) == 2):
        return None
    low, high = interval
    known = all(isinstance(end, (int, float)) and math.isfinite(end) for end in interval)
    return (float(low), float(high)) if known else None


def between(
    value: float, interval: tuple[float, float] | None, show: Callable[[float], str] | None = None
) -> str:
    """Return "120 (119 to 121)", and only "120" where the interval says no more."""
    show = show or (lambda figure: number(figure, 2))
    middle = show(value)
    if interval is None:
        return middle
    low, high = show(interval[0]), show(interval[1])
    return middle if low == middle == high else f"{middle} ({low} to {high})"


def kinds(counted: Mapping[str, int], statuses: Mapping[str, int], codes: Mapping[str, int]) -> list[str]:
    """Return closures by kind in words: "103 rejected with HTTP 503"."""
    lines = []
    for kind, n in counted.items():
        line = f"{n:,} {KINDS.get(kind, shown(kind))}"
        if kind == "rejected" and statuses:
            line = f"{n:,} rejected with HTTP {_alternatives(statuses)}"
        if kind == "server_close" and codes:
            sent = {code: times for code, times in codes.items() if code != str(ABNORMAL_CODE)}
            line = f"{line}, code {_alternatives(sent)}" if sent else line
        lines.append(line)
    return lines


def _alternatives(counted: Mapping[str, int]) -> str:
    if len(counted) == 1:
        return shown(next(iter(counted)))
    parts = [f"{shown(key)} ({n:,})" for key, n in counted.items()]
    return ", ".join([*parts[:_ALTERNATIVES], *(["…"] if len(parts) > _ALTERNATIVES else [])])


def onset(analysis: Analysis) -> tuple[float, int]:
    """Return when the first closure was noticed (ms since the epoch) and how many connections were open."""
    connections = analysis.run.connections
    first = float(connections["noticed_at"][measures.is_closure(connections)].min())
    if math.isnan(first):
        return first, 0
    return first, int(measures.open_connections(connections).at([first])[0])


def jmeter_counted(run: Run, counts: Counts) -> str:
    """Return what JMeter's dashboard counts and why it differs from the closures."""
    closures = counts.handshake + counts.data
    errors = f"{count(run.errors, 'error')} in {count(run.rows, 'row')}"
    if run.errors == closures:
        return f"{errors}, matching the closures"
    reasons = [
        f"{count(run.aftermath, 'row')} repeat an earlier closure" if run.aftermath else "",
        f"{count(run.stalls, 'stall')} ended no connection" if run.stalls else "",
        f"{count(run.unattributed, 'row')} can't be tied to a phase" if run.unattributed else "",
    ]
    if other := measures.other_errors(run, counts):
        reasons.append(f"{count(other, 'row')} failed for other reasons (transactions, assertions, HTTP)")
    why = ", ".join(filter(None, reasons))
    return f"{errors} for {count(closures, 'closure')}" + (f": {why}" if why else "")


def _item(key: str, item: Any) -> str:
    if isinstance(item, (list, tuple)):
        return " to ".join(_item(key, part) for part in item)
    if item is None:
        return "the end of the run" if key == "until" else "?"
    if isinstance(item, (int, float)) and not isinstance(item, bool):
        return percent(item) if key in ("share", "rate") else str(item) if key == "code" else number(item, 2)
    return shown(str(item))
