"""A WebSocket sampler of the older plugin sends nothing, and so can't fail.

Why: This older sampler reports a handshake that failed as code 200 and success when it has nothing to
send: the run is green while not one connection was opened.

Fix: send something in the first sample, or use the samplers of net.luminis.jmeter

Source: fshutdown/JMeter-WebSocketSampler, issue 70; seen in a real run
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX071", Severity.ERROR)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.tree.live():
        if node.qualified == elements.ZALESKI and not node.text("requestPayload"):
            yield Hit(
                node, "with an empty payload a failed handshake is a success", node.prop("requestPayload")
            )
