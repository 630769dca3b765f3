"""The rows of BlazeMeter's WebSocket samplers (Jetty): the code is always empty, the message says it."""

from __future__ import annotations

from typing import Final

from jmxgen.analysis.dialects.event import Classification, Event, Opens

NAME: Final = "blazemeter"

# A sampler opens its connection when it has none, and its good rows don't show that. A timeout comes after
# that: it has no handshake kind.
_FAILURES: Final = {
    "Connection error": Classification(
        Event.REFUSED, kind="refused", reason="Connection error", dialect=NAME
    ),
    "Connection is closed": Classification(
        Event.LOST, Opens.NO, "eof", "abnormal", code=1006, reason="Connection is closed", dialect=NAME
    ),
    "Response timeout": Classification(Event.TIMEOUT, reason="Response timeout", dialect=NAME),
}


def classify(code: str, message: str, success: bool) -> Classification | None:
    """Classify a row; None where this plugin didn't write it."""
    if code or success:
        return None
    return _FAILURES.get(message.strip())
