"""A connection is opened and never closed, even when no sampler fails.

Why: The server keeps the session until it notices, and runs out of slots: later handshakes fail at a
concurrency that you didn't intend. On the server a dropped connection counts as 1006.

Fix: add a Close sampler after the last use, or set websocket.thread.stop.policy=wsClose

Source: RFC 6455, 7.1.5 and 7.4.1: to its peer, a connection that ends without a close frame is 1006;
WebsocketSampler.java drops an old connection at TCP level
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import closing, elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX001", Severity.ERROR, hardened=True)
def check(subject: Subject) -> Iterator[Hit]:
    for flow in subject.flows:
        for opener in flow.openers:
            how = closing.left_open(subject, flow, opener)
            renews = opener.kind != elements.OPEN and how == closing.BY_NEXT
            if how and not renews and opener not in flow.branched:
                yield Hit(opener, f"no Close follows this open: {how}")
