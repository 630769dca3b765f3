"""What a plan can't say about the server and the machine, and its user can: each with a default."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from jmxgen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|)\s*")
_RATE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*/\s*(s|m|h)\s*")


def _fact(default: float, says: str, unit: str) -> float:
    made: float = dataclasses.field(default=default, metadata={"says": says, "unit": unit})
    return made


@dataclasses.dataclass(frozen=True, slots=True)
class Facts:
    """The facts: in seconds, per second, or plain counts."""

    handshake_rate: float = _fact(50, "handshakes that the server takes per second", "rate")
    ping_interval: float = _fact(
        20, "how often the server pings (20 s is what Python's websockets does)", "duration"
    )
    idle_timeout: float = _fact(60, "how long proxies keep a silent connection (nginx: 60 s)", "duration")
    max_read_timeout: float = _fact(30, "the longest readTimeout that is not a mistake", "duration")
    gather_timeout: float = _fact(
        5, "the longest that a Gather Input waits (its No Entry Timeout is 5 s)", "duration"
    )
    ports: float = _fact(28232, "client ports to one address (Linux: 32768 to 60999)", "count")
    descriptors: float = _fact(
        4096, "files a process may hold (Linux's hard limit, to which Java raises its own)", "count"
    )
    channels_per_token: float = _fact(20, "notification channels a user and app may hold", "count")


def parse(words: Mapping[str, object], *, base: Facts | None = None) -> Facts:
    """Read facts such as ``{"ping_interval": "30s", "handshake-rate": "20/s"}``.

    Raises:
        UsageError: no such fact, or a value of another unit.
    """
    known = {field.name: field for field in dataclasses.fields(Facts)}
    values: dict[str, float] = {}
    for word, value in words.items():
        field = known.get(word.replace("-", "_"))
        if field is None:
            raise UsageError(f"unknown fact {word!r}", hint=f"one of {', '.join(known)}")
        values[field.name] = _number(word, str(value), field.metadata["unit"])
    return dataclasses.replace(base or Facts(), **values)


def seconds(text: str) -> float:
    """Return a duration such as ``500ms`` or ``5s`` in seconds. Raises UsageError if it is not one."""
    return _number("the time", text, "duration")


def _number(word: str, value: str, unit: str) -> float:
    if unit == "rate" and (match := _RATE.fullmatch(value)):
        return float(match[1]) / _SECONDS[match[2]]
    match = _DURATION.fullmatch(value)
    if match is None or (unit != "duration" and match[2]):
        example = {"rate": "20/s", "duration": "20s", "count": "20"}[unit]
        raise UsageError(f"{word} = {value!r} is not a {unit}", hint=f"such as {example}")
    return float(match[1]) * (_SECONDS[match[2]] if unit == "duration" else 1)
