"""Durations (`1m30s`), rates (`20/s`) and times as text: written alike in scenarios, faults and reports."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal
from typing import Final

MS: Final = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_SECONDS: Final = {"s": 1, "min": 60, "m": 60, "h": 3600}
_NUMBER: Final = r"[0-9]{1,12}(?:\.[0-9]{1,6})?"
_PARTS: Final = re.compile(r"([0-9.]+)(ms|h|m|s)")
DURATION: Final = rf"(?:{_NUMBER}h)?(?:{_NUMBER}m)?(?:{_NUMBER}s)?(?:{_NUMBER}ms)?"
RATE: Final = rf"{_NUMBER}\s*/\s*(?:s|min|m|h)"


def milliseconds(text: str) -> Decimal:
    """Return the milliseconds of `500ms`, `5s` or `1m30s`.

    Raises:
        ValueError: it is not a duration.
    """
    if not text or not re.fullmatch(DURATION, text):
        raise ValueError("a duration such as 500ms, 5s or 1m30s")
    return sum((Decimal(number) * MS[unit] for number, unit in _PARTS.findall(text)), Decimal(0))


def rate(text: str) -> tuple[Decimal, str]:
    """Return the count and the unit (s, min or h) of `20/s`, `10/min`, `90/m` or `600/h`.

    Raises:
        ValueError: it is not a rate.
    """
    if not re.fullmatch(RATE, text):
        raise ValueError("a rate such as 20/s, 10/min or 600/h")
    count, _, unit = text.partition("/")
    return Decimal(count.strip()), unit.strip().replace("min", "m").replace("m", "min")


def per_second(count: Decimal, unit: str) -> float:
    """Return a rate in 1/s."""
    return float(count) / _SECONDS[unit]


def iso(at_ms: float) -> str | None:
    """Return a time in ms since the epoch as UTC ISO 8601 with milliseconds, None where unknown."""
    if not math.isfinite(at_ms):
        return None
    try:
        at = dt.datetime.fromtimestamp(round(at_ms) / 1000, tz=dt.UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def exact(value: float) -> str:
    """Return a number for people, with up to ten digits: `2,000`, `12.5`, `0.001`."""
    return f"{value:,.10g}"


def rounded(value: float) -> str:
    """Return a number for people, with three digits that count: `2,000`, `12.5`, `0.25`."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
