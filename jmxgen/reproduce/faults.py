"""The simulator's faults that a verdict implies, and why a cause can't be played."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis import measures, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from jmxgen.analysis.model import Analysis, Hypothesis, Verdict

    Found = Verdict | Hypothesis
    Played = str | None  # a fault's text; None where the evidence lacks what it needs

_ENDINGS: Final = ("reset", "eof")
NOT_PLAYED: Final = {
    "leaked-sessions": "a generated plan closes every connection, so nothing leaks",
    "unanswered-pings": "a generated plan answers pings",
    "client-exhaustion": "it is the load generator's, and this machine has its own limits",
    "reconnect-storm": "a generated plan spreads its reconnects",
    "stall": "the run doesn't say when answers stop",
    "server-close": "the run doesn't say what makes the server close",
    "unknown": "there is no cause to play",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Faults:
    """Faults as `jmxgen simulate --fault` has them, and the causes that can't be played, with the reason."""

    texts: tuple[str, ...]
    not_played: tuple[str, ...]


def implied(analysis: Analysis) -> Faults:
    """Return what the verdict's cause, and the causes of what it leaves unexplained, imply."""
    causes: tuple[Found, ...] = (analysis.verdict, *analysis.verdict.also)
    texts, missing = [], []
    for found in causes:
        play = _PLAYS.get(found.cause)
        text = play(analysis, found) if play else None
        if text:
            texts.append(text)
        elif found.cause != "healthy":
            why = NOT_PLAYED.get(found.cause, "the run only bounds it")
            missing.append(f"{found.cause} can't be played: {why}")
    return Faults(tuple(texts), tuple(missing))


def _refusal(analysis: Analysis) -> str:
    """Return how most handshakes were refused: a status, reset or eof."""
    failed = analysis.run.connections
    failed = failed[failed["end"] == "handshake"]
    if not len(failed):
        return "503"
    kind = str(failed["kind"].value_counts().index[0])
    status = int(failed["status"][failed["kind"] == kind].value_counts().index[0])
    return str(status) if 300 <= status < 600 else kind if kind in _ENDINGS else "503"


def _ending(analysis: Analysis) -> str:
    """Return how most open connections were lost: a close code, reset or eof."""
    lost = analysis.run.connections
    lost = lost[lost["end"] == "data"]
    if not len(lost):
        return "eof"
    code = int(lost["code"].value_counts().index[0])
    if code != 1006 and 1000 <= code < 5000:
        return str(code)
    return "reset" if lost["reason"].astype(str).str.contains("reset", case=False).mean() > 0.5 else "eof"


def _unanswered(analysis: Analysis) -> bool:
    failed = analysis.run.connections
    failed = failed[failed["end"] == "handshake"]
    return bool((failed["kind"] == "timeout").mean() > 0.5) if len(failed) else False


def _seconds(found: Found) -> str | None:
    """Return the verdict's time; the geometric mean of its bounds where it has no number."""
    value, bounds = words.figure(found, "seconds"), words.bounds(found)
    if value is None and bounds is not None:
        value = math.sqrt(bounds[0] * bounds[1])
    return f"{1000 * value:.0f}ms" if value is not None and value > 0.001 else None


def _cap(analysis: Analysis, found: Found) -> Played:
    limit = words.figure(found, "limit")
    if limit is None or limit < 1:
        return None
    if _unanswered(analysis):
        return f"queue:limit={limit:.0f}"
    form = f"{_ending(analysis)}-after" if analysis.verdict.phase == "data" else _refusal(analysis)
    return f"cap:limit={limit:.0f},form={form}"


def _rate(analysis: Analysis, found: Found) -> Played:
    rate = words.figure(found, "rate_per_s")
    if rate is None or rate <= 0:
        return None
    queue = ",queue=100000" if _unanswered(analysis) else ""
    return f"rate:limit={rate:.3f}/s,form={_refusal(analysis)}{queue}"


def _idle(analysis: Analysis, found: Found) -> Played:
    seconds = _seconds(found)
    return f"idle:limit={seconds},form={_ending(analysis)}" if seconds else None


def _age(analysis: Analysis, found: Found) -> Played:
    seconds = _seconds(found)
    return f"max-age:limit={seconds},form={_ending(analysis)}" if seconds else None


def _random(analysis: Analysis, _found: Found) -> Played:
    """Play the losses as a constant hazard: their number by the time that connections were open."""
    counts = analysis.counts
    if analysis.verdict.phase == "handshake":
        return f"refuse:share={counts.handshake_rate:.4f},form={_refusal(analysis)}"
    frame = analysis.run.connections
    open_ms = np.fmin(measures.ended_at(frame), analysis.run.end_ms) - frame["opened_at"].to_numpy(float)
    minutes = float(np.nansum(open_ms)) / 60_000
    return f"random:hazard={counts.data / minutes:.6f}/m,form={_ending(analysis)}" if minutes > 0 else None


def _since_start(analysis: Analysis, text: object) -> float | None:
    """Return the seconds from the first sample to a time of the evidence."""
    if not isinstance(text, str):
        return None
    return dt.datetime.fromisoformat(text).timestamp() - analysis.run.start_ms / 1000


def _mass(analysis: Analysis, found: Found) -> Played:
    at, gone = _since_start(analysis, found.evidence.get("at")), words.figure(found, "connections")
    if at is None or at < 0 or gone is None:
        return None
    there = int(measures.open_connections(analysis.run.connections).at(analysis.run.start_ms + 1000 * at))
    share = min(1.0, gone / max(there, 1))
    return f"mass:at={1000 * at:.0f}ms,share={share:.3f},form={_ending(analysis)}"


def _outage(analysis: Analysis, found: Found) -> Played:
    begins, ends = (_since_start(analysis, found.evidence.get(key)) for key in ("from", "until"))
    if begins is None:
        return None
    lasts = f",lasts={max(1, 1000 * (ends - begins)):.0f}ms" if ends is not None else ""
    return f"outage:at={max(0, 1000 * begins):.0f}ms{lasts},form={_refusal(analysis)}"


def _denied(analysis: Analysis, found: Found) -> Played:
    share, status = words.figure(found, "share"), found.evidence.get("status")
    if share is None:
        return None
    return (
        f"denied:share={min(share, 1):.3f},form={status if isinstance(status, int) else _refusal(analysis)}"
    )


def _endpoint(analysis: Analysis, _found: Found) -> Played:
    form = _refusal(analysis)
    return f"endpoint:form={form}" if form.isdecimal() else None


def _processing(_analysis: Analysis, found: Found) -> Played:
    rate = words.figure(found, "throughput_per_s")
    if rate is None or rate <= 0:
        return None
    return f"processing:workers=1,service={max(1, 1000 / rate):.0f}ms"


_PLAYS: Final[dict[str, Callable[[Analysis, Found], Played]]] = {
    "concurrency-cap": _cap,
    "handshake-rate-limit": _rate,
    "idle-timeout": _idle,
    "max-session-age": _age,
    "random-drop": _random,
    "mass-disconnect": _mass,
    "outage": _outage,
    "denied": _denied,
    "wrong-endpoint": _endpoint,
    "processing-bottleneck": _processing,
}
