"""nginx's error log: what it says of connections, each line a remark on one of the access log.

The level matters: a reset is `info` where the client did it and `error` where the upstream did
(ngx_connection_error), and the timeout of an upgraded connection is `info`: the log has to be kept at `info`.
"""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Final

from jmxgen.analysis.server_log.line import NOTHING, SECOND_MS, Ender, Line, named, utc

NAME: Final = "nginx-error"

_LINE: Final = re.compile(
    r"(\d{4})/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d) \[(?P<level>[a-z]+)\] \d+#\d+: "
    r"(?:\*(?P<serial>\d+) )?(?P<said>.*)"
)
_REQUEST: Final = re.compile(r", request: \"([^\"]*)\"?")
_DETAILS: Final = ", client: "  # what stands after it is the client's to choose
_UPGRADED: Final = "while proxying upgraded connection"


@dataclasses.dataclass(frozen=True, slots=True)
class _Saying:
    pattern: str
    flag: str
    ended_by: Ender
    cause: str = ""
    refused: bool = True  # it never opened


# The first that is found counts.
_SAYINGS: Final = (
    _Saying(r"limiting connections by zone(?!.*dry run)", "limit_conn", "proxy", "concurrency-cap"),
    _Saying(r"limiting requests, excess(?!.*dry run)", "limit_req", "proxy", "handshake-rate-limit"),
    _Saying(r"worker_connections are not enough", "worker_connections", "proxy", "concurrency-cap"),
    _Saying(r"Too many open files", "open files", "proxy", "concurrency-cap"),
    _Saying(
        rf"upstream timed out .*{_UPGRADED}", "upstream timed out", "proxy", "idle-timeout", refused=False
    ),
    _Saying(r"upstream timed out .*while connecting", "connect timed out", "proxy", "outage"),
    _Saying(r"upstream timed out", "no answer in time", "proxy", "stall"),
    _Saying(rf"client timed out .*{_UPGRADED}", "client timed out", "proxy", "idle-timeout", refused=False),
    _Saying(r"connect\(\) (?:to \S+ )?failed", "connect failed", "server", "outage"),
    _Saying(r"no live upstreams", "no live upstreams", "server", "outage"),
    _Saying(r"upstream prematurely closed .*reading response header", "upstream closed", "server", "outage"),
    _Saying(r"upstream prematurely closed connection", "upstream closed", "server", refused=False),
    _Saying(
        r"access forbidden by rule|user \".*\" was not found|password mismatch", "denied", "proxy", "denied"
    ),
    _Saying(
        r"client (?:has )?prematurely closed|client closed connection while (?!waiting for request)",
        "client closed",
        "client",
        refused=False,
    ),
)
_RESET: Final = re.compile(rf"\(\) failed \((?:104|32|103|10054): .*{_UPGRADED}|SSL_.*failed.*{_UPGRADED}")


def parse(text: str) -> Line | None:
    """Read a line; None where it isn't one of an error log."""
    found = _LINE.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    at = utc((year, month, day), (hour, minute, second))
    if math.isnan(at):
        return None
    said, _, details = found["said"].partition(_DETAILS)
    request = _REQUEST.search(details)
    identity, caller = named(request[1] if request else "")
    line = Line(
        id=identity,
        caller=caller,
        serial=found["serial"] or "",
        ended_at=at,
        remark=True,
        resolution_ms=SECOND_MS,
    )
    if _RESET.search(said):
        line.ended_by = "client" if found["level"] == "info" else "server"
        line.flags = f"reset by the {'client' if line.ended_by == 'client' else 'upstream'}"
        return line
    for known in _SAYINGS:
        if re.search(known.pattern, said):
            line.flags, line.ended_by, line.named_cause = known.flag, known.ended_by, known.cause
            line.asked_at = at if known.refused else math.nan
            return line
    return NOTHING
