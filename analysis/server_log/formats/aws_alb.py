"""The access log of an AWS Application Load Balancer.

Fields: AWS's documentation, "Access logs for your Application Load Balancer". A WebSocket has the type ws or
wss, and one line, written when it has ended. No header of the client's choice is logged: the id has to stand
in the URL's query.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from jmxgen.analysis.metrics.times import to_ms
from jmxgen.analysis.server_log.line import NOTHING, Line, named, status_of

if TYPE_CHECKING:
    from jmxgen.analysis.server_log.line import Ender

NAME: Final = "aws-alb"

_LINE: Final = re.compile(
    r"(?P<type>https?|h2|grpcs|wss?) (?P<time>\d{4}-\d\d-\d\dT\S+Z) \S+ \S+:\d+ "
    r"\S+ -?[\d.]+ -?[\d.]+ -?[\d.]+ (?P<status>\d+|-) (?P<target_status>\d+|-) \d+ \d+ "
    r"\"(?P<request>[^\"]*)\" (?P<rest>.*)"
)
_CREATED: Final = re.compile(r" (\d{4}-\d\d-\d\dT[\d:.]+Z) ")
_CLIENT_CLOSED: Final = 460  # ALB's own: the client closed before the idle timeout


def parse(text: str) -> Line | None:
    """Read a line; None where it isn't one of a load balancer."""
    found = _LINE.fullmatch(text)
    if not found:
        return None
    status, upstream = status_of(found["status"]), status_of(found["target_status"])
    if found["type"] not in ("ws", "wss") and status < 400:
        return NOTHING
    created = _CREATED.search(f" {found['rest']} ")
    asked = to_ms(created[1]) if created else math.nan
    identity, caller = named(found["request"])
    return Line(
        id=identity,
        caller=caller,
        asked_at=asked,
        opened_at=asked if status == 101 else math.nan,
        ended_at=to_ms(found["time"]),
        status=status,
        flags="460" if status == _CLIENT_CLOSED else "",
        ended_by=_ended_by(status, upstream),
    )


def _ended_by(status: int, upstream: int) -> Ender:
    if status == _CLIENT_CLOSED:
        return "client"
    if status < 400:
        return "unknown"
    return "server" if upstream else "proxy"
