"""Samplers read without a filter that answers pings.

Why: A ping that arrives while a sampler reads fails the sampler ('unexpected frame type (ping)') and gets
no pong, so the server may close the connection.

Fix: add a Ping/Pong Frame Filter with 'reply to ping' to the thread group

Source: plugin README, Ping/Pong Frame Filter; RFC 6455, 5.5.2: an endpoint must answer a ping
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.subject import Subject


@rule("JX031", Severity.WARNING, hardened=True)
def check(subject: Subject) -> Iterator[Hit]:
    said: set[Node] = set()
    for flow in subject.flows:
        bare = [
            node
            for node in flow.visited
            if elements.reads_frames(node) and not elements.answers_pings(subject.tree.in_scope(node))
        ]
        bare = [node for node in bare if node not in said]
        said.update(bare)
        if not bare:
            continue
        silent = next(
            (element for element in subject.tree.in_scope(bare[0]) if element.kind == "PingFrameFilter"), None
        )
        if silent is None:
            more = f" (and by {elements.more(len(bare) - 1)} of the group)" if len(bare) > 1 else ""
            yield Hit(bare[0], f"a ping that is read here{more} fails the sampler and is not answered")
        else:
            yield Hit(silent, "discards pings without answering them", silent.prop("replyToPing"))
