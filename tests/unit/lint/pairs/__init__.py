"""For each rule, plans that break it and near misses that don't: a family of rules per module.

The first of each is shown on the page of the rules, as the difference between the two.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping

Pairs = Mapping[str, tuple[list[bytes], list[bytes]]]  # rule: (plans that break it, near misses)


def all_pairs() -> dict[str, tuple[list[bytes], list[bytes]]]:
    """Return the pairs of all families, by rule."""
    found: dict[str, tuple[list[bytes], list[bytes]]] = {}
    for module in pkgutil.iter_modules(__path__):
        found.update(importlib.import_module(f"{__name__}.{module.name}").PAIRS)
    return dict(sorted(found.items()))
