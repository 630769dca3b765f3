"""The rows of Maciej Zaleski's sampler (Jetty): one row may open, talk and close, and logs it line by line.

A handshake that failed may come as code 200 and success: only the message knows. Why it failed is lost: the
sampler waits for its connection timeout and drops the HTTP status.
"""

from __future__ import annotations

import re
from typing import Final

from jmxgen.analysis.dialects.event import Classification, Event, Opens
from jmxgen.analysis.model import NO_CODE

NAME: Final = "zaleski"

_UNEXPECTED: Final = re.compile(r"closed unexpectedly by the server: \[(\d{3,5})\] ?(.*)")
_ALONE: Final = "WebSocket conection closed unexpectedly"  # the plugin's spelling, without a log around it
_INVALID_CODE: Final = re.compile(r"Invalid close code: (\d{4})")
_MESSAGES: Final = re.compile(r"Message count: (\d+)")


def classify(_code: str, message: str, success: bool) -> Classification | None:
    """Classify a row; None where this plugin didn't write it."""
    if "[Execution Flow]" not in message and not message.startswith(_ALONE):
        return None
    if "Cannot connect to the remote server" in message:
        reason = "no connection within the sampler's connection timeout"
        return Classification(Event.REFUSED, kind="timeout", reason=reason, dialect=NAME)
    opens = Opens.YES if "has been opened" in message else Opens.NO
    return _end(opens, message) or _use(opens, message, success)


def _end(opens: Opens, message: str) -> Classification | None:
    unexpected, asked = _UNEXPECTED.search(message), message.find("session closed by the client")
    if unexpected and not -1 < asked < unexpected.start():  # what came after our own close, that caused
        return _unexpected_end(opens, int(unexpected[1]), unexpected[2].strip())
    if "RemoteEndpoint unavailable" in message:
        return Classification(
            Event.LOST, opens, lost_kind="abnormal", code=1006, reason="Read EOF", dialect=NAME
        )
    if "closed by the client" in message:
        return Classification(Event.CLOSED, opens, code=1000, dialect=NAME, echo=True)
    if "successfully closed by the server" in message:
        return _server_close(opens, 1000, "")
    return None


def _use(opens: Opens, message: str, success: bool) -> Classification:
    heard = "Received message" in message or "Received frame" in message
    # A sampler that throws when it has heard, or opened, has its connection: the failure is its own.
    threw = not success and "Unexpected error: null" in message
    if "this.session" in message or (threw and not heard and opens is Opens.NO):
        return Classification(Event.NO_CONNECTION, dialect=NAME)
    if threw and (heard or opens is Opens.YES):
        return Classification(Event.USED if heard else Event.IDLE, opens, dialect=NAME)
    if not success and opens is Opens.NO:
        return Classification(Event.UNKNOWN, reason="", dialect=NAME)
    count = _MESSAGES.search(message)
    return Classification(Event.USED if count and count[1] != "0" else Event.IDLE, opens, dialect=NAME)


def _unexpected_end(opens: Opens, code: int, reason: str) -> Classification:
    if reason == "Idle Timeout":  # Jetty's client gave up by itself
        return Classification(Event.CLOSED, opens, code=code, reason=reason, dialect=NAME, echo=True)
    if code == 1006:
        return Classification(Event.LOST, opens, lost_kind="abnormal", code=code, reason=reason, dialect=NAME)
    invalid = _INVALID_CODE.search(
        reason
    )  # Jetty 9.1 knows no code above 1011: the frame's own is in the text
    if invalid:
        code = int(invalid[1])
    elif reason == "WebSocketException":
        code = NO_CODE
    reason = "" if reason == "null" else reason
    return _server_close(opens, code, reason)


def _server_close(opens: Opens, code: int, reason: str) -> Classification:
    return Classification(
        Event.SERVER_CLOSE,
        opens,
        lost_kind="server_close",
        code=code,
        reason=reason,
        dialect=NAME,
        lingers=True,
    )
