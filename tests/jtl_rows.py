"""Result files written row by row, for the tests of the readers, as the Luminis samplers leave them."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

HEADER = (
    "timeStamp",
    "elapsed",
    "label",
    "responseCode",
    "responseMessage",
    "threadName",
    "dataType",
    "success",
    "failureMessage",
    "bytes",
    "sentBytes",
    "grpThreads",
    "allThreads",
    "URL",
    "Latency",
    "IdleTime",
    "Connect",
)
START = 1_767_225_600_000
IO_ERROR = "Websocket I/O error"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One row. `at` is the start in ms since START; None stands for the rows that carry no time."""

    at: int | None
    took: int = 0
    label: str = "use"
    code: str = "200"
    message: str = "OK"
    good: bool = True
    received: int = 0
    sent: int = 0
    connect: int = 0
    thread: str = "callers 1-1"
    threads: int = 1
    url: str = "null"
    latency: int = 0

    def fields(self) -> dict[str, str]:
        return {
            "timeStamp": str(0 if self.at is None else START + self.at),
            "elapsed": str(self.took),
            "label": self.label,
            "responseCode": self.code,
            "responseMessage": self.message,
            "threadName": self.thread,
            "dataType": "",
            "success": str(self.good).lower(),
            "failureMessage": "",
            "bytes": str(self.received),
            "sentBytes": str(self.sent),
            "grpThreads": str(self.threads),
            "allThreads": str(self.threads),
            "URL": self.url,
            "Latency": str(self.latency),
            "IdleTime": "0",
            "Connect": str(self.connect),
        }


def opened(at: int, took: int = 5, label: str = "open") -> Row:
    return Row(
        at=at,
        took=took,
        label=label,
        code="101",
        message="Switching Protocols",
        received=129,
        sent=158,
        connect=took,
    )


def used(at: int, took: int = 2, label: str = "use") -> Row:
    return Row(at=at, took=took, label=label, received=7, sent=11)


def written(at: int, label: str = "write") -> Row:
    return Row(at=at, label=label, sent=11)


def idle(at: int, took: int = 1000, label: str = "listen") -> Row:
    return Row(
        at=at, took=took, label=label, code="No response", message="Read timeout, no response received."
    )


def broken(
    at: int,
    text: str,
    *,
    took: int = 0,
    label: str = "use",
    received: int = 0,
    sent: int = 0,
    connect: int = 0,
) -> Row:
    return Row(
        at=at,
        took=took,
        label=label,
        code=IO_ERROR,
        message=f"WebSocket I/O error: {text}",
        good=False,
        received=received,
        sent=sent,
        connect=connect,
    )


def refused(at: int, status: int = 503, label: str = "open") -> Row:
    message = f"Got unexpected status {status} with statusLine:HTTP/1.1 {status} No"
    return Row(at=at, took=3, label=label, code=str(status), message=message, good=False)


def goodbye(at: int, code: str = "1011", reason: str = "null", took: int = 0, received: int = 0) -> Row:
    message = f"Received: Close frame with status code {code} and close reason '{reason}'"
    return Row(
        at=at,
        took=took,
        code="Sampler error: unexpected frame type (close).",
        message=message,
        good=False,
        received=received,
    )


def closed(at: int, code: str = "1000", reason: str = "sampler requested close", took: int = 1) -> Row:
    message = f"Connection closed; close reason: '{reason}'."
    return Row(at=at, took=took, label="close", code=code, message=message, received=27, sent=31)


def nothing(label: str = "use") -> Row:
    message = "Sampler configured for using existing connection, but there is no connection"
    return Row(at=None, label=label, code="Sampler error", message=message, good=False)


def nothing_to_close() -> Row:
    return Row(at=None, label="close", code="", message="No connection; nothing to close.", good=False)


def text(
    rows: Iterable[Row], *, columns: Sequence[str] = HEADER, delimiter: str = ",", header: bool = True
) -> str:
    """Return the rows as JMeter's CSV."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    if header:
        writer.writerow(columns)
    for row in rows:
        fields = row.fields()
        writer.writerow([fields[name] for name in columns])
    return file.getvalue()


def file(folder: Path, rows: Iterable[Row], name: str = "results.jtl") -> Path:
    """Write the rows as a file and return its path."""
    path = folder / name
    path.write_text(text(rows), encoding="utf-8")
    return path
