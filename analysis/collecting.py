"""Python's collector of cycles: what lives as long as the process need not be looked through.

pandas' modules are a hundred thousand objects, all alive until the end. The collector goes through them while
they are imported, whenever an analysis has made some more, and twice when Python ends: 0.07 s of a process'
CPU time, measured.
"""

from __future__ import annotations

import contextlib
import gc
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEW_OBJECTS: Final = 50_000


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Import pandas within: the first time, all that is alive then is left alone from then on."""
    if "pandas" in sys.modules or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


@contextlib.contextmanager
def seldom() -> Iterator[None]:
    """Look for dead objects seldom: a figure is thousands of live ones that refer to each other.

    To look through them, and all that was read, after each few hundred new ones takes a tenth of the time.
    """
    young, *older = gc.get_threshold()
    gc.set_threshold(max(young, _NEW_OBJECTS) if young else 0, *older)
    try:
        yield
    finally:
        gc.set_threshold(young, *older)
