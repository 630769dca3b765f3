"""A Close follows a write with no read in between.

Why: The Close sampler takes the next frame for the answer to its close frame: when that is the answer to
the write before, the Close fails with 'received not a close frame'.

Fix: read the answer before the Close, or put Text and Binary Frame Filters below the Close

Source: plugin: CloseWebSocketSampler, and its sample 'smart close with filter'
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX072", Severity.INFO)
def check(subject: Subject) -> Iterator[Hit]:
    for flow in subject.flows:
        samplers = [node for node in flow.visited if elements.is_websocket(node)]
        for before, node in itertools.pairwise(samplers):
            if node.kind != elements.CLOSE or before.kind != elements.WRITE:
                continue
            if not any(element.kind in elements.DATA_FILTERS for element in subject.tree.in_scope(node)):
                yield Hit(node, f"an answer to {before.name!r} would fail this Close")
