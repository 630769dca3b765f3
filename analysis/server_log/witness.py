"""What both sides together say of a connection: who ended it, and where they contradict each other."""

from __future__ import annotations

import collections
import dataclasses
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.server_log.line import SWITCHING
from jmxgen.analysis.server_log.view import Contradiction, Named
from jmxgen.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from jmxgen.analysis.server_log.line import Ender, Line
    from jmxgen.analysis.server_log.run_side import RunSide

SLACK_MS: Final = 1000.0  # what buffers and schedulers may add between an end and its line
ABNORMAL: Final = (0, 1006)  # no close frame
_EXAMPLES: Final = 5
_SENTENCES: Final = {
    "cut between": "{n} lost without a close frame, while the log says that the client left: something "
    "between the two cut in, or whatever wrote the log was stopping",
    "close frame lost": "{n} lost without a close frame, while the server says that it sent one",
    "close code": "{n} closed with another code than the server says that it sent",
    "phase": "{n} refused or unanswered by JMeter's account, while the log says that they opened",
    "never opened": "{n} opened by JMeter's account, while the log says that they were refused",
    "status": "{n} refused with another HTTP status than the log has: something in between answers itself",
    "ended early": "{n} still in use by JMeter well after the log says that they had ended: the log isn't "
    "whole, or something between the two kept them",
    "logs disagree": "{n} logged in two ways: the logs disagree on whether they opened, or on who ended them",
    "closed twice": "{n} closed by JMeter, while the server says that it had ended them itself",
}


def together(lines: Sequence[Line], *, clean: bool = False) -> Line:
    """Return one line for the lines of several logs on one connection.

    A proxy that names a reason of its own knows best: to its neighbours it looks like a client or a server.
    Else the log counts that saw the end first.

    Args:
        lines: at least one.
        clean: a close frame ended the connection by JMeter's account.
    """
    if len(lines) == 1:
        return lines[0]
    ended = [line for line in lines if line.ended_by != "unknown"] or list(lines)
    # Where all else is equal the order of the files must not decide.
    best = min(
        ended,
        key=lambda line: (
            line.ended_by != "proxy",
            _last(line.ended_at),
            line.ended_by,
            line.flags,
            line.status,
        ),
    )
    best = _completed(best, lines)
    return (
        dataclasses.replace(best, ended_by="unknown", named_cause="")
        if disagree(lines, clean=clean)
        else best
    )


def _completed(best: Line, lines: Sequence[Line]) -> Line:
    """Return a line with what it lacks and others have: some servers log the opening and the end apart."""
    status = best.status or next((line.status for line in lines if line.status), 0)
    asked, opened, ended = (
        next((at for line in (best, *lines) if not math.isnan(at := getattr(line, name))), math.nan)
        for name in ("asked_at", "opened_at", "ended_at")
    )
    return dataclasses.replace(
        best,
        status=status,
        asked_at=asked,
        opened_at=opened,
        ended_at=ended,
        end_unknown=best.end_unknown and math.isnan(ended),
    )


def disagree(lines: Sequence[Line], *, clean: bool = False) -> bool:
    """Say whether logs contradict each other: on the status, the close code, or on who left whom.

    A proxy that ended a connection looks to its neighbours as a client or a server: that is no contradiction.
    Nor is it who closed TCP first after a close frame: the server should (RFC 6455, section 7.1.1).
    """
    statuses, codes, enders = (
        {value for line in lines if (value := getattr(line, name)) and not line.remark} - {"unknown"}
        for name in ("status", "code", "ended_by")
    )
    opened = {status == SWITCHING for status in statuses}
    return len(opened) > 1 or len(codes) > 1 or (enders == {"client", "server"} and not clean)


def _last(at: float) -> float:
    return math.inf if math.isnan(at) else at


def ended_by(line: Line, end: str, kind: str) -> Ender:
    """Return who ended a connection, by the log and by how the client saw it end."""
    said = line.ended_by
    if end == "closed":
        return "client"
    if end == "data":
        if kind == "server_close":
            return "proxy" if said == "proxy" else "server"
        # The client didn't leave. Who says that it did has lost it by something in between.
        return {"client": "network", "unknown": "server"}.get(said, said)  # type: ignore[return-value]
    if end == "handshake":
        return "client" if said == "unknown" and kind == "timeout" else said
    return "client" if said == "unknown" and end == "leaked" else said


def contradiction(line: Line, row: int, run: RunSide, sent: int, unsure_ms: float = 0.0) -> str:
    """Return the kind of contradiction between a line and a connection, empty where they agree.

    Args:
        line: what the log says; its times are JMeter's.
        row: the connection.
        run: the run's side.
        sent: the close code that the client saw.
        unsure_ms: how far the offset of the clocks may be off.
    """
    end, by_server = run.end[row], line.ended_by == "server"
    if end == "handshake":
        return _handshake(line, int(run.status[row]), run.kind[row])
    if line.status not in (0, SWITCHING) and not line.remark:
        return "never opened"
    # A read that waits in vain proves less than a frame.
    in_use = min(run.last_alive[row], run.last_frame[row])
    # A client that reads late finds what came before the close frame, and then the close frame itself.
    said_goodbye = run.kind[row] == "server_close"
    if not said_goodbye and line.ended_at + line.resolution_ms + unsure_ms + SLACK_MS < in_use:
        return "ended early"
    if end == "data" and run.kind[row] == "abnormal":
        return "cut between" if line.ended_by == "client" else _frame_lost(line)
    if end not in ("data", "closed") or not by_server or line.code in (0, sent):
        return ""
    return "close code" if end == "data" else "closed twice"


def _frame_lost(line: Line) -> str:
    return "close frame lost" if line.ended_by == "server" and line.code not in ABNORMAL else ""


def _handshake(line: Line, status: int, kind: str) -> str:
    if line.status == 101:
        # A 101 that came too late, or to a client that had left, is not a contradiction.
        late = kind == "timeout" or line.ended_by == "client"
        return "" if late else "phase"
    return "status" if status and line.status and status != line.status else ""


def contradictions(found: Iterable[tuple[str, int, Line]], run: RunSide) -> tuple[Contradiction, ...]:
    """Sum up contradictions (kind, row, line), the most frequent first."""
    by_kind: dict[str, list[tuple[int, Line]]] = collections.defaultdict(list)
    for kind, row, line in found:
        by_kind[kind].append((row, line))
    return tuple(
        Contradiction(
            kind=kind,
            what=_SENTENCES[kind].format(
                n="1 connection was" if len(some) == 1 else f"{len(some):,} connections were"
            ),
            count=len(some),
            examples=tuple(_example(row, line, run) for row, line in some[:_EXAMPLES]),
        )
        for kind, some in sorted(by_kind.items(), key=lambda item: -len(item[1]))
    )


def _example(row: int, line: Line, run: RunSide) -> str:
    mine = run.frame.iloc[row]
    client = " ".join(
        str(mine[name]) for name in ("end", "kind", "status", "code") if str(mine[name]) not in ("", "0")
    )
    words = (line.status or "", line.flags, line.code or "", line.ended_by)
    server = " ".join(str(word) for word in words if word not in ("", "unknown"))
    return one_line(f"{mine['thread']} #{mine['connection']}: JMeter {client}; log {server}"[:300])


def named(frame: pd.DataFrame, last_frame: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[Named, ...]:
    """Return the causes that lines name, with the silence before a timeout; the most frequent first.

    Args:
        frame: SERVER_COLUMNS.
        last_frame: when the client last saw a frame pass on each connection.
    """
    causes = frame["named_cause"].astype(str)
    found = []
    for cause, number in causes[causes != ""].value_counts().items():
        mine = (causes == cause).to_numpy()
        quiet = (frame["server_ended_at"].to_numpy(np.float64) - last_frame)[mine] / 1000
        quiet = quiet[np.isfinite(quiet) & (quiet >= 0)]
        timed = cause == "idle-timeout" and len(quiet) > 0
        flags = frame["server_flags"].astype(str)[mine].value_counts()
        found.append(
            Named(
                cause=str(cause),
                connections=int(number),
                ended_by=str(frame["server_ended_by"].astype(str)[mine].mode().iloc[0]),
                flags=tuple(str(flag) for flag in flags.index[:_EXAMPLES] if flag),
                seconds=float(np.median(quiet)) if timed else math.nan,
                interval=_interval(quiet) if timed else (math.nan, math.nan),
            )
        )
    return tuple(found)


def _interval(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
