"""What the other side's log says, for the JSON and for the report's section "What the server saw"."""

from __future__ import annotations

import collections
import math
from typing import TYPE_CHECKING, Any, Final

from jmxgen.analysis import words
from jmxgen.analysis.server_log.clock import DRIFT_MS, Offset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.analysis.model import Analysis
    from jmxgen.analysis.server_log.view import FileView, ServerView

# In the order in which they are shown.
_ENDS: Final = {
    "closed": "closed by JMeter",
    "handshake": "handshake failed",
    "data": "lost after opening",
    "leaked": "abandoned by JMeter",
    "open": "open at the end of the file",
}


def value(view: ServerView) -> dict[str, Any]:
    """Return the JSON value of `server_log`."""
    return {
        "files": [_file(file) for file in view.files],
        "lines": view.lines,
        "joined": view.joined,
        "by_time": view.by_time,
        "never_sent": view.never_sent,
        "unmatched": {"connections": view.unmatched_connections, "lines": view.unmatched_lines},
        "outside": view.outside,
        "clock_offset_ms": view.clock_offset_ms,
        "clock_interval_ms": view.clock_interval_ms,
        "peak_open": view.peak_open,
        "ended_by": {name: n for name, n in _ended_by(view).items() if n},
        "agreements": view.agreements,
        "contradictions": [
            {"kind": each.kind, "what": each.what, "count": each.count, "examples": each.examples}
            for each in view.contradictions
        ],
        "named": [
            {
                "cause": each.cause,
                "connections": each.connections,
                "ended_by": each.ended_by,
                "flags": each.flags,
                "seconds": each.seconds,
                "interval": each.interval,
            }
            for each in view.named
        ],
    }


def sentences(view: ServerView) -> list[str]:
    """Return what a reader must know first: contradictions, then how much was joined, then named causes."""
    sentences = [each.what + "." for each in view.contradictions]
    reached = view.joined + view.unmatched_connections
    joined = f"The log has {view.joined:,} of the {words.count(reached, 'connection')} that should be in it"
    if view.never_sent:
        joined += f" ({view.never_sent:,} more never left the load generator or met a closed port)"
    sentences.append(f"{joined}; both sides agree on {view.agreements:,}. {_clocks(view)}")
    sentences += [about for file in view.files for about in _odd(file)]
    if view.by_time:
        sentences.append(
            f"The log has no id of {view.by_time:,} of them: joined by time and status alone, "
            "single ones may be taken for each other."
        )
    if view.unmatched_lines:
        sentences.append(
            f"{words.count(view.unmatched_lines, 'connection')} in the log came from other clients."
        )
    sentences += [
        _named(each.cause, each.connections, each.flags, each.seconds, each.interval) for each in view.named
    ]
    return [words.shown(sentence) for sentence in sentences]


def section(analysis: Analysis) -> dict[str, Any] | None:
    """Return what the report's section shows, None where no log was given."""
    view = analysis.run.server_log
    if view is None:
        return None
    return {
        "contradicted": bool(view.contradictions),
        "sentences": sentences(view),
        "examples": [example for each in view.contradictions for example in each.examples],
        "rows": list(_table(analysis, view)),
        "files": [_about(file) for file in view.files],
    }


def _ended_by(view: ServerView) -> dict[str, int]:
    joined = (view.connections["server_status"] > 0) | view.connections["server_ended_at"].notna()
    counted = view.connections["server_ended_by"].astype(str)[joined].value_counts()
    return {name: int(counted.get(name, 0)) for name in words.ENDERS}


def _table(analysis: Analysis, view: ServerView) -> Iterator[tuple[str, list[str]]]:
    """Yield how connections ended by JMeter's account, each with what the log says of them."""
    end = analysis.run.connections["end"].astype(str)
    joined = (view.connections["server_status"] > 0) | view.connections["server_ended_at"].notna()
    for name, said in _ENDS.items():
        mine = view.connections[(end == name).to_numpy() & joined.to_numpy()]
        if not len(mine):
            continue
        columns = (mine[name].astype(str) for name in ("server_ended_by", "server_flags", "server_status"))
        pairs = collections.Counter(zip(*columns, strict=True)).most_common(6)
        yield said, [_line(by, flags, status, n) for (by, flags, status), n in pairs]


def _line(by: str, flags: str, status: str, n: int) -> str:
    about = ", ".join(
        part for part in (f"HTTP {status}" if status != "0" else "", words.shown(flags)) if part
    )
    return f"{n:,} by {words.ENDERS[by]}" + (f" ({about})" if about else "")


def _odd(file: FileView) -> list[str]:
    """Return what a reader must know of one log before its numbers are believed."""
    name = words.shown(file.name)
    sentences = [f"{name}: {note}." for note in file.notes]
    if file.cut:
        missing = "the end of the file" if file.packed else "its last line"
        sentences.append(f"{name} is cut: {missing} is missing.")
    if file.other_run:
        sentences.append(
            f"{name} may be of another run and was left out: its times fit only with clocks further apart "
            "than any time zone explains."
        )
    elif not file.joined and file.lines:
        sentences.append(f"None of the {words.count(file.lines, 'line')} of {name} belongs to this run.")
    return sentences


def _clocks(view: ServerView) -> str:
    known = [file for file in view.files if math.isfinite(file.clock_offset_ms)]
    if not known:
        return "The clocks' offset is unknown."
    if not view.clocks_differ and not any(file.clock_steps for file in known):
        return _clock("The clocks", "The log's clock", max(known, key=lambda file: file.joined))
    each = (
        _steps(file)
        or _clock(f"{words.shown(file.name)}: the clocks", f"{words.shown(file.name)}: its clock", file)
        for file in known
    )
    differ = "The logs' clocks differ, and each was corrected by itself. " if view.clocks_differ else ""
    return differ + " ".join(each)


def _clock(both: str, its: str, file: FileView) -> str:
    off, (low, high) = file.clock_offset_ms, file.clock_interval_ms
    within = f"to within {words.number((high - low) / 2, 0)} ms"
    if low <= 0 <= high:
        return f"{both} agree {within}."
    side = "ahead of" if off >= 0 else "behind"
    amount, hint = f"{words.number(abs(off) / 1000, 3)} s", ""
    if abs(off) > DRIFT_MS:
        amount, hint = f"{words.number(abs(off) / 3_600_000, 2)} h", f" ({_why_apart(file)})"
    return f"{its} is {amount} {side} JMeter's{hint}, {within}; times here are JMeter's."


def _steps(file: FileView) -> str:
    """Say where a log's clock was set within the run, empty where it wasn't."""
    changes = [
        f"{_by(after - before)} at {words.clock(since)}"
        for (_, before), (since, after) in zip(file.clock_steps, file.clock_steps[1:], strict=False)
    ]
    if not changes:
        return ""
    return (
        f"{words.shown(file.name)}: its clock was set {' and '.join(changes)}, within the run "
        "(NTP, or summer time); each part was corrected by itself."
    )


def _by(ms: float) -> str:
    amount = (
        f"{words.number(abs(ms) / 1000, 1)} s"
        if abs(ms) < DRIFT_MS
        else f"{words.number(abs(ms) / 3_600_000, 2)} h"
    )
    return f"{'forward' if ms > 0 else 'back'} by about {amount}"


def _why_apart(file: FileView) -> str:
    offset = Offset(file.clock_offset_ms, file.clock_interval_ms)
    if not offset.is_a_zone():
        return "no time zone: its date or clock is wrong"
    return "a time zone, most likely" if file.by_id else "a time zone, or the log of another run"


def _named(
    cause: str, connections: int, flags: tuple[str, ...], seconds: float, interval: tuple[float, float]
) -> str:
    text = f"The log itself names {cause} for {words.count(connections, 'connection')}"
    text += f" ({', '.join(words.shown(flag) for flag in flags)})" if flags else ""
    if math.isfinite(seconds):
        low, high = (words.number(end, 2) for end in interval)
        text += f", {words.number(seconds, 2)} s after the last frame ({low} to {high} s)"
    return text + "."


def _file(file: FileView) -> dict[str, Any]:
    return {
        "file": file.name,
        "formats": dict(file.formats),
        "lines": file.lines,
        "unreadable": file.unreadable,
        "cut": file.cut,
        "other_run": file.other_run,
        "notes": file.notes,
        "joined": file.joined,
        "clock_offset_ms": file.clock_offset_ms,
        "clock_interval_ms": file.clock_interval_ms,
        "clock_steps": [
            {"from_ms": since if math.isfinite(since) else None, "offset_ms": ms}
            for since, ms in file.clock_steps
        ],
    }


def _about(file: FileView) -> str:
    text = f"{words.shown(file.name)}: {words.count(file.lines, 'line')} of {', '.join(file.formats)}"
    if file.unreadable:
        text += f", {file.unreadable:,} of no known format"
    return text + (", the last one cut" if file.cut else "") + f"; {file.joined:,} joined"
