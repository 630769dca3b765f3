"""Failing rows that no plugin is known to write: another sampler's, or an opening that failed.

A listener or a script may put its own words in place of a plugin's, and a plugin may be unknown. Which label
opens connections only the whole run shows, so the row is kept until then (`lifecycle.resolve`).
"""

from __future__ import annotations

from typing import Final

from jmxgen.analysis.dialects.event import Classification, Event
from jmxgen.analysis.dialects.socket_errors import kind_of

# What a socket's error means for a handshake; the others have the same name there.
_KINDS: Final = {"lost": "eof", "no answer": "timeout", "": "protocol"}


def failure(code: str, message: str) -> Classification:
    """Return what a failing row means if its label opens connections."""
    if len(code) == 3 and code.isdecimal() and code[0] in "2345" and "Exception" not in message:
        return Classification(Event.FAILED, kind="rejected", status=int(code), reason=message)
    kind = kind_of(message)
    return Classification(Event.FAILED, kind=_KINDS.get(kind, kind), reason=message)
