"""After a failing sampler the next loop starts, and the Close is skipped.

Why: The next open drops the old connection without a close frame: each failed answer becomes a 1006 on
the server, which then looks as if the server had dropped it.

Fix: close what is still open at the top of the loop, before the open

Source: JMeter's thread group, action after a sampler error; RFC 6455, 7.1.5 and 7.4.1: to its peer, a
connection that ends without a close frame is 1006
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import closing
from jmxgen.lint.flow import NOWHERE
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX002", Severity.WARNING, hardened=True)
def check(subject: Subject) -> Iterator[Hit]:
    for flow in subject.flows:
        if flow.on_error != "startnextloop":
            continue
        if flow.loops:
            lost, then = NOWHERE.union(*flow.replaced_on_error.values()), "the next loop drops it"
        else:
            tidy = subject.stop_policy == "wsclose"
            lost, then = NOWHERE if tidy else frozenset(flow.failed), "the thread ends with it open"
        for opener in flow.openers:
            if opener in lost and not closing.left_open(subject, flow, opener):
                yield Hit(opener, f"no Close follows this open when a later sampler fails: {then}")
