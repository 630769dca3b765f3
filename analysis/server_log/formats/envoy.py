"""Envoy's access log: the default text format, and JSON with the names of Envoy's own example.

Response flags: Envoy's documentation, "Access logging", %RESPONSE_FLAGS%.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from jmxgen.analysis.metrics.times import to_ms
from jmxgen.analysis.server_log.line import REFUSED, Line, as_object, given, named, number, status_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jmxgen.analysis.server_log.line import Ender

NAME: Final = "envoy"

_TEXT: Final = re.compile(
    r"\[(?P<start_time>\d{4}-\d\d-\d\dT[^\]]{9,18})\] \"(?P<request>[^\"]*)\" (?P<response_code>\d+) "
    r"(?P<response_flags>\S+) (?:\S+ )*?(?P<bytes_received>\d+) (?P<bytes_sent>\d+) (?P<duration>\d+|-) "
    r"(?:\S+ (?:\"[^\"]*\" ){4}\"(?P<upstream_host>[^\"]*)\")?.*"
)
_FLAGS: Final[dict[str, tuple[Ender, str]]] = {
    "UF": ("server", "outage"),  # connecting to the upstream failed
    "UH": ("server", "outage"),  # no healthy upstream
    "URX": ("server", "outage"),
    "LH": ("server", "outage"),
    "UO": ("proxy", "concurrency-cap"),  # circuit breaker
    "OM": ("proxy", "concurrency-cap"),  # overload manager
    "RL": ("proxy", "handshake-rate-limit"),
    "RLSE": ("proxy", "handshake-rate-limit"),
    "UAEX": ("proxy", "denied"),
    "NR": ("proxy", "wrong-endpoint"),
    "UT": ("proxy", "stall"),
    "SI": ("proxy", "idle-timeout"),
    "DT": ("proxy", "max-session-age"),
    "UMSDR": ("proxy", "max-session-age"),
    "UC": ("server", ""),
    "UR": ("server", ""),
    "UPE": ("server", ""),
    "LR": ("proxy", ""),
    "DPE": ("client", ""),
    "DC": ("client", ""),
    "DR": ("client", ""),
}
_IDS: Final = ("x_connection_id", "connection_id", "id")


def parse(text: str) -> Line | None:
    """Read a line; None where it isn't one of Envoy's."""
    found = as_object(text)
    if found is not None:
        return _from_fields(found) if {"start_time", "response_flags"} <= found.keys() else None
    default = _TEXT.fullmatch(text)
    return _from_fields(default.groupdict()) if default else None


def _from_fields(fields: Mapping[str, Any]) -> Line | None:
    asked = to_ms(str(fields["start_time"]))
    if math.isnan(asked):
        return None
    status = status_of(fields.get("response_code"))
    flags = given(str(fields.get("response_flags") or ""))
    ended_by, cause = next((_FLAGS[flag] for flag in flags.split(",") if flag in _FLAGS), ("unknown", ""))
    # A refusal without a flag is the upstream's, where there was one: Envoy's own have flags.
    if not flags and status >= REFUSED and given(fields.get("upstream_host")):
        ended_by = "server"
    header = next((given(str(fields[key])) for key in _IDS if given(str(fields.get(key) or ""))), "")
    identity, caller = named(str(fields.get("request") or fields.get("path") or ""), header)
    return Line(
        id=identity,
        caller=caller,
        asked_at=asked,
        opened_at=asked if status == 101 else math.nan,
        ended_at=asked + number(str(fields.get("duration", ""))),
        status=status,
        flags=flags,
        ended_by=ended_by,
        named_cause=cause,
    )
