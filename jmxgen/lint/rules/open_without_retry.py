"""A refused handshake is not tried again.

Why: A real client reconnects. Without that, one 429 or reset makes every later sampler of the call fail
too, and the run can't show whether the server recovers.

Fix: try again in a While Controller: bounded, with a jittered wait

Source: RFC 6455, 7.2.3 (recovering from abnormal closure)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import retry
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX010", Severity.INFO, hardened=True)
def check(subject: Subject) -> Iterator[Hit]:
    for flow in subject.flows:
        for opener in flow.openers:
            if retry.find(flow, opener) is None and not retry.scripted(flow, opener):
                yield Hit(opener, "a refused handshake is not tried again")
