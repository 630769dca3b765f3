"""An HTTP request downloads embedded resources in parallel.

Why: Each caller then opens several HTTP connections of its own beside its WebSocket: the server's
connections and the machine's ports run out sooner than the number of callers suggests.

Fix: switch the retrieval of embedded resources, or its parallel downloads, off

Source: JMeter's HTTP Request: HTTPSampler.image_parser, concurrentDwn and concurrentPool
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX022", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.tree.live():
        if node.flag("HTTPSampler.image_parser") and node.flag("HTTPSampler.concurrentDwn"):
            pool = node.text("HTTPSampler.concurrentPool", "6")
            what = f"downloads embedded resources over up to {pool} connections per caller"
            yield Hit(node, what, node.prop("HTTPSampler.concurrentDwn"))
