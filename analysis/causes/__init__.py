"""Why connections end: one module per cause. Adding a cause is adding a module here."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jmxgen.analysis.causes.base import Cause


def _found() -> dict[str, Cause]:
    """Return the modules of this package that are causes, by name."""
    modules = (
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    )
    return {module.NAME: module for module in modules if hasattr(module, "NAME")}


CAUSES: Final[dict[str, Cause]] = _found()
