"""A failing sampler stops the thread with its connection open.

Why: One failed answer leaves one orphan on the server for as long as JMeter runs; and the load drops with
each stopped thread, which hides the concurrency at which the server gave in.

Fix: set websocket.thread.stop.policy=wsClose, or continue with the next loop

Source: ThreadGroup.on_sample_error; plugin README, websocket.thread.stop.policy
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX004", Severity.WARNING, hardened=True)
def check(subject: Subject) -> Iterator[Hit]:
    for flow in subject.flows:
        if flow.on_error in {"continue", "startnextloop"} or subject.stop_policy == "wsclose":
            continue
        opener = next((element for element in flow.openers if element in flow.failed), None)
        if opener is not None:
            what = f"{flow.on_error!r} after an error leaves the connection of {opener.name!r} open"
            yield Hit(flow.group, what, flow.group.prop("ThreadGroup.on_sample_error"))
