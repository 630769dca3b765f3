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
_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
# A part of the callers, as jmxgen's plans have it for stages: ${__jexl3(20 * ${callers} / 500)}.
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
    text, variables = group.text("ThreadGroup.num_threads"), settings(group.tree)
    if part := _PART.fullmatch(text):
        whole = number(part[2], properties, variables)
        # JEXL divides whole numbers as Java does
        return None if whole is None else int(part[1]) * int(whole) // max(1, int(part[3]))
    found = number(text, properties, variables)
    return None if found is None else int(found)


def settings(plan: Tree) -> dict[str, str]:
    """Return the user-defined variables of a plan, each with its value as it is written."""
    found = {}
    for node in plan.live():
        if node.kind in {"TestPlan", "Arguments"}:
            for argument in node.element.iterfind(".//elementProp[@elementType='Argument']"):
                texts = {prop.get("name"): prop.text or "" for prop in argument}
                found[texts.get("Argument.name", "")] = texts.get("Argument.value", "")
    return found


def number(
    text: str, properties: Mapping[str, str], variables: Mapping[str, str] | None = None
) -> float | None:
    """Return the number that a field holds, itself, by a variable or by a property; else None."""
    if variable := _VARIABLE.fullmatch(text.strip()):
        text = (variables or {}).get(variable[1], text)
    if found := _PROPERTY.fullmatch(text.strip()):
        text = properties.get(found[1], found[2] or "")
    return float(text) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text.strip()) else None
