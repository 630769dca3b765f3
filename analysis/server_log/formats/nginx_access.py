"""nginx's access log: combined, with or without further fields, ingress-nginx's own, or JSON.

Of the fields that people add after combined the names that nginx's documentation gives them are known, and
what needs no name: a bare number with three decimals is `$request_time`, with ten digits before them `$msec`.

A line is written when the connection has ended; `$request_time` is its life. What ended an upgraded
connection is not in this log (nginx 1.22 writes 101 for all of them): the error log says it, joined by
`$connection`.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from jmxgen.analysis.metrics.times import to_ms
from jmxgen.analysis.server_log.line import (
    PLAN_ID,
    SECOND_MS,
    Line,
    as_object,
    given,
    named,
    number,
    stamp,
    status_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jmxgen.analysis.server_log.line import Ender

NAME: Final = "nginx-access"

_COMBINED: Final = re.compile(
    r"\S+ \S+ [^\[]*?\[(?P<time_local>\d\d(?:/|\d\d-)[^\]]{16,28})\] "
    r"\"(?P<request>[^\"]*)\" (?P<status>\d{3}) (?:\d+|-)"
    r"(?: \"[^\"]*\" \"[^\"]*\")?(?P<rest>.*)"
)
_FIELD: Final = re.compile(r"(?<!\w)(\w{1,100})=(?:\"([^\"]*)\"|(\S+))")
_BARE: Final = re.compile(r" \"(?P<id>[^\"]*)\" (?P<seconds>\d+\.\d{3})\b")
_UNNAMED: Final = re.compile(r"(?<= )(?:(?P<msec>\d{10}\.\d{3})|(?P<request_time>\d{1,7}\.\d{3}))(?= |$)")
_INGRESS: Final = re.compile(  # $request_length $request_time [upstream] [alternative] $upstream_… $req_id
    r" \d+ (?P<request_time>\d+\.\d{3}) \[[^\]]*\] \[[^\]]*\] .*?(?P<upstream_status>\d{3}|-) (?P<req_id>\S+)"
)
_NAMES: Final = {  # the names that are common, and nginx's own
    "rt": "request_time",
    "req_time": "request_time",
    "us": "upstream_status",
    "@timestamp": "time_iso8601",
    "cid": "connection_id",
    "uri": "request_uri",
}
_IDS: Final = (
    "http_x_connection_id",
    "x_connection_id",
    "connection_id",
    "id",
)
_REQUEST_IDS: Final = ("http_x_request_id", "req_id", "request_id")  # nginx makes its own where none was sent
_CLIENT_CLOSED: Final = 499  # nginx's own: the client left before it was answered


def parse(text: str) -> Line | None:
    """Read a line; None where it isn't one of an access log."""
    found = as_object(text)
    if found is not None:
        found = _in_nginxs_names(found)
        return _from_fields(found) if _is_access(found) else None
    combined = _COMBINED.fullmatch(text)
    if not combined or math.isnan(_written(combined["time_local"])):
        return None
    return _from_fields({**combined.groupdict(), **_added(combined["rest"])})


def _added(rest: str) -> dict[str, Any]:
    """Return what stands after the fields of combined."""
    ingress = _INGRESS.fullmatch(rest)
    if ingress:
        return ingress.groupdict()
    fields: dict[str, Any] = {name: quoted or bare for name, quoted, bare in _FIELD.findall(rest)}
    bare = _BARE.match(rest)
    if bare:
        fields = {"id": bare["id"], "request_time": bare["seconds"], **fields}
    for unnamed in _UNNAMED.finditer(rest):
        fields.setdefault(str(unnamed.lastgroup), unnamed[0])
    return _in_nginxs_names(fields)


def _in_nginxs_names(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {_NAMES[name]: value for name, value in fields.items() if name in _NAMES} | dict(fields)


def _is_access(found: Mapping[str, Any]) -> bool:
    timed = {"msec", "time_local", "time_iso8601"} & found.keys()
    return bool(timed) and "status" in found and bool({"request", "request_uri"} & found.keys())


def _from_fields(fields: Mapping[str, Any]) -> Line:
    """Make a line of nginx's variables by their names."""
    exact = number(str(fields.get("msec", ""))) * 1000
    written = _written(str(fields.get("time_local") or fields.get("time_iso8601") or ""))
    ended = written if math.isnan(exact) else exact
    status = status_of(fields.get("status"))
    asked = ended - number(str(fields.get("request_time", ""))) * 1000
    header = next((given(str(fields[key])) for key in _IDS if given(str(fields.get(key, "")))), "")
    sent = (str(fields.get(key, "")) for key in _REQUEST_IDS)
    header = header or next((each for each in sent if PLAN_ID.fullmatch(each)), "")
    identity, caller = named(_request(fields), header)
    return Line(
        id=identity,
        caller=caller,
        serial=given(str(fields.get("connection", ""))),
        asked_at=asked,
        opened_at=asked if status == 101 else math.nan,
        ended_at=ended,
        status=status,
        flags="499" if status == _CLIENT_CLOSED else "",
        ended_by=_ended_by(status, fields.get("upstream_status")),
        resolution_ms=SECOND_MS if math.isnan(exact) else 1.0,
    )


def _written(text: str) -> float:
    local = stamp(text)
    return to_ms(text) if math.isnan(local) else local


def _request(fields: Mapping[str, Any]) -> str:
    request = str(fields.get("request") or fields.get("request_uri") or "")
    return f"{request}?{fields['args']}" if given(fields.get("args")) and "?" not in request else request


def _ended_by(status: int, upstream: Any) -> Ender:
    """Say who refused a request: the upstream's status is `-` where nginx itself did."""
    if status == _CLIENT_CLOSED:
        return "client"
    if status < 400 or upstream is None:
        return "unknown"
    said = given(str(upstream).strip())
    if not said:
        return "proxy"
    # nginx puts 502 and 504 there itself where the upstream was not reached, or too slow.
    return "proxy" if status == 504 and said.endswith("504") else "server"
