"""What each WebSocket plugin writes into its rows, and what that means: one module a plugin.

A dialect is a module of this package with a constant `NAME` and a function
``judge(code, message, success) -> Judgement | None``, which is called once for each distinct triple of a
file. None means "no row of mine". Nothing else has to be registered.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import Protocol, cast

from jmxgen.analysis.dialects.event import IGNORED, Event, Judgement, Opens, among, is_transaction

__all__ = ["Event", "Judgement", "Opens", "among", "is_transaction", "judge", "names"]


class _Dialect(Protocol):
    NAME: str

    def judge(self, code: str, message: str, success: bool, /) -> Judgement | None: ...


@functools.cache
def _dialects() -> tuple[_Dialect, ...]:
    modules = (
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    )
    return tuple(cast("_Dialect", module) for module in modules if hasattr(module, "judge"))


def names() -> tuple[str, ...]:
    """Return the names of the plugins whose rows can be read."""
    return tuple(dialect.NAME for dialect in _dialects())


def judge(code: str, message: str, success: bool) -> Judgement:
    """Tell what happened in a row with these three values.

    The answer is about the row alone: whether a reset met the handshake or an open connection is up to the
    thread's history (`jmxgen.analysis.lifecycle`).
    """
    if is_transaction(message):
        return IGNORED
    for dialect in _dialects():
        found = dialect.judge(code, message, success)
        if found is not None:
            return found
    return IGNORED
