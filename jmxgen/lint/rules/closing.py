"""Connections that nobody closes: the server keeps them as orphans, or counts them as 1006."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.flow import NOWHERE, Flow
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.model import Subject

POLICY = "websocket.thread.stop.policy"
_RFC = "RFC 6455, 7.1.5 and 7.4.1: a connection that ends without a close frame is 1006 to its peer"


@functools.lru_cache(maxsize=4)
def stop_policy(subject: Subject) -> str:
    """Return what becomes of sockets at a thread's end: none, tcpclose or wsclose."""
    stated = subject.properties.get(POLICY, "none").strip().lower()
    scripts = (elements.script(node) or "" for node in subject.tree.live())
    return "wsclose" if any(POLICY in text and "wsClose" in text for text in scripts) else stated


def _left(subject: Subject, flow: Flow, opener: Node) -> str:
    """Return how the opener's connection goes without a close when no sampler fails; "" where it doesn't."""
    if opener in flow.ended and stop_policy(subject) != "wsclose":
        return "the thread ends with it open"
    by = flow.dropped_by.get(opener)
    if by is None:
        return ""
    return "the next pass drops it" if by is opener else f"{by.name!r} drops it"


@rule(
    "JX001",
    "missing-close",
    Severity.ERROR,
    why="The server keeps the session until it notices, and its slots run out: later handshakes fail "
    "at a concurrency that the plan never meant. A dropped connection counts as 1006 on the "
    "server.",
    source=_RFC + "; WebsocketSampler.java drops an old connection at TCP level",
    mend="add a Close sampler after the last use, or set websocket.thread.stop.policy=wsClose",
    hardened=True,
)
def missing_close(subject: Subject) -> Iterator[Hit]:
    """A connection is opened and never closed, though no sampler fails."""
    for flow in subject.flows:
        for opener in flow.openers:
            how = _left(subject, flow, opener)
            renews = opener.kind != elements.OPEN and how == "the next pass drops it"
            if how and not renews and opener not in flow.branched:
                yield Hit(opener, f"no Close follows this open: {how}")


@rule(
    "JX002",
    "close-skipped-after-error",
    Severity.WARNING,
    why="The next open drops the old connection without a close frame: each failed answer becomes a "
    "1006 on the server, which then looks like the server's drops.",
    source="JMeter's thread group, action after a sampler error; " + _RFC,
    mend="close what is still open at the top of the loop, before the open",
    hardened=True,
)
def close_skipped_after_error(subject: Subject) -> Iterator[Hit]:
    """After a failing sampler the next loop starts, and the Close is skipped."""
    for flow in subject.flows:
        if flow.on_error != "startnextloop":
            continue
        if flow.loops:
            lost, then = NOWHERE.union(*flow.replaced_on_error.values()), "the next loop drops it"
        else:
            tidy = stop_policy(subject) == "wsclose"
            lost, then = NOWHERE if tidy else frozenset(flow.failed), "the thread ends with it open"
        for opener in flow.openers:
            if opener in lost and not _left(subject, flow, opener):
                yield Hit(opener, f"no Close follows this open when a later sampler fails: {then}")


@rule(
    "JX003",
    "close-in-a-branch",
    Severity.WARNING,
    why="On the other branch the connection is left to the server: the same orphans as without a "
    "Close, but only now and then, which is harder to find.",
    source="JMeter's component reference: If, While, Switch, Random, Interleave and Throughput Controllers; "
    + _RFC,
    mend="move the Close behind the controller (with nothing open it fails, and says so)",
    hardened=True,
)
def close_in_a_branch(subject: Subject) -> Iterator[Hit]:
    """The Close stands in a controller that may skip it."""
    for flow in subject.flows:
        for opener in flow.openers:
            how, close = _left(subject, flow, opener), flow.branched.get(opener)
            if how and close is not None:
                yield Hit(close, f"a controller may skip this Close: then {how} (opened by {opener.name!r})")


@rule(
    "JX004",
    "stops-with-open-socket",
    Severity.WARNING,
    why="One failed answer leaves one orphan on the server, for as long as JMeter runs; and the load "
    "falls as threads go, which hides at which concurrency the server gave in.",
    source="ThreadGroup.on_sample_error; plugin README, websocket.thread.stop.policy",
    mend="set websocket.thread.stop.policy=wsClose, or go on with the next loop",
    hardened=True,
)
def stops_with_open_socket(subject: Subject) -> Iterator[Hit]:
    """A failing sampler stops the thread with its connection open."""
    for flow in subject.flows:
        if flow.on_error in {"continue", "startnextloop"} or stop_policy(subject) == "wsclose":
            continue
        opener = next((one for one in flow.openers if one in flow.failed), None)
        if opener is not None:
            what = f"{flow.on_error!r} after an error leaves the connection of {opener.name!r} open"
            yield Hit(flow.group, what, flow.group.prop("ThreadGroup.on_sample_error"))


@rule(
    "JX005",
    "thread-stop-policy",
    Severity.WARNING,
    why="A thread that ends in the middle of a call (the duration is over, the test is stopped) never"
    " comes to its Close: its socket stays open until JMeter exits. tcpClose ends it, but without"
    " a close frame.",
    source="plugin README and WebsocketSampler.threadFinished",
    mend="set websocket.thread.stop.policy=wsClose in a properties file, and give that to JMeter with -q",
    hardened=True,
)
def thread_stop_policy(subject: Subject) -> Iterator[Hit]:
    """websocket.thread.stop.policy is left at none."""
    policy = stop_policy(subject)
    if policy == "wsclose":
        return
    for flow in subject.flows:
        held = {one for state in flow.before.values() for one in state}
        opener = next((one for one in flow.openers if one in held), None)
        if opener is not None:
            yield Hit(opener, f"{POLICY} is {policy}: a thread stopped after this open never closes it")
            return
