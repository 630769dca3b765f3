"""A read waits far longer than any answer takes.

Why: Samplers can't be interrupted: a caller whose answer is lost stands still for that long and holds its
slot on the server, and the drop is noticed so late that its cause is blurred.

Fix: wait for seconds, not minutes; for quiet connections repeat an optional read

Source: plugin README; WebsocketSampler.java is not Interruptible
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule
from jmxgen.units import exact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX033", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    limit = subject.facts.max_read_timeout * 1000
    for node in subject.tree.live():
        timeout = elements.read_timeout(node)
        if timeout is not None and timeout > limit:
            name = "readTimeout" if node.prop("readTimeout") is not None else "responseTimeout"
            what = f"waits up to {exact(timeout / 1000)} s for a frame (limit {exact(limit / 1000)} s)"
            yield Hit(node, what, node.prop(name))
