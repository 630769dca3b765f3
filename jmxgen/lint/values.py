"""Values in a plan that are known before it runs: literals, properties' defaults, user-defined variables."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from jmxgen.lint import elements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.model import Subject

_PROPERTY = re.compile(r"\$\{__(?:P|property)\(([^,()]*)(?:,([^,()]*))?(?:,([^,()]*))?\)\}")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_RANDOM = re.compile(
    r"\$\{__(?:Random|time|threadNum|UUID|RandomDate|RandomString|groovy|jexl|BeanShell|javaScript)"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Definition:
    """A user-defined variable: its value as written, and its place."""

    name: str
    value: str
    node: Node
    at: etree._Element


def number(subject: Subject, text: str) -> int | None:
    """Return a number that the plan gives: a literal, or a property with its value or default. Else None."""
    match = _PROPERTY.fullmatch(text)
    if match is None:
        return elements.integer(text)
    default = match[3] if match[3] is not None else match[2]
    return elements.integer(subject.properties.get(match[1].strip(), default or "").strip())


def definitions(subject: Subject) -> Iterator[Definition]:
    """Yield the user-defined variables of the test plan and of the Arguments elements that are on."""
    for node in subject.tree.live():
        if node.kind in {"TestPlan", "Arguments"}:
            for argument in node.element.iterfind(".//elementProp[@elementType='Argument']"):
                found = {child.get("name"): child for child in argument}
                name, value = found.get("Argument.name"), found.get("Argument.value")
                if name is not None and value is not None:
                    yield Definition(name.text or "", value.text or "", node, value)


def once_for_all(subject: Subject, text: str) -> str | None:
    """Return what `text` is for every caller alike: itself, or a user-defined variable's value. Else None.

    JMeter evaluates user-defined variables once, before the callers start: a random one is the same for all.
    """
    match = _VARIABLE.fullmatch(text)
    if match is None:
        return None if elements.varies(text) else text
    return subject.variables.get(match[1])


def is_random(text: str) -> bool:
    """Whether a function of JMeter's in the text gives each evaluation its own value."""
    return _RANDOM.search(text) is not None
