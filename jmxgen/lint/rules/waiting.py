"""Waits in which pings go unanswered, and reads that wait too long or not at all."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from jmxgen.lint import elements, values
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.model import Subject

_GATHER = re.compile(r"gather|collect[\s_-]*(input|digits)|dtmf", re.IGNORECASE)
_README = "plugin README, Ping/Pong Frame Filter"


@rule(
    "JX030",
    "wait-without-reading",
    Severity.WARNING,
    why="The plugin answers pings only while a sampler reads. A server that pings meanwhile gets no "
    "pong, closes with 1011 or just drops the connection: the plan's own doing, which looks like "
    "an idle timeout.",
    source=_README + "; RFC 6455, 5.5.2; seen in a real run: 1011 keepalive ping timeout",
    mend="wait in an optional Single Read under a Ping Frame Filter, or state the interval: --set "
    "ping_interval=60s",
)
def wait_without_reading(subject: Subject) -> Iterator[Hit]:
    """With the connection open, a timer or pause waits longer than the server's ping interval."""
    limit = subject.facts.ping_interval * 1000
    number = functools.partial(values.number, subject)
    said: set[Node] = set()
    for flow in subject.flows:
        for node in flow.visited:
            if not elements.is_sampler(node) or not flow.may_be_open(node):
                continue
            timers = [one for one in subject.tree.in_scope(node) if elements.is_timer(one)]
            waits = {timer: elements.longest_delay(timer, number) or 0 for timer in timers}
            waits[node] = number(elements.pause(node) or "") or 0
            worst = max(waits, key=lambda one: waits[one])
            total = sum(waits.values())
            if total > limit and worst not in said:
                said.add(worst)
                what = f"waits up to {total / 1000:g} s with the connection open and reads nothing"
                yield Hit(worst, f"{what}: over the ping interval of {limit / 1000:g} s")


@rule(
    "JX031",
    "no-ping-filter",
    Severity.WARNING,
    why="A ping that arrives while a sampler reads fails the sampler ('unexpected frame type (ping)')"
    " and stays without its pong, so the server may close the connection.",
    source=_README + "; RFC 6455, 5.5.2: an endpoint must answer a ping",
    mend="add a Ping/Pong Frame Filter with 'reply to ping' to the thread group",
    hardened=True,
)
def no_ping_filter(subject: Subject) -> Iterator[Hit]:
    """Samplers read without a filter that answers pings."""
    said: set[Node] = set()
    for flow in subject.flows:
        bare = [node for node in flow.visited if reads_frames(node) and not answers_pings(subject, node)]
        bare = [node for node in bare if node not in said]
        said.update(bare)
        if not bare:
            continue
        more = f" (and by {len(bare) - 1} more samplers of the group)" if len(bare) > 1 else ""
        silent = next((one for one in subject.tree.in_scope(bare[0]) if one.kind == "PingFrameFilter"), None)
        if silent is None:
            yield Hit(bare[0], f"a ping that is read here{more} fails the sampler and is not answered")
        else:
            yield Hit(silent, "discards pings without answering them", silent.prop("replyToPing"))


def reads_frames(node: Node) -> bool:
    """Whether it reads data frames, and so meets pings (a Ping sampler waits for a pong)."""
    return elements.reads(node) and node.kind != elements.PING


def answers_pings(subject: Subject, node: Node) -> bool:
    """Whether a filter in the sampler's scope answers the pings that it reads."""
    filters = (one for one in subject.tree.in_scope(node) if one.kind == "PingFrameFilter")
    return any(
        one.flag("replyToPing") and one.text("filterType", "FilterAll") != "FilterPongOnly" for one in filters
    )


@rule(
    "JX032",
    "endless-read-with-filter",
    Severity.ERROR,
    why="With a filter in scope the plugin counts the time that is left after each filtered frame; of"
    " an endless wait nothing is left, and the sampler fails on the first frame that is filtered.",
    source="plugin 1.3.1, FrameFilter.java: the remaining read timeout",
    mend="give the sampler a readTimeout",
)
def endless_read_with_filter(subject: Subject) -> Iterator[Hit]:
    """A sampler reads without a timeout (0) under a frame filter."""
    for node in subject.running():
        if elements.read_timeout(node) == 0 and elements.reads(node):
            one = next((one for one in subject.tree.in_scope(node) if one.kind in elements.FILTERS), None)
            if one is not None:
                what = f"readTimeout 0 under {one.name or one.kind!r} fails on the first filtered frame"
                yield Hit(node, what, node.prop("readTimeout"))


@rule(
    "JX033",
    "long-read-timeout",
    Severity.WARNING,
    why="Samplers can't be interrupted: a caller whose answer is lost stands still so long, holds its"
    " slot on the server, and the drop is noticed so much later that its cause is blurred.",
    source="plugin README; WebsocketSampler.java is no Interruptible",
    mend="wait for seconds, not minutes; for quiet connections repeat an optional read",
)
def long_read_timeout(subject: Subject) -> Iterator[Hit]:
    """A read waits far longer than any answer takes."""
    limit = subject.facts.max_read_timeout * 1000
    for node in subject.tree.live():
        timeout = elements.read_timeout(node)
        if timeout is not None and timeout > limit:
            at = node.prop("readTimeout") if node.prop("readTimeout") is not None else None
            yield Hit(node, f"waits up to {timeout / 1000:g} s for a frame (limit {limit / 1000:g} s)", at)


@rule(
    "JX034",
    "long-gather-timeout",
    Severity.INFO,
    why="A Gather Input that hears nothing goes on after its No Entry Timeout, 5 s by default. A "
    "caller that waits longer for the answer holds a session that is already lost.",
    source="Genesys Cloud, Collect Input action: No Entry Timeout 5 s by default",
    mend="a readTimeout of 5 s, or state the flow's own: --set gather_timeout=10s",
)
def long_gather_timeout(subject: Subject) -> Iterator[Hit]:
    """A Gather Input's answer is waited for longer than the input itself lasts."""
    limit = subject.facts.gather_timeout * 1000
    for node in subject.tree.live():
        timeout = elements.read_timeout(node)
        if timeout is None or timeout <= limit or not elements.reads(node):
            continue
        if _GATHER.search(node.name) or _GATHER.search(node.text("requestData")):
            what = f"a Gather Input by its name or data, with a readTimeout of {timeout / 1000:g} s"
            yield Hit(node, f"{what} (limit {limit / 1000:g} s)", node.prop("readTimeout"))
