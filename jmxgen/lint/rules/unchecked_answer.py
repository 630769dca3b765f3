"""No assertion or filter looks at what a sampler reads.

Why: Any frame counts as the answer: an error message from the server ('limit reached', 'session closed')
is a success in the results, and the drop that follows comes as a surprise.

Fix: add a Response Assertion, or a Text Frame Filter that discards all but the answer

Source: plugin: a sampler succeeds with the first data frame
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.subject import Subject


@rule("JX070", Severity.INFO)
def check(subject: Subject) -> Iterator[Hit]:
    for flow in subject.flows:
        bare = [
            node
            for node in flow.visited
            if _awaits(node) and not elements.checked(subject.tree.in_scope(node))
        ]
        if bare:
            more = f" (and by {elements.more(len(bare) - 1)} of the group)" if len(bare) > 1 else ""
            yield Hit(bare[0], f"nothing checks the answer that is read here{more}")


def _awaits(node: Node) -> bool:
    return elements.reads_frames(node) and not node.flag("optional")
