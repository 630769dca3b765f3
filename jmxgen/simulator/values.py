"""The values that a fault's text is made of: durations, rates, shares, and the ways a connection can end."""

from __future__ import annotations

import re
from typing import Final

Ending = str | int  # "reset", "eof", "cut", or the code of a close frame
Refusal = str | int  # "reset", "eof", or the status of an HTTP response

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION: Final = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h))+")


def duration(text: str) -> float:
    """Return the seconds of `500ms`, `5s` or `1m30s`.

    Raises:
        ValueError: it is not a duration.
    """
    if not _DURATION.fullmatch(text):
        raise ValueError("a duration such as 500ms, 5s or 1m30s")
    return sum(
        float(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h)", text)
    )


def rate(text: str) -> float:
    """Return the events a second of `20/s` or `90/m`; more than none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)/(s|m|h)", text)
    if not found or float(found[1]) <= 0:
        raise ValueError("a rate such as 20/s or 90/m")
    return float(found[1]) / _UNITS[found[2]]


def share(text: str) -> float:
    """Return the part of one that `0.25` or `25%` means."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(%?)", text)
    value = float(found[1]) / (100 if found[2] else 1) if found else -1.0
    if not 0 <= value <= 1:
        raise ValueError("a share such as 0.25 or 25%")
    return value


def whole(text: str) -> int:
    """Return the whole number of `text`, zero or more."""
    if not re.fullmatch(r"\d{1,9}", text):
        raise ValueError("a whole number")
    return int(text)


def ending(text: str) -> Ending:
    """Return how an open connection is ended: `reset`, `eof`, `cut` (in mid-frame) or a close code."""
    if text in ("reset", "eof", "cut"):
        return text
    if re.fullmatch(r"[1-4]\d{3}", text):
        return int(text)
    raise ValueError("reset, eof, cut, or a close code from 1000 to 4999")


def refusal(text: str) -> Refusal:
    """Return how a handshake is refused: `reset`, `eof` or an HTTP status of an error."""
    if text in ("reset", "eof"):
        return text
    if re.fullmatch(r"[345]\d{2}", text):
        return int(text)
    raise ValueError("reset, eof, or an HTTP status such as 503 or 429")


def word(text: str) -> str:
    """Return `text` itself, which must not be empty."""
    if not text:
        raise ValueError("a text that is not empty")
    return text
