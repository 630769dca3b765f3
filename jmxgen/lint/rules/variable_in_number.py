"""A number or truth value that JMeter reads at load has a variable in it.

Why: intProp, longProp and their like are read when the plan is loaded, before variables exist: the plan
does not load. A boolProp that is not 'true' is false, whatever the variable says.

Fix: write the property as stringProp

Source: org.apache.jmeter.save.converters: IntegerPropertyConverter, BooleanPropertyConverter
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject

_NUMBERS = frozenset({"intProp", "longProp", "floatProp", "doubleProp"})


@rule("JX053", Severity.ERROR)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.tree.live():
        for found in node.properties():
            if (found.tag in _NUMBERS or found.tag == "boolProp") and elements.varies(found.text or ""):
                effect = "is always false" if found.tag == "boolProp" else "keeps the plan from loading"
                name = found.get("name") or found.tag
                yield Hit(node, f"a variable in the {found.tag} {name} {effect}", found)
