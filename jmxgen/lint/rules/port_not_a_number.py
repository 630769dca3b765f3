"""The port is empty, not a number, or not between 1 and 65535.

Why: The sampler fails with 'Port number … is not a number' and connects nowhere; every later sampler of
the call fails with it.

Fix: a number: 443 for wss, 80 for ws; the default of a property has no quotes: ${__P(port,443)}

Source: plugin, validatePortNumber; seen in a real run
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX043", Severity.ERROR)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.running:
        if elements.opens(node) is not True and node.qualified != elements.ZALESKI:
            continue
        written = elements.port(node)
        value = subject.values.text(written)
        if value is None or (not value and node.qualified == elements.ZALESKI):
            continue
        number = subject.values.number(written)
        at = node.prop("port") if node.prop("port") is not None else node.prop("serverPort")
        if number is None:
            yield Hit(node, f"the port is {value!r}: not a number", at)
        elif not 1 <= number <= 65535:
            yield Hit(node, f"the port is {number}: not between 1 and 65535", at)
