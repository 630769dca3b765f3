"""The answer to a write is read by an optional read, and nothing checks it.

Why: An optional read succeeds with 'No response' when nothing comes: calls that never got their answer
are green, and the run shows no stall and no loss.

Fix: switch optional off, or add a Response Assertion to the read

Source: plugin README: Single Read sampler, optional
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX073", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    for flow in subject.flows:
        samplers = [node for node in flow.visited if elements.is_websocket(node)]
        for before, node in itertools.pairwise(samplers):
            answers = before.kind == elements.WRITE and node.kind == elements.READ and node.flag("optional")
            if answers and before.parent is node.parent and not elements.checked(subject.tree.in_scope(node)):
                yield Hit(
                    node, f"a missing answer to {before.name!r} is a success here", node.prop("optional")
                )
