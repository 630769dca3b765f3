"""The rows of the Luminis (Peter Doornbosch) samplers, 1.2 to 1.3.1, and of jmeter-java-dsl, a wrapper.

The texts after "WebSocket I/O error: " are those of the Java runtime and the operating system: Java up to 12
appends " (Read failed)" and its like, Windows translates some. So the code is matched first, and an unknown
text is an I/O error whose phase follows from the thread's history.
"""

from __future__ import annotations

import re
from typing import Final

from jmxgen.analysis.dialects.event import Classification, Event, Opens
from jmxgen.analysis.dialects.socket_errors import kind_of
from jmxgen.analysis.model import NO_CODE

NAME: Final = "luminis"

_IO_ERROR: Final = "websocket i/o error"
_OLDER: Final = "WebSocket error: "  # what older versions call an I/O error
_STATUS: Final = re.compile(
    r"(?:Got unexpected status|(?:Http Upgrade|Connecting proxy) failed with status code) (\d{3})"
)
_CLOSE_FRAME: Final = re.compile(
    r"Close frame with status code (\d+|null) and close reason ['\"](.*)['\"]", re.DOTALL
)
_CLOSED: Final = re.compile(r"Connection closed(?:; close reason: '(.*)')?\.?$", re.DOTALL)
_OWN_REASON: Final = "sampler requested close"  # what the plugin's close sampler sends, and a server echoes
_STREAM: Final = re.compile(r"OK: \d+ chunks, ")  # what a stream of a plan of jmxgen leaves
_FRAGMENT: Final = re.compile(r"frame type \((?:non-final|(?:final )?continuation)")
# A filter leaves sub-results with the texts it discards. One that begins as JSON and doesn't end so was cut.
_CUT: Final = re.compile(r"Received Text frame with text '\s*[\[{]\s*[\[{\"].*[^\]}\s\x00\x1e]'$", re.DOTALL)
_REFUSED_SETTINGS: Final = ("is not valid", "is not a number", "cannot be loaded", "is not binary")


def classify(code: str, message: str, success: bool) -> Classification | None:
    """Classify a row; None where no sampler of this plugin wrote it."""
    # A damaged text beside the status of an upgrade is an upgrade all the same.
    if (code == "101" and success) or (code in ("101", "") and message.startswith("Switching Protocols")):
        return Classification(Event.USED, Opens.YES, dialect=NAME)
    if code in ("200", "") and (message == "OK" or _STREAM.match(message)):
        # "OK" is any sampler's: the row's other columns decide.
        return Classification(Event.USED, dialect="" if message == "OK" else NAME)
    if code == "No response":
        return Classification(Event.IDLE, dialect=NAME)
    if _is_io_error(code, message):
        return _io_error(message)
    if code.lower().startswith(("sampler error", "websocket error")):
        return _sampler_error(code, message)
    return _by_message(code, message)


def _is_io_error(code: str, message: str) -> bool:
    if code == "Sampler error" and message.startswith(_OLDER):
        return bool(kind_of(message[len(_OLDER) :]))
    return _IO_ERROR in (code.lower(), "" if code else message[: len(_IO_ERROR)].lower())


def _io_error(message: str) -> Classification:
    text = message.split(": ", 1)[1] if ": " in message else message
    kind = kind_of(text)
    if kind == "lost":
        return Classification(
            Event.LOST, Opens.BY_SIZE, "eof", "abnormal", code=1006, reason=text, dialect=NAME
        )
    if kind == "no answer":
        return Classification(Event.TIMEOUT, Opens.BY_SIZE, "timeout", reason=text, dialect=NAME)
    if kind in ("", "reset"):
        return Classification(
            Event.RESET,
            Opens.BY_SIZE,
            "reset",
            "abnormal",
            code=1006,
            reason=text,
            dialect=NAME,
            vague=not kind,
        )
    return Classification(Event.REFUSED, kind=kind, reason=text, dialect=NAME)


def _sampler_error(code: str, message: str) -> Classification:
    if "unsuccesful close" in code:
        return Classification(Event.CLOSE_UNANSWERED, reason=message, dialect=NAME, closer=True)
    if "frame type (close" in (code + message).lower():
        found = _CLOSE_FRAME.search(message)
        number = int(found[1]) if found and found[1] != "null" and len(found[1]) < 5 else NO_CODE
        reason = found[2] if found and found[2] != "null" else ""
        return Classification(
            Event.SERVER_CLOSE, Opens.BY_SIZE, "eof", "server_close", code=number, reason=reason, dialect=NAME
        )
    if "unexpected frame type" in code:
        pinged = "(ping)" in code  # a PingFrameFilter would have taken it, and sent the pong
        return Classification(
            Event.PINGED if pinged else Event.USED,
            Opens.BY_SIZE,
            dialect=NAME,
            fragment=bool(_FRAGMENT.search(code)),
        )
    if "there is no connection" in message or "Cannot connect when state is" in message:
        return Classification(Event.NO_CONNECTION, dialect=NAME)
    if any(text in message for text in _REFUSED_SETTINGS):
        return Classification(Event.MISCONFIGURED, kind="client", reason=message, dialect=NAME)
    return Classification(Event.UNKNOWN, reason=message, dialect=NAME)


def _by_message(code: str, message: str) -> Classification | None:
    found = _STATUS.match(message)
    if found:
        return Classification(
            Event.REFUSED, kind="rejected", status=int(found[1]), reason=message, dialect=NAME
        )
    if not code and message.startswith(("Server response should contain", "Server response header")):
        return Classification(Event.REFUSED, kind="protocol", reason=message, dialect=NAME)
    if not code and message.startswith("No connection; nothing to close"):
        return Classification(Event.NO_CONNECTION, dialect=NAME, closer=True)
    closed = _CLOSED.match(message)
    if closed and not code:  # a file without responseCode
        return _closed(1000, closed[1] or "")
    if closed and code.isascii() and code.isdigit() and len(code) == 4:
        return _closed(int(code), closed[1] or "")
    return Classification(Event.IGNORED, fragment=True) if _CUT.match(message) else None


def _closed(code: int, reason: str) -> Classification:
    if code != 1000 and reason not in ("", "null", _OWN_REASON):
        # The frame that came was not an echo of ours: the server had closed before we asked.
        return Classification(
            Event.SERVER_CLOSE, lost_kind="server_close", code=code, reason=reason, dialect=NAME, closer=True
        )
    # The sampler's reason is fixed, and its code is 1000 unless set.
    echo = reason == _OWN_REASON or (code == 1000 and reason in ("", "null"))
    return Classification(Event.CLOSED, code=code, reason=reason, dialect=NAME, closer=True, echo=echo)
