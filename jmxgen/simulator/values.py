"""The values that a fault's text is made of: durations, rates, shares, and the ways a connection can end."""

from __future__ import annotations

import re

from jmxgen import units

Ending = str | int  # "reset", "eof", "cut", or the code of a close frame
Refusal = str | int  # "reset", "eof", or the status of an HTTP response


def duration(text: str) -> float:
    """Return the seconds of `500ms`, `5s` or `1m30s`.

    Raises:
        ValueError: it is not a duration.
    """
    return float(units.milliseconds(text)) / 1000


def rate(text: str) -> float:
    """Return the events per second of `20/s` or `90/m`; more than none."""
    events = units.per_second(*units.rate(text))
    if events <= 0:
        raise ValueError("a rate above zero")
    return events


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
