"""JSON lines of any other server, by a small file that says which of its keys means what.

id: request.headers.x-connection-id    # a key, or a path of keys
opened: connected_at                   # ISO 8601, or seconds or milliseconds since the epoch
ended: disconnected_at
status: http_status
code: close_code
who: closed_by
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import yaml

from jmxgen.analysis.metrics.times import to_ms
from jmxgen.analysis.server_log.line import NOTHING, REFUSED, Line, as_object, close_code, stamp, status_of
from jmxgen.errors import Place, ResultError

if TYPE_CHECKING:
    from pathlib import Path

    from jmxgen.analysis.server_log.line import Ender

KEYS: Final = ("id", "opened", "ended", "status", "code", "who")
_LARGEST: Final = 64 * 1024  # bytes of a mapping file
_WHO: Final[dict[str, Ender]] = {
    "client": "client",
    "caller": "client",
    "peer": "client",
    "remote": "client",
    "server": "server",
    "local": "server",
    "upstream": "server",
    "proxy": "proxy",
    "network": "network",
}

_MEANINGS: Final = {
    "opened": "a time",
    "ended": "a time",
    "status": "an HTTP status (100 to 999)",
    "code": "a close code (1000 to 4999)",
    "who": f"one of {', '.join(_WHO)}",
}
ABSENT: Final = "is not there"


class Mapped:
    """A format that a mapping file describes."""

    def __init__(self, name: str, keys: Mapping[str, str]) -> None:
        self.NAME = name
        self._keys = keys

    def parse(self, text: str, /) -> Line | None:
        """Read a line; None where it isn't a JSON object, `NOTHING` where it has no time."""
        found = as_object(text)
        if found is None:
            return None
        values = {key: _value(found, path) for key, path in self._keys.items()}
        opened, ended = _time(values.get("opened")), _time(values.get("ended"))
        odd = self._odd(values, opened, ended)
        if math.isnan(opened) and math.isnan(ended):
            return Line(odd=odd) if odd else NOTHING
        status = status_of(values.get("status"))
        return Line(
            odd=odd,
            id=str(values.get("id") or ""),
            # Of a refusal one time may be all that there is; else a line without an opening tells of the end.
            asked_at=ended if math.isnan(opened) and status >= REFUSED else opened,
            opened_at=opened if status in (0, 101) else math.nan,
            ended_at=ended,
            status=status or (101 if not math.isnan(opened) else 0),
            code=close_code(values.get("code")),
            flags=str(values.get("who") or ""),
            ended_by=_WHO.get(str(values.get("who")).lower(), "unknown"),
        )

    def _odd(self, values: Mapping[str, Any], opened: float, ended: float) -> str:
        """Say which key holds what it can't mean, empty where all is well."""
        for key, means in _MEANINGS.items():
            value = values.get(key)
            if value not in (None, "") and not _fits(key, value):
                return f"{key}: {self._keys[key]} is not {means}"
        if ended < opened:
            return f"ended: {self._keys['ended']} is before opened: {self._keys['opened']}"
        needed = next(
            (key for key in ("id", "opened", "ended") if key in self._keys and values[key] is None), ""
        )
        return f"{needed}: {self._keys[needed]} {ABSENT}" if needed else ""


def _fits(key: str, value: Any) -> bool:
    if key in ("opened", "ended"):
        return not math.isnan(_time(value))
    if key == "who":
        return str(value).lower() in _WHO
    return bool(status_of(value) if key == "status" else close_code(value))


def read(path: Path) -> Mapped:
    """Read a mapping file, YAML or JSON.

    Raises:
        ResultError: it can't be read, or names other keys than `KEYS`.
    """
    place = Place(path)
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST + 1)
    except OSError as error:
        raise ResultError(f"can't be read: {error.strerror or error}", place=place) from error
    if len(text) > _LARGEST:
        raise ResultError("is too large for a mapping of a log's keys", place=place)
    try:
        found: Any = yaml.safe_load(text.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ResultError("is not valid YAML", place=place) from error
    if not isinstance(found, Mapping) or not all(isinstance(path, str) for path in found.values()):
        raise ResultError("must say which key of the log means what", place=place, hint=", ".join(KEYS))
    strange = [str(key) for key in found if key not in KEYS]
    if strange:
        raise ResultError(f"unknown key {strange[0]!r}", place=place, hint=f"known are {', '.join(KEYS)}")
    if not {"opened", "ended"} & found.keys():
        raise ResultError("has neither `opened` nor `ended`", place=place, hint="a join needs a time")
    return Mapped(path.name, {str(key): value for key, value in found.items()})


def _value(found: Mapping[str, Any], path: str) -> Any:
    """Return what stands under a key, or under a path of keys divided by dots."""
    value: Any = found
    for key in [path] if path in found else path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
        if isinstance(value, list) and len(value) == 1:  # as Go and Caddy log headers
            value = value[0]
    return value if not isinstance(value, (Mapping, list)) else None


def _time(value: Any) -> float:
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        return math.nan
    at = to_ms(str(value))
    return stamp(str(value)) if math.isnan(at) else at
