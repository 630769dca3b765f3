"""Refused handshakes: tried again or not, how often, after what wait, and all callers at once or not."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING

from jmxgen.lint import retry
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.model import Subject

_AWS = "AWS Architecture Blog, Exponential Backoff And Jitter; gRPC connection-backoff.md"


@rule(
    "JX010",
    "open-without-retry",
    Severity.WARNING,
    why="A real client reconnects. Without that, one 429 or reset makes every later sampler of the "
    "call fail too, and the run can't show whether the server recovers.",
    source="RFC 6455, 7.2.3 (recovering from abnormal closure)",
    mend="try again in a While Controller: bounded, with a jittered wait",
    hardened=True,
)
def open_without_retry(subject: Subject) -> Iterator[Hit]:
    """A refused handshake is not tried again."""
    for flow in subject.flows:
        for opener in flow.openers:
            if retry.find(flow, opener) is None and not retry.scripted(flow, opener):
                yield Hit(opener, "a refused handshake is not tried again")


@rule(
    "JX011",
    "retry-without-bound",
    Severity.WARNING,
    why="Against a server that refuses for good (401, a limit reached) the plan becomes a flood of "
    "handshakes.",
    source="RFC 6455, 7.2.3; " + _AWS,
    mend="count the attempts and give up after a handful",
)
def retry_without_bound(subject: Subject) -> Iterator[Hit]:
    """Nothing limits how often a handshake is tried."""
    for one in subject.retries:
        if not one.bounded:
            yield Hit(one.loop.node, f"tries {one.opener.name!r} again without a limit")


@rule(
    "JX012",
    "retry-without-backoff",
    Severity.WARNING,
    why="Refusals come back in a millisecond: each caller then tries hundreds of times a second, and "
    "a short refusal becomes an outage.",
    source="RFC 6455, 7.2.3: truncated binary exponential backoff; " + _AWS,
    mend="wait before each attempt but the first: base 1 s, doubled, capped, with full jitter",
)
def retry_without_backoff(subject: Subject) -> Iterator[Hit]:
    """Nothing waits between two attempts at a handshake."""
    for one in subject.retries:
        if one.wait is None:
            yield Hit(one.loop.node, f"nothing waits between two attempts of {one.opener.name!r}")


@rule(
    "JX013",
    "retry-without-jitter",
    Severity.WARNING,
    why="Callers that lost their connections together come back together, again and again: a "
    "reconnect storm.",
    source="RFC 6455, 7.2.3: the first delay is to be random; " + _AWS,
    mend="draw the wait at random: a Uniform Random Timer, or full jitter in a script",
)
def retry_without_jitter(subject: Subject) -> Iterator[Hit]:
    """Every caller waits the same time between two attempts."""
    for one in subject.retries:
        wait = one.wait
        if wait is not None and one.steady and next(one.drawn_once(), None) is None:
            what = f"all callers wait {wait.text} ms before they try {one.opener.name!r} again"
            yield Hit(wait.node, what)


@rule(
    "JX014",
    "retry-in-step",
    Severity.WARNING,
    why="A Synchronizing Timer at the open, or a random wait drawn once for all callers, makes each "
    "round of attempts one burst.",
    source="JMeter's component reference: Synchronizing Timer, User Defined Variables (evaluated once)",
    mend="take the Synchronizing Timer away from the open; draw the wait where it is used",
)
def retry_in_step(subject: Subject) -> Iterator[Hit]:
    """Callers are made to try again at the same moment."""
    said: set[Node] = set()
    told: collections.Counter[retry.Loop] = collections.Counter()
    for one in subject.retries:
        for timer in subject.tree.in_scope(one.opener):
            if timer.kind == "SyncTimer" and timer not in said:
                said.add(timer)
                yield Hit(timer, f"gathers callers before every attempt of {one.opener.name!r}")
        for wait in one.drawn_once(told[one.loop]):
            if wait.node not in said:
                said.add(wait.node)
                told[one.loop] += wait not in one.timers
                what = f"{wait.text} is drawn once for all callers: they try {one.opener.name!r} together"
                yield Hit(wait.node, what)
