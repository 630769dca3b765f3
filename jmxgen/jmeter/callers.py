"""How many callers a plan has at most, read from the plan itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jmxgen.jmx.tree import Tree

# A number, or a property with a default that is one: ${__P(callers,500)}, ${__property(callers,,500)}.
_PROPERTY: Final = re.compile(r"\$\{__(?:P|property)\(\s*([^,()]+?)\s*(?:,[^,()]*)??(?:,\s*(\d+)\s*)?\)\}")


def most_callers(tree: Tree, properties: Mapping[str, str]) -> int | None:
    """Return the sum of the thread groups' threads, None where one can't be known before the run.

    Args:
        tree: the plan.
        properties: what `-J` and property files say.
    """
    total = 0
    for node in tree.live():
        if node.role != "group":
            continue
        count = _number(node.text("ThreadGroup.num_threads"), properties)
        if count is None:
            return None
        total += count
    return total or None


def _number(text: str, properties: Mapping[str, str]) -> int | None:
    if found := _PROPERTY.fullmatch(text):
        text = properties.get(found[1], found[2] or "")
    return int(text) if re.fullmatch(r"\d{1,7}", text.strip()) else None
