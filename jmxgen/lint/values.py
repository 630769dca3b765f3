"""Values in a plan that are known before it runs: literals, properties' defaults, user-defined variables."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from jmxgen.lint import elements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lxml import etree

    from jmxgen.jmx.tree import Node, Tree

_PROPERTY = re.compile(r"\$\{__(?:P\(([^,()]*)|property\(([^,()]*)(?:,[^,()]*)?)(?:,([^()]*))?\)\}")
_VARIABLE = re.compile(r"\$\{([^\s${}(),]+)\}")
_RANDOM = re.compile(
    r"\$\{__(?:Random|time|threadNum|UUID|RandomDate|RandomString|groovy|jexl|BeanShell|javaScript)"
)
_ROUNDS = 5  # a variable names a variable that names a property: more is not seen
_LONGEST = 10_000  # characters: each round may multiply the text


@dataclasses.dataclass(frozen=True, slots=True)
class Definition:
    """A user-defined variable: its value as written, and its place."""

    name: str
    value: str
    node: Node
    at: etree._Element


def definitions(tree: Tree) -> Iterator[Definition]:
    """Yield the user-defined variables of the test plan and of the Arguments elements that are on."""
    for node in tree.live():
        if node.kind in {"TestPlan", "Arguments"}:
            for argument in node.element.iterfind(".//elementProp[@elementType='Argument']"):
                found = {child.get("name"): child for child in argument}
                name, value = found.get("Argument.name"), found.get("Argument.value")
                if name is not None and value is not None:
                    yield Definition((name.text or "").strip(), value.text or "", node, value)


@dataclasses.dataclass(frozen=True, slots=True)
class Values:
    """The properties that go with a plan, and its user-defined variables as written."""

    properties: Mapping[str, str]
    variables: Mapping[str, str]

    def text(self, written: str) -> str | None:
        """Return `written` with properties and user-defined variables filled in; None if the run decides.

        A property has the value that goes with the plan, or else its default.
        """
        for _ in range(_ROUNDS):
            if not elements.varies(written):
                return written
            written = _VARIABLE.sub(self._variable, _PROPERTY.sub(self._property, written[:_LONGEST]))
        return None if elements.varies(written) or len(written) >= _LONGEST else written

    def number(self, written: str) -> int | None:
        """Return the integer that `written` stands for; None if it is not one or the run decides."""
        value = self.text(written)
        return None if value is None else elements.integer(value.strip())

    def once_for_all(self, written: str) -> str | None:
        """Return what `written` is for every caller alike: itself, or a user-defined variable's value.

        JMeter evaluates user-defined variables once, before the callers start: a random one is the same for
        all. None if callers may differ.
        """
        match = _VARIABLE.fullmatch(written)
        if match is None:
            return self.text(written)
        return self.variables.get(match[1])

    def _property(self, match: re.Match[str]) -> str:
        name = (match[1] if match[1] is not None else match[2]).strip()
        stated = self.properties.get(name)
        default = match[3] if stated is None else stated
        return match[0] if default is None else default.strip()

    def _variable(self, match: re.Match[str]) -> str:
        return self.variables.get(match[1], match[0])


def of(tree: Tree, properties: Mapping[str, str]) -> Values:
    """Return the values of a plan that runs with `properties`; of two definitions the first counts."""
    found = list(definitions(tree))
    return Values(properties, {variable.name: variable.value for variable in reversed(found)})


def is_random(text: str) -> bool:
    """Whether a function of JMeter's in the text gives each evaluation its own value."""
    return _RANDOM.search(text) is not None
