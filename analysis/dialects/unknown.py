"""Failing rows that no plugin is known to write: another sampler's, or an opening that failed.

A listener or a script may put its own words in place of a plugin's, and a plugin may be unknown. Which label
opens connections only the whole run shows, so the row is kept until then (`lifecycle.resolve`).
"""

from __future__ import annotations

import re
from typing import Final

from jmxgen.analysis.dialects.event import Classification, Event
from jmxgen.analysis.dialects.socket_errors import kind_of

# What a socket's error means for a handshake; the others have the same name there.
_KINDS: Final = {"lost": "eof", "no answer": "timeout", "": "protocol"}

# HTTPSamplerBase.java, errorResult: what wrappers of WebSocket clients write as well.
_EXCEPTION: Final = re.compile(r"Non HTTP response code: [\w.$]+(?:Exception|Error)$")
_MESSAGE: Final = "Non HTTP response message: "


def failure(code: str, message: str) -> Classification:
    """Return what a failing row means if its label opens connections, or uses them."""
    if len(code) == 3 and code.isdecimal() and code[0] in "2345" and "Exception" not in message:
        return Classification(Event.FAILED, kind="rejected", status=int(code), reason=message)
    text = message.removeprefix(_MESSAGE)
    kind = kind_of(text)
    if _EXCEPTION.match(code) and kind in ("lost", "reset"):
        return Classification(
            Event.FAILED, kind=_KINDS.get(kind, kind), lost_kind="abnormal", code=1006, reason=text
        )
    return Classification(Event.FAILED, kind=_KINDS.get(kind, kind), reason=message)
