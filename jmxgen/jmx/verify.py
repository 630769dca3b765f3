"""What must hold for a .jmx so that JMeter reads what was meant."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from jmxgen.errors import Fault, PlanError
from jmxgen.plan import model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

_PARSED_AT_LOAD: Final = ("intProp", "longProp", "boolProp")


def verify(root: etree._Element) -> None:
    """Check a generated tree.

    Raises:
        PlanError: with every fault: an element without its hashTree, an unknown class, `${…}` where JMeter
            parses a value when it loads the plan or in a cached script, a missing attribute.
    """
    faults = [Fault(what) for what in _faults(root)]
    if faults:
        raise PlanError.of(faults)


@functools.cache
def known_classes() -> frozenset[str]:
    """Return the test classes that jmxgen generates."""
    return frozenset(_classes(model.Element))


def _classes(parent: type[model.Element]) -> Iterator[str]:
    for child in parent.__subclasses__():
        yield child.testclass
        yield from _classes(child)


def _faults(root: etree._Element) -> Iterator[str]:
    if root.tag != "jmeterTestPlan" or [child.tag for child in root] != ["hashTree"]:
        yield "the root is not a jmeterTestPlan with one hashTree"
        return
    yield from _pair_faults(root[0])
    for kind in _PARSED_AT_LOAD:
        for prop in root.iter(kind):
            if "${" in (prop.text or ""):
                yield f"{kind} {prop.get('name')!r} holds {prop.text!r}, but is parsed when a plan loads"
    for script in root.iter("JSR223Sampler", "JSR223Timer", "JSR223Listener"):
        for prop in script.findall("stringProp"):
            if prop.get("name") == "script" and "${" in (prop.text or ""):
                yield f"the cached script {script.get('testname')!r} holds ${{…}}: it would be frozen"


def _pair_faults(tree: etree._Element) -> Iterator[str]:
    children = list(tree)
    for element, under in zip(children[::2], children[1::2], strict=False):
        name = f"{element.tag!s} {element.get('testname')!r}"
        if element.tag == "hashTree" or under.tag != "hashTree":
            yield f"{name} is not followed by its hashTree"
            return
        if element.get("testclass") not in known_classes() or element.get("testclass") != element.tag:
            yield f"{name} is of an unknown class {element.get('testclass')!r}"
        if not element.get("guiclass"):
            yield f"{name} has no guiclass"
        yield from _pair_faults(under)
    if len(children) % 2:
        yield f"the last element, {children[-1].tag!s}, has no hashTree"
