"""Limits of Genesys Cloud that a plan can run into by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements, values
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.model import Subject

_CHANNELS = "/api/v2/notifications/channels"


@rule(
    "JX060",
    "shared-channel-token",
    Severity.WARNING,
    why="A user and app hold at most 20 notification channels: each one more removes the one used "
    "longest ago. Callers that share a token drop one another's connections, at a concurrency of "
    "20.",
    source="Genesys Cloud SDK, POST /api/v2/notifications/channels; limits, namespace notifications",
    mend="a token a caller, or at most 20 callers a token (from a CSV file)",
)
def shared_channel_token(subject: Subject) -> Iterator[Hit]:
    """One token makes notification channels for more callers than may hold one."""
    limit = subject.facts.channels_per_token
    for node, flow in subject.running().items():
        if node.kind not in elements.HTTP or not node.text("HTTPSampler.path").rstrip("/").endswith(
            _CHANNELS
        ):
            continue
        if node.text("HTTPSampler.method").upper() != "POST":
            continue
        callers = values.number(subject, flow.group.text("ThreadGroup.num_threads"))
        token = _authorization(subject, node)
        if callers is not None and callers > limit and token is not None:
            what = f"{callers} callers make channels with one token; a token holds {limit:g}"
            yield Hit(node, what, token, secret=True)


def _authorization(subject: Subject, node: Node) -> etree._Element | None:
    """Return the Authorization header's value in scope when it is the same for all callers."""
    for manager in subject.tree.in_scope(node):
        for header in manager.element.iterfind(".//elementProp[@elementType='Header']"):
            found = {child.get("name"): child for child in header}
            name, value = found.get("Header.name"), found.get("Header.value")
            if name is None or value is None or (name.text or "").lower() != "authorization":
                continue
            parts = elements.references(value.text or "")
            shared = all(part.startswith("${__P") or values.once_for_all(subject, part) for part in parts)
            return value if shared else None
    return None
