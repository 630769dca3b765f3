"""Callers are made to open, or to try again, at the same moment.

Why: A Synchronizing Timer at the open, or a random wait drawn once for all callers, makes each round of
attempts one burst.

Fix: take the Synchronizing Timer away from the open; draw the wait where it is used

Source: JMeter's component reference: Synchronizing Timer, User Defined Variables (evaluated once)
"""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING

from jmxgen.lint import retry
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.subject import Subject


@rule("JX014", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    said: set[Node] = set()
    for flow in subject.flows:
        for opener in flow.connecting:
            for timer in subject.tree.in_scope(opener):
                if timer.kind == "SyncTimer" and timer not in said:
                    said.add(timer)
                    yield Hit(timer, f"gathers callers before every attempt of {opener.name!r}")
    reported: collections.Counter[retry.Loop] = collections.Counter()
    for one in subject.retries:
        for wait in one.drawn_once(reported[one.loop]):
            if wait.node not in said:
                said.add(wait.node)
                reported[one.loop] += wait not in one.timers
                what = f"{wait.text} is drawn once for all callers: they try {one.opener.name!r} together"
                yield Hit(wait.node, what)
