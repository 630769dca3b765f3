"""The truth log of `jmxgen simulate`: docs/reference/simulator.md has its keys."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from jmxgen.analysis.server_log.line import Line, as_object, close_code, named, number, status_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jmxgen.analysis.server_log.line import Ender

NAME: Final = "simulator"

_KEYS: Final = {"attempted_at", "ended_at", "end", "kind", "by", "close_frame"}


def parse(text: str) -> Line | None:
    """Read a line; None where it isn't one of a truth log."""
    found = as_object(text)
    if found is None or not found.keys() >= _KEYS:
        return None
    end, opened = found["end"], _at(found, "opened_at")
    identity, caller = named(str(found.get("path") or ""), str(found.get("key") or ""))
    return Line(
        id=identity,
        caller=caller,
        asked_at=_at(found, "attempted_at"),
        opened_at=opened,
        ended_at=math.nan if end == "open" else _at(found, "ended_at"),
        status=101 if not math.isnan(opened) else status_of(found.get("status")),
        code=close_code(found.get("code")),
        flags=" ".join(str(word) for word in (end, found["kind"]) if word),
        ended_by=_ended_by(str(end), str(found["by"])),
    )


def _ended_by(end: str, by: str) -> Ender:
    if end == "open":
        return "unknown"
    return "server" if by == "server" else "client"


def _at(found: Mapping[str, Any], key: str) -> float:
    return number(str(found.get(key)))
