"""A connect or read timeout is not a number that the sampler takes.

Why: The sampler fails with 'Sampler error: Connection timeout … is not valid' and connects nowhere.

Fix: 1 to 999999 ms to connect, 0 to 9999999 ms to read; the default of a property has no quotes

Source: plugin, validateConnectionTimeout and validateReadTimeout; seen in a real run
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX046", Severity.ERROR)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.running:
        if not elements.is_websocket(node):
            continue
        limits = {"connectTimeout": (1, 999_999)} if elements.opens(node) else {}
        limits |= {} if node.kind == elements.WRITE else {"readTimeout": (0, 9_999_999)}
        for name, (least, most) in limits.items():
            value = subject.values.text(node.text(name, "5000"))
            number = subject.values.number(node.text(name, "5000"))
            if value is not None and (number is None or not least <= number <= most):
                yield Hit(node, f"{name} is {value!r}: not a number from {least} to {most}", node.prop(name))
