"""How a connection ends when nobody closes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jmxgen.jmx.tree import Node
    from jmxgen.lint.flow import Flow
    from jmxgen.lint.subject import Subject

BY_NEXT = "the next pass drops it"


def left_open(subject: Subject, flow: Flow, opener: Node) -> str:
    """Return how the opener's connection ends without a close when no sampler fails; "" where it doesn't."""
    if opener in flow.ended and subject.stop_policy != "wsclose":
        return "the thread ends with it open"
    by = flow.dropped_by.get(opener)
    if by is None:
        return ""
    return BY_NEXT if by is opener else f"{by.name!r} drops it"
