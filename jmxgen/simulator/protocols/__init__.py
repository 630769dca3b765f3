"""What the simulator says, one protocol per module, chosen by the path's first part or for all paths."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING

from jmxgen.simulator.protocols.base import Dialogue

if TYPE_CHECKING:
    from jmxgen.simulator.connection import Connection

DEFAULT = "ivr"


@functools.cache
def registry() -> dict[str, type[Dialogue]]:
    """Return the protocols by their names; what has none is a base of them."""
    found: dict[str, type[Dialogue]] = {}
    for module in pkgutil.iter_modules(__path__):
        content = vars(importlib.import_module(f"{__name__}.{module.name}"))
        for thing in content.values():
            if isinstance(thing, type) and issubclass(thing, Dialogue) and hasattr(thing, "name"):
                found[thing.name] = thing
    return found


def choose(connection: Connection, name: str | None) -> Dialogue:
    """Return the dialogue of the protocol `name`, else of the path's first part, else the IVR's."""
    known = registry()
    first = (connection.path or "").partition("?")[0].strip("/").partition("/")[0]
    return known[name or (first if first in known else DEFAULT)](connection)
