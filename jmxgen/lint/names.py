"""Which variables a plan sets, as far as that can be read from it, and which it uses."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from jmxgen.lint import elements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from jmxgen.jmx.tree import Node, Tree

_SEPARATORS = re.compile(r"[,;\s]+")
_LONGEST_LIST = 4000  # characters
_WORD = re.compile(r"[\w.\-]+")
_QUOTED = re.compile(r"""["']([\w.\-]{1,100})["']""")
_FUNCTION = re.compile(r"\$\{__(\w+)\(([^(){}]*)\)")
_PUT = re.compile(r"""\bvars\s*\.\s*(?:put|putObject)\s*\(\s*(?:(["'])[\w.\-]*\1\s*,)?""")
_PUT_ALL = re.compile(r"\bvars\s*\.\s*(?:putAll|setProperty|\w+\s*=[^=])|\bvars\s*\[")
_REFERENCE = re.compile(r"(?<!\\)\$\{((?!__)[A-Za-z_][\w.\-]{0,100})\}")
# Extractors that take several values number them: id_1, id_1_g2, id_matchNr.
_NUMBERED = re.compile(r"(?:_(?:\d+|g\d*|matchNr|n))+$")
_JMETERS_OWN = re.compile(r"__jm__.*|START\.(?:MS|YMD|HMS)|TESTSTART\.MS|JMeterThread\..*|COOKIE_.*")


@dataclasses.dataclass(frozen=True, slots=True)
class Defined:
    """The variables that something in a plan sets; `complete`: nothing may set others."""

    names: frozenset[str]
    complete: bool

    def __contains__(self, name: str) -> bool:
        return (
            name in self.names
            or _NUMBERED.sub("", name) in self.names
            or _JMETERS_OWN.fullmatch(name) is not None
        )


def defined(tree: Tree) -> Defined:
    """Return the variables that a plan sets.

    A property whose whole text is one name or a list of names is taken to name variables, whatever its
    element is; so are all quoted words of scripts.
    """
    names: set[str] = set()
    complete = True
    for node in tree.walk():
        complete = complete and not _hides_names(node)
        sends = elements.is_websocket(node) or node.kind in elements.HTTP
        for at in node.properties():
            text = at.text or ""
            if not sends and len(text) <= _LONGEST_LIST:
                names.update(_listed(text))
            if "${__" in text:
                names.update(_stored(text))
            if "vars" in text:
                complete = complete and not _computes_names(text)
                names.update(_QUOTED.findall(text))
    return Defined(frozenset(names), complete)


def used(tree: Tree) -> Iterator[tuple[Node, etree._Element, str]]:
    """Yield each use of a variable in an element that is on: the element, its property, the name.

    Scripts are left out: in Groovy ``${name}`` may be a variable of the script.
    """
    for node in tree.live():
        skipped = elements.script_properties(node)
        for at in node.properties():
            if at.text and at.get("name") not in skipped:
                for name in dict.fromkeys(_REFERENCE.findall(at.text)):
                    yield node, at, name


def _listed(text: str) -> list[str]:
    words = _SEPARATORS.split(text.strip(" ,;\t\r\n"))
    return words if all(_WORD.fullmatch(word) for word in words) else []


def _hides_names(node: Node) -> bool:
    """Whether it may set variables whose names stand in another file."""
    if node.kind == "IncludeController" or elements.in_file(node):
        return True
    return "CSVDataSet" in node.kind and not node.text("variableNames")


def _computes_names(script: str) -> bool:
    return any(match[1] is None for match in _PUT.finditer(script)) or bool(_PUT_ALL.search(script))


def _stored(text: str) -> Iterator[str]:
    """Yield the arguments of functions that may name a variable: where the function stores its result."""
    for function, written in _FUNCTION.findall(text):
        arguments = [argument.strip() for argument in written.split(",")]
        if function == "property":
            yield from arguments[1:2]
        elif function != "P":
            yield from (argument for argument in arguments if _WORD.fullmatch(argument))
