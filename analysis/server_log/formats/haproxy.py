"""HAProxy's HTTP log (`option httplog`), with or without captured headers, behind any syslog prefix.

Fields and termination flags: HAProxy's configuration manual, sections 8.2.3 and 8.5. A WebSocket is one
request: its line is written at the end, and the total time is the connection's life.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from jmxgen.analysis.server_log.line import PLAN_ID, REFUSED, Line, given, named, number, stamp, status_of

if TYPE_CHECKING:
    from jmxgen.analysis.server_log.line import Ender

NAME: Final = "haproxy"

_LINE: Final = re.compile(
    r"(?<!\S)(?P<ip>\S{1,100}):(?P<port>\d+) "
    r"\[(?P<at>[^\]]{20,30})\] (?P<front>\S+) (?P<back>\S+)/(?P<server>\S+) "
    r"(?P<request_ms>-?\d+)/(?P<queue_ms>-?\d+)/(?P<connect_ms>-?\d+)/(?P<answer_ms>-?\d+)/"
    r"(?P<early>\+?)(?P<total_ms>-?\d+) "
    r"(?P<status>-?\d+) \+?\d+ \S+ \S+ (?P<flags>[A-Za-z-][A-Za-z-]..) "
    r"\d+/\d+/\d+/\d+/\+?\d+ \d+/\d+ (?:\{(?P<captured>[^}]*)\} )?(?:\{[^}]*\} )?\"(?P<request>[^\"]*)\"?"
)
_TCP: Final = re.compile(
    r"(?<!\S)\S{1,100}:\d+ "
    r"\[[^\]]{20,30}\] \S+ \S+/\S+ -?\d+/-?\d+/\+?-?\d+ \+?\d+ [A-Za-z-]{2} \d+/\d+/\d+/\d+/\+?\d+ "
)
# The first letter: what ended the session. Timeouts (c, s) are HAProxy's own doing.
_ENDED_BY: Final[dict[str, Ender]] = {
    "C": "client",
    "S": "server",
    "P": "proxy",
    "L": "proxy",
    "R": "proxy",
    "I": "proxy",
    "D": "proxy",
    "K": "proxy",
    "U": "proxy",
    "c": "proxy",
    "s": "proxy",
}
_CAUSES: Final = {
    "sQ": "concurrency-cap",  # waited for a slot in vain (maxconn, timeout queue)
    "cQ": "concurrency-cap",
    "CQ": "concurrency-cap",
    "PC": "concurrency-cap",  # the proxy's own limit of sockets
    # Memory, sockets or source ports ran out, at any point of the way.
    **dict.fromkeys(("RR", "RQ", "RC", "RH", "RD"), "concurrency-cap"),
    "SC": "outage",  # the server refused the connection
    "sC": "outage",  # or didn't answer it
    "SH": "outage",  # or hung up before its headers
    "sH": "stall",
    "DC": "outage",
    "DH": "outage",
    "DD": "outage",  # the server was marked down
    "KD": "mass-disconnect",  # killed by an admin
    "UD": "mass-disconnect",  # a backup server's, killed when an active server came back
    "sD": "idle-timeout",  # timeout server or tunnel
    "cD": "idle-timeout",  # timeout client or tunnel
}


_DENIED: Final = {401: "denied", 403: "denied", 407: "denied", 429: "handshake-rate-limit"}


def parse(text: str) -> Line | None:
    """Read a line; None where it isn't one of HAProxy's HTTP log."""
    found = _LINE.search(text)
    if not found:
        return None
    at = stamp(found["at"])
    if math.isnan(at):
        return None
    status = status_of(found["status"])
    waits = sum(number(found[f"{part}_ms"]) for part in ("request", "queue", "connect", "answer"))
    flags, early = found["flags"], bool(found["early"])  # `option logasap`: the end was yet to come
    identity, caller = named(found["request"], _captured(found["captured"] or ""))
    return Line(
        id=identity,
        caller=caller,
        asked_at=at,
        opened_at=at + waits if status == 101 else math.nan,
        ended_at=math.nan if early else at + number(found["total_ms"]),
        status=status,
        flags="" if flags.startswith("--") else flags[:2],
        end_unknown=early,
        ended_by=_ended_by(flags[0], found["server"], number(found["answer_ms"]), status),
        # PR and PT: a rule of the proxy's configuration blocked the request; its status says as what.
        named_cause=_DENIED.get(status, "") if flags[:2] in ("PR", "PT") else _CAUSES.get(flags[:2], ""),
    )


def _ended_by(flag: str, server: str, answer_ms: float, status: int) -> Ender:
    """Say who ended it; without a flag a refusal is of the server that answered, if there was one."""
    answered = status >= REFUSED and server != "<NOSRV>" and not math.isnan(answer_ms)
    return _ENDED_BY.get(flag, "server" if answered else "unknown")


def hint(text: str) -> str:
    """Return what to change where a line is of HAProxy's TCP log, empty where it isn't."""
    return (
        "HAProxy's TCP log names no request: `mode http` and `option httplog` do" if _TCP.search(text) else ""
    )


def _captured(headers: str) -> str:
    """Return the id among captured headers: the one that looks like a plan's, or the only one."""
    pieces = [given(piece) for piece in headers.split("|")]
    alike = (piece for piece in pieces if PLAN_ID.fullmatch(piece))
    return next(alike, pieces[0] if len(pieces) == 1 else "")
