"""The rows of a simulated run, as JMeter writes them, and what each of them says in truth."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from typing import TYPE_CHECKING, Final

from jmxgen.simulator.runs.server import EPOCH_MS

if TYPE_CHECKING:
    from pathlib import Path

    from jmxgen.simulator.runs.line import SimulatedLine

IO_ERROR: Final = "Websocket I/O error"
_TEXT: Final = "WebSocket I/O error: "
COLUMNS: Final = (
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,"
    "sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect"
)
WS_COLUMNS: Final = (
    "ws_phase",
    "ws_conn",
    "ws_attempt",
    "ws_wait_ms",
    "ws_close_code",
    "ws_call",
    "ws_id",
)


@dataclasses.dataclass(slots=True, kw_only=True)
class Row:
    """One sample. Times are seconds since the run's start; from `attempt` on it is the truth about it."""

    start: float | None  # None: the sampler failed before it began, and its row says 0
    end: float
    label: str
    code: str
    message: str
    thread: str
    kind: str = ""  # the column dataType
    ok: bool = False
    bytes: int = 0
    sent: int = 0
    active: int = 0
    connected: float | None = None  # when the handshake was done, of a sample that opened a connection
    attempt: bool = False  # it tried to open a connection
    opened: bool = False  # and did
    closure: str = ""  # handshake | data: the row at which the client learns of a closure
    stall: bool = False  # no answer in time
    cause: str = ""  # of the closure or stall, in truth
    line: SimulatedLine | None = None
    variables: tuple[str, ...] = ()


def io_error(text: str) -> tuple[str, str]:
    """Return the code and message of an I/O error as the plugin words it."""
    return IO_ERROR, _TEXT + text


def write(rows: list[Row], path: Path, *, tick_ms: float, cut_bytes: int = 0) -> None:
    """Write rows as JMeter's CSV.

    Args:
        rows: in the order in which they ended.
        path: of the file.
        tick_ms: how coarse the clock is: 1, or about 15.6 where Windows keeps it.
        cut_bytes: how many bytes the end of the file lacks.
    """
    variables = bool(rows) and bool(rows[0].variables)
    names = ",".join(f'"{name}"' for name in WS_COLUMNS)
    text = io.StringIO()
    text.write(COLUMNS + (f",{names}" if variables else "") + "\n")
    csv.writer(text, lineterminator="\n").writerows(_cells(row, tick_ms) for row in rows)
    written = text.getvalue().encode()
    path.write_bytes(written[: len(written) - cut_bytes] if cut_bytes else written)


def stamp(seconds: float, tick_ms: float) -> int:
    """Return a time as the clock of the load generator shows it, in ms since the epoch."""
    return math.floor(math.floor((EPOCH_MS + seconds * 1000) / tick_ms) * tick_ms)


def _cells(row: Row, tick: float) -> tuple[object, ...]:
    if row.start is None:
        began = elapsed = 0
    else:
        began = stamp(row.start, tick)
        elapsed = stamp(row.end, tick) - began
    connect = 0 if row.connected is None else stamp(row.connected, tick) - began
    return (
        began,
        elapsed,
        row.label,
        row.code,
        row.message,
        row.thread,
        row.kind,
        "true" if row.ok else "false",
        "",
        row.bytes,
        row.sent,
        row.active,
        row.active,
        "null",
        0,
        0,
        connect,
        *row.variables,
    )
