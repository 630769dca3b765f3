"""Which columns a CSV file has: by its header, or by JMeter's own order where there is none."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from typing import TYPE_CHECKING, Final

from jmxgen.errors import Place, ResultError, one_line

if TYPE_CHECKING:
    from pathlib import Path

KNOWN: Final = frozenset(
    [
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
        "Filename",
        "Latency",
        "Encoding",
        "SampleCount",
        "ErrorCount",
        "Hostname",
        "IdleTime",
        "Connect",
    ]
)
_DELIMITERS: Final = (",", "\t", ";", "|")
_FIRST: Final = ("timeStamp", "elapsed", "label", "responseCode", "responseMessage", "threadName")
# What follows `success` in a file without a header, by number of columns: the defaults of JMeter 5, 3.1 to
# 4, 3.0, 2.13 and of Taurus' settings. A file of another width keeps the columns up to `success`.
_AFTER_SUCCESS: Final = {
    9: (
        "failureMessage",
        "bytes",
        "sentBytes",
        "grpThreads",
        "allThreads",
        "URL",
        "Latency",
        "IdleTime",
        "Connect",
    ),
    8: ("failureMessage", "bytes", "sentBytes", "grpThreads", "allThreads", "Latency", "IdleTime", "Connect"),
    7: ("failureMessage", "bytes", "grpThreads", "allThreads", "Latency", "IdleTime", "Connect"),
    5: ("failureMessage", "bytes", "grpThreads", "allThreads", "Latency"),
    4: ("bytes", "grpThreads", "allThreads", "Latency"),
    2: ("bytes", "Latency"),
}
_EPOCH_MS: Final = re.compile(r"-?\d{1,15}")
_FORMATTED: Final = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
_BOOLEANS: Final = frozenset(("true", "false"))


@dataclasses.dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of a CSV file are written."""

    delimiter: str
    columns: tuple[str, ...]
    has_header: bool


def detect(text: str, path: Path | str) -> Layout:
    """Return the layout, from the first characters of a file.

    Raises:
        ResultError: this is not a CSV file of JMeter's.
    """
    first = _rows(text, "\n")[:1]
    line = first[0][0] if first else ""
    for delimiter in _delimiters(line):
        rows = _rows(text, delimiter)
        if not rows:
            continue
        names = tuple(name.strip() for name in rows[0])
        if "timeStamp" in names and len(KNOWN.intersection(names)) >= 3:
            return Layout(delimiter, _unique(names), has_header=True)
        guessed = _without_header(rows)
        if guessed:
            return Layout(delimiter, guessed, has_header=False)
    if len(KNOWN.intersection(re.findall(r"\w+", line))) >= 3:
        raise ResultError(
            "has no timeStamp column, and nothing can be known without times",
            place=Place(path, 1),
            hint="let JMeter write it: jmeter.save.saveservice.timestamp_format=ms",
        )
    shown = one_line(line[:60])
    raise ResultError(
        f"is not a JMeter results file (it starts with {shown!r})",
        place=Place(path, 1),
        hint="jmxgen reads what `jmeter -l` writes, as CSV or XML",
    )


def _delimiters(line: str) -> tuple[str, ...]:
    # jmeter.save.saveservice.default_delimiter may be any character: it is the one after `timeStamp`.
    named = re.match(r'\s*"?timeStamp"?(?:\s*([^\w\s"])|(\s))', line)
    return (named[1] or named[2], *_DELIMITERS) if named else _DELIMITERS


def _rows(text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=delimiter)
    if delimiter == "\n":
        return [[line] for line in text.splitlines()[:1]]
    found = []
    try:
        for row in reader:
            if row:
                found.append(row)
            if len(found) > 20:
                break
    except csv.Error:
        pass
    return found


def _without_header(rows: list[list[str]]) -> tuple[str, ...] | None:
    width = len(rows[0])
    whole = [row for row in rows if len(row) == width]
    if width < 7 or not all(is_time(row[0]) and row[1].lstrip("-").isdigit() for row in whole):
        return None
    for place in (7, 6):
        if place < width and all(row[place].lower() in _BOOLEANS for row in whole):
            middle = ("dataType",) if place == 7 else ()
            after = _AFTER_SUCCESS.get(width - place - 1, ())
            known = (*_FIRST, *middle, "success", *after)
            return _unique((*known, *(f"column {n}" for n in range(len(known) + 1, width + 1))))
    return None


def is_time(text: str) -> bool:
    """Return whether a text looks like a row's time."""
    return bool(_EPOCH_MS.fullmatch(text) or _FORMATTED.match(text))


def _unique(names: tuple[str, ...]) -> tuple[str, ...]:
    """Name a repeated or empty column by its number: pandas wants no name twice."""
    seen: set[str] = set()
    result = []
    for number, name in enumerate(names, 1):
        given = name if name and name not in seen else f"column {number}"
        seen.add(given)
        result.append(given)
    return tuple(result)
