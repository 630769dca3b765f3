"""What one line of a server's or proxy's log says of one connection, and the pieces that formats share."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import json
import math
import re
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Mapping

Ender = Literal["client", "server", "proxy", "network", "unknown"]

# The id that a plan of jmxgen sends, ${ws_id}: ENGINE-START-GROUP-THREAD-CONNECTION (caller.groovy).
PLAN_ID: Final = re.compile(r"(?:(?P<run>.*)-)?(?P<caller>\d{1,9}-\d{1,9})-(?P<number>\d{1,9})")
# Parameters of a URL that carry an id where no header can be logged, and those that name a caller.
ID_PARAMETERS: Final = ("ws_id", "connection_id", "x-connection-id")
CALLER_PARAMETERS: Final = ("caller",)
SECOND_MS: Final = 1000.0
SWITCHING: Final = 101  # the HTTP status of an upgrade
REFUSED: Final = 400  # and the least that refuses one
_MONTHS: Final = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]  # strptime's depend on the locale
_STAMP: Final = re.compile(
    r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d{3}))?(?: ([+-])(\d\d)(\d\d))?"
)


@dataclasses.dataclass(slots=True, kw_only=True)
class Line:
    """One connection, or the attempt to get one, as a log has it. Times are ms since the epoch, or NaN."""

    id: str = ""  # that the client sent, in a header or the query
    caller: str = ""  # who sent it, where only that is known
    serial: str = ""  # the log's own number of the connection: nginx's error log has no other
    asked_at: float = math.nan  # the upgrade request came
    opened_at: float = math.nan  # the 101 was sent
    ended_at: float = math.nan
    status: int = 0  # of the HTTP response, 0 where there was none
    code: int = 0  # of the close frame that ended it
    flags: str = ""  # how the log itself names the end
    ended_by: Ender = "unknown"
    named_cause: str = ""  # the cause that the line itself names, by its name in the verdict
    remarks: tuple[str, ...] = ()  # what an error log adds to it, each once
    remark: bool = False  # about a connection that another line describes (an error log's)
    resolution_ms: float = 1.0
    end_unknown: bool = False  # written while the connection was open
    odd: str = ""  # what a mapping finds in the line where something else should be


# A line that a format knows, but that says nothing of a connection.
NOTHING: Final = Line()


@functools.lru_cache(maxsize=1024)  # thousands of lines in a row are of one second
def stamp(text: str) -> float:
    """Return ms of a time as in `28/Nov/2026:07:09:04.655 +0000`, UTC where it has no zone; NaN otherwise."""
    found = _STAMP.fullmatch(text)
    if not found or found[2] not in _MONTHS:
        return math.nan
    day, year, hour, minute, second = (int(found[n]) for n in (1, 3, 4, 5, 6))
    at = utc((year, _MONTHS.index(found[2]) + 1, day), (hour, minute, second))
    return at + int(found[7] or 0) - zone_ms(found)


def zone_ms(found: re.Match[str]) -> float:
    """Return how far the zone of a stamp is ahead of UTC."""
    if not found[8]:
        return 0.0
    ahead = (int(found[9]) * 60 + int(found[10])) * 60_000
    return float(-ahead if found[8] == "-" else ahead)


def utc(date: tuple[int, int, int], clock: tuple[int, int, int]) -> float:
    """Return ms of (year, month, day) and (hour, minute, second) in UTC, NaN where there is no such time."""
    try:
        return dt.datetime(*date, *clock, tzinfo=dt.UTC).timestamp() * 1000
    except ValueError:
        return math.nan


def number(text: str, least: float = 0.0) -> float:
    """Return a number of a log, NaN where there is none (`-`, `-1` for unknown, other text)."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) and value >= least else math.nan


def status_of(text: Any) -> int:
    """Return an HTTP status, 0 where there is none."""
    return int(text) if re.fullmatch(r"[1-9]\d\d", str(text)) else 0


def close_code(text: Any) -> int:
    """Return the code of a close frame, 0 where there is none."""
    return int(text) if re.fullmatch(r"[1-4]\d{3}", str(text)) else 0


def named(request: str, header: str = "") -> tuple[str, str]:
    """Return the id and the caller that a request names.

    Args:
        request: a request line, or the path of one: its query may name both.
        header: the id that the log took from a header; it goes first.
    """
    target = request.split(" ")[1] if " " in request else request
    _, _, query = target.partition("?")
    found = {key.lower(): value for key, value in parse_qsl(query[:4096])} if query else {}
    in_query = next((found[key] for key in ID_PARAMETERS if found.get(key)), "")
    # A header that was sent twice is logged as a list.
    return header.partition(",")[0].rstrip() or in_query, next(
        (found[key] for key in CALLER_PARAMETERS if found.get(key)), ""
    )


def given(text: str | None) -> str:
    """Return a logged header, empty where the log has its sign for none."""
    return "" if text in (None, "", "-") else str(text)


@functools.lru_cache(maxsize=2)
def as_object(text: str) -> Mapping[str, Any] | None:
    """Return the JSON object that a line is, None where it is none.

    Formats ask for the same line in turn.
    """
    if not text.startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
