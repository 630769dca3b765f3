"""Threads are stopped from outside, and websocket.thread.stop.policy is left at none.

Why: A thread that is stopped in the middle of a call (the duration is over, the schedule or the test
ends) never reaches its Close: its socket stays open until JMeter exits. tcpClose ends it, but without a
close frame.

Fix: set websocket.thread.stop.policy=wsClose in a properties file, and pass that to JMeter with -q

Source: plugin README and WebsocketSampler.threadFinished
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import groups
from jmxgen.lint.model import Hit, Severity, rule
from jmxgen.lint.subject import STOP_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.flow import Flow
    from jmxgen.lint.subject import Subject


@rule("JX005", Severity.WARNING, hardened=True)
def check(subject: Subject) -> Iterator[Hit]:
    if subject.stop_policy == "wsclose":
        return
    for flow in subject.flows:
        held = {element for state in flow.before.values() for element in state}
        opener = next((element for element in flow.openers if element in held), None)
        if opener is not None and _stopped_from_outside(flow):
            policy = subject.stop_policy
            yield Hit(opener, f"{STOP_POLICY} is {policy}: a thread stopped after this open never closes it")
            return


def _stopped_from_outside(flow: Flow) -> bool:
    """Whether a time, a schedule or a person ends the callers, and not the plan's own last step."""
    if flow.on_error in {"stoptest", "stoptestnow"} or flow.group.flag("ThreadGroup.scheduler"):
        return True
    return groups.loops(flow.group) == "-1" or not groups.is_plain(flow.group)
