"""The older plugin keeps a streaming connection open, and no pattern closes it.

Why: The connection stays until the test ends, though its caller may be done: the server holds sessions
that nobody uses, and more are open than there are callers at work.

Fix: set the close connection pattern, or switch Streaming connection off where each message may have a
connection of its own

Source: fshutdown/JMeter-WebSocketSampler, wiki: Features, Streaming connection
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX008", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.running:
        streams = node.qualified == elements.ZALESKI and node.flag("streamingConnection")
        if streams and not node.text("closeConncectionPattern"):
            yield Hit(
                node,
                "nothing closes this streaming connection before the test ends",
                node.prop("streamingConnection"),
            )
