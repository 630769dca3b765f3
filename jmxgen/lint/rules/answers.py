"""Answers that nobody looks at: drops and refusals that count as success."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.model import Subject

_CHECKING_FILTERS = frozenset({"TextFrameFilter", "BinaryFrameFilter"})


@rule(
    "JX070",
    "unchecked-answer",
    Severity.INFO,
    why="Any frame counts as the answer: an error message from the server ('limit reached', 'session "
    "closed') is a success in the results, and the drop that follows comes as a surprise.",
    source="plugin: a sampler succeeds with the first data frame",
    mend="add a Response Assertion, or a Text Frame Filter that discards all but the answer",
)
def unchecked_answer(subject: Subject) -> Iterator[Hit]:
    """No assertion or filter looks at what a sampler reads."""
    for flow in subject.flows:
        bare = [node for node in flow.visited if _awaits(node) and not _checked(subject, node)]
        if bare:
            more = f" (and by {len(bare) - 1} more samplers of the group)" if len(bare) > 1 else ""
            yield Hit(bare[0], f"nothing checks the answer that is read here{more}")


def _awaits(node: Node) -> bool:
    if node.kind == elements.PING or not elements.reads(node):
        return False
    return not node.flag("optional")


def _checked(subject: Subject, node: Node) -> bool:
    return any(
        one.kind.endswith("Assertion")
        or one.kind in _CHECKING_FILTERS
        or "PostProcessor" in one.kind
        or one.kind.endswith("Extractor")
        for one in subject.tree.in_scope(node)
    )


@rule(
    "JX072",
    "close-after-unread-answer",
    Severity.INFO,
    why="The Close sampler takes the next frame for the answer to its close frame: when that is the "
    "answer to the write before, the Close fails with 'received not a close frame'.",
    source="plugin: CloseWebSocketSampler, and its sample 'smart close with filter'",
    mend="read the answer before the Close, or put Text and Binary Frame Filters below the Close",
)
def close_after_unread_answer(subject: Subject) -> Iterator[Hit]:
    """A Close follows a write with no read in between."""
    for flow in subject.flows:
        samplers = [node for node in flow.visited if elements.is_websocket(node)]
        for before, node in itertools.pairwise(samplers):
            if node.kind != elements.CLOSE or before.kind != elements.WRITE:
                continue
            if not any(one.kind in _CHECKING_FILTERS for one in subject.tree.in_scope(node)):
                yield Hit(node, f"an answer to {before.name!r} would fail this Close")


@rule(
    "JX071",
    "failed-handshake-is-success",
    Severity.ERROR,
    why="This older sampler reports a handshake that failed as code 200 and success when it has "
    "nothing to send: the run is green while not one connection was opened.",
    source="fshutdown/JMeter-WebSocketSampler, issue 70; seen in a real run",
    mend="send something in the first sample, or use the samplers of net.luminis.jmeter",
)
def failed_handshake_is_success(subject: Subject) -> Iterator[Hit]:
    """A WebSocket sampler of the older plugin sends nothing, and so can't fail."""
    for node in subject.tree.live():
        if node.qualified == elements.ZALESKI and not node.text("requestPayload"):
            yield Hit(
                node, "with an empty payload a failed handshake is a success", node.prop("requestPayload")
            )
