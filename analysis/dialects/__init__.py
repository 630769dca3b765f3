"""What each WebSocket plugin writes into its rows, and what that means: one module per plugin.

A dialect is a module of this package with a constant `NAME` and a function
``classify(code, message, success) -> Classification | None``, which is called once for each distinct triple
of a file. None means "not a row of mine". Nothing else has to be registered.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import Final, Protocol, cast

from jmxgen.analysis.dialects import unknown
from jmxgen.analysis.dialects.event import IGNORED, Classification, Event, Opens, is_any

__all__ = ["IGNORED", "Classification", "Event", "Opens", "classify", "implied_message", "is_any", "names"]


class _Dialect(Protocol):
    NAME: str

    def classify(self, code: str, message: str, success: bool, /) -> Classification | None: ...


@functools.cache
def _dialects() -> tuple[_Dialect, ...]:
    modules = (
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    )
    return tuple(cast("_Dialect", module) for module in modules if hasattr(module, "classify"))


def names() -> tuple[str, ...]:
    """Return the names of the plugins whose rows can be read."""
    return tuple(dialect.NAME for dialect in _dialects())


# Of the Luminis samplers: what must have been the message where a file has none.
_IMPLIED: Final = {
    "101": "Switching Protocols",
    "200": "OK",
    "1000": "Connection closed",
    "Sampler error": "there is no connection",
}


def implied_message(code: str, success: bool) -> str:
    """Return the message that a row with this code must have had, "" where that can't be known.

    For a file without messages. Where only a row has none, a failing status may be another sampler's (HTTP/2
    has no reason phrases): `classify` leaves that open.
    """
    if not success and len(code) == 3 and code.isdecimal() and code != "101":
        return f"Got unexpected status {code}"
    return _IMPLIED.get(code, "")


def classify(code: str, message: str, success: bool) -> Classification:
    """Return what happened in a row with these three values.

    The answer is about the row alone: whether a reset met the handshake or an open connection is up to the
    thread's history (`jmxgen.analysis.lifecycle`).
    """
    message = message or _IMPLIED.get(code, "")
    for dialect in _dialects():
        found = dialect.classify(code, message, success)
        if found is not None:
            return found
    return IGNORED if success else unknown.failure(code, message)
