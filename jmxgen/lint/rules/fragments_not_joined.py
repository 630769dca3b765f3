"""A filter passes over all messages but the awaited one, and the plugin hands out fragments.

Why: A server may cut a message into fragments (RFC 6455, 5.4; Tomcat and Jetty do beyond 8 kB). The plugin
hands out each alone, none has the whole text, and the filter discards them all: the answer came, and the
sampler reports a timeout.

Fix: keep the text that is looked for short and early in the message, or let `jmxgen generate` make the
plan: its script joins fragments

Source: plugin README, continuation frames; FrameFilter.java
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject

_JOINS: Final = ("socketInputStream", "websocket.last_frame_final")  # in a script or a condition


@rule("JX074", Severity.INFO)
def check(subject: Subject) -> Iterator[Hit]:
    live = list(subject.tree.live())
    texts = (prop.text or "" for node in live for prop in node.properties())
    if any(mark in text for text in texts for mark in _JOINS):
        return
    for node in live:
        if node.kind == "TextFrameFilter" and node.text("comparisonType").startswith("Not"):
            yield Hit(
                node, "an answer in fragments is discarded here piece by piece", node.prop("comparisonType")
            )
