"""The path doesn't begin with a slash.

Why: The plugin adds the slash, other tools that read the plan may not, and before version 0.9 cookies of
the site were not sent with such a path.

Fix: begin the path with /

Source: plugin, WebSocketClient.java and CHANGES: cookies should not be ignored when the path does not
start with a slash
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX045", Severity.INFO)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.running:
        path = subject.values.text(node.text("path"))
        if elements.opens(node) is True and path and path[0] not in "/?#" and "://" not in path:
            yield Hit(
                node, f"the path {path.partition('?')[0]!r} has no slash at the beginning", node.prop("path")
            )
