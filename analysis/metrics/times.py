"""Times as people and tools write them, to milliseconds since the epoch."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_FORMATS: Final = (
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S.%f",
    "%Y/%m/%d %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
)
_NUMBER: Final = re.compile(r"\d+(\.\d+)?")
# A zone's name: PostgreSQL's, and what Go writes after its offset (`+0200 CEST`).
_ZONE_NAME: Final = re.compile(r"(?:(?<=\d) ?(?:UTC|GMT)|(?<=[+-]\d{4}) [A-Z]{3,5})$")


def to_ms(text: str) -> float:
    """Return a time in ms since the epoch; NaN where `text` is not a time.

    ISO 8601 in all its forms, seconds, milliseconds, microseconds or nanoseconds since the epoch, and dates
    written year/month/day, month/day/year, day.month.year or as HTTP does. A time without a zone is UTC.
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return _epoch(float(text))
    return _iso(text)


def _epoch(number: float) -> float:
    """Return ms of a number of seconds, ms, µs or ns: whichever falls between 2001 and 2096."""
    for scale in (1e3, 1.0, 1e-3, 1e-6):
        if 1e12 <= number * scale < 4e12:
            return number * scale
    return math.nan


def _iso(text: str) -> float:
    try:
        return _utc_ms(datetime.fromisoformat(_ZONE_NAME.sub("", text)))
    except ValueError:
        pass
    for form in _FORMATS:
        try:
            return _utc_ms(datetime.strptime(text, form))  # noqa: DTZ007  (UTC is set below)
        except ValueError:
            continue
    return _http(text)


def _http(text: str) -> float:
    """Return ms of a date as HTTP and mail write it: `Sat, 28 Nov 2026 14:24:00 GMT`."""
    try:
        return _utc_ms(parsedate_to_datetime(text)) if ", " in text else math.nan
    except (ValueError, OverflowError):
        return math.nan


def _utc_ms(at: datetime) -> float:
    try:
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000
    except (OverflowError, OSError):
        return math.nan
