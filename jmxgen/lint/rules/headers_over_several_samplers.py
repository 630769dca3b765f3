"""An HTTP Header Manager is in the scope of several WebSocket samplers.

Why: Versions 1.2.10 to 1.3.1 of the plugin merge the manager anew at each sample and keep the result: the
headers grow with each pass, and so do memory and time. Only the opening sampler sends headers.

Fix: put the HTTP Header Manager below the opening sampler

Source: plugin 1.3.1, WebsocketSampler.addTestElement; seen in a real run
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.subject import Subject


@rule("JX041", Severity.WARNING, hardened=True)
def check(subject: Subject) -> Iterator[Hit]:
    covered: dict[Node, list[Node]] = {}
    for node in subject.running:
        if elements.is_websocket(node):
            for element in subject.tree.in_scope(node):
                if element.kind == "HeaderManager":
                    covered.setdefault(element, []).append(node)
    for manager, samplers in covered.items():
        if len(samplers) > 1:
            yield Hit(
                manager, f"in the scope of {len(samplers)} WebSocket samplers, merged again by each sample"
            )
