"""How many callers a plan has at most, read from the plan itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jmxgen.jmx.tree import Node, Tree

# A number, or a property with a default that is one: ${__P(callers,500)}, ${__property(callers,,500)}.
_PROPERTY: Final = re.compile(
    r"\$\{__(?:P|property)\(\s*([^,(){}]+?)\s*(?:,[^,(){}]*)??(?:,\s*([\d.]+)\s*)?\)\}"
)
# A part of the callers, as jmxgen's plans have it for stages: ${__jexl3(20 * ${__P(callers,500)} / 500)}.
_PART: Final = re.compile(r"\$\{__jexl3\(\s*(\d+) \* (\$\{[^{}]+\}) / (\d+)\s*\)\}")


def most_callers(plan: Tree, properties: Mapping[str, str]) -> int | None:
    """Return the sum of the thread groups' threads, None where one can't be known before the run.

    Groups that run before or after the others (set up, tear down) count too: they are few.

    Args:
        plan: the plan.
        properties: what `-J` and property files say.
    """
    counts = [callers_of(node, properties) for node in plan.live() if node.role == "group"]
    known = [count for count in counts if count is not None]
    return sum(known) or None if len(known) == len(counts) else None


def callers_of(group: Node, properties: Mapping[str, str]) -> int | None:
    """Return the threads of one thread group, None where they can't be known before the run."""
    text = group.text("ThreadGroup.num_threads")
    if part := _PART.fullmatch(text):
        whole = number(part[2], properties)
        # JEXL divides whole numbers as Java does
        return None if whole is None else int(part[1]) * int(whole) // max(1, int(part[3]))
    found = number(text, properties)
    return None if found is None else int(found)


def number(text: str, properties: Mapping[str, str]) -> float | None:
    """Return the number that a field holds, itself or by a property; None where it is something else."""
    if found := _PROPERTY.fullmatch(text.strip()):
        text = properties.get(found[1], found[2] or "")
    return float(text) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text.strip()) else None
