"""The formats of logs: one module a format.

A format is a module of this package with a constant `NAME` and a function ``parse(text) -> Line | None``:
None where the line isn't of this format, `NOTHING` where it is, but says nothing of a connection. Nothing
else has to be registered.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from jmxgen.analysis.server_log.line import Line


class Format(Protocol):
    """What a module of this package, or a mapping file, is."""

    NAME: str

    def parse(self, text: str, /) -> Line | None:
        """Read one line without its end."""


@functools.cache
def formats() -> tuple[Format, ...]:
    """Return all formats."""
    modules = (
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    )
    return tuple(cast("Format", module) for module in modules if hasattr(module, "parse"))


def names() -> tuple[str, ...]:
    """Return the names that `--server-log-format` takes."""
    return tuple(known.NAME for known in formats())
