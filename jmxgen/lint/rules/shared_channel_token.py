"""One token makes notification channels for more callers than may hold one.

Why: A user and app hold at most 20 notification channels: each further one removes the one used longest ago.
Callers that share a token drop one another's connections, at a concurrency of 20.

Fix: a token per caller, or at most 20 callers per token (from a CSV file)

Source: Genesys Cloud SDK, POST /api/v2/notifications/channels; limits, namespace notifications
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements, groups
from jmxgen.lint.model import Hit, Severity, rule
from jmxgen.lint.secrets import MASK
from jmxgen.units import exact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.subject import Subject

_CHANNELS = "/api/v2/notifications/channels"


@rule("JX060", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    limit = subject.facts.channels_per_token
    for node, flow in subject.running.items():
        if node.kind not in elements.HTTP or not node.text("HTTPSampler.path").rstrip("/").endswith(
            _CHANNELS
        ):
            continue
        if node.text("HTTPSampler.method").upper() != "POST":
            continue
        callers = groups.callers(flow.group, subject.values)
        token = _authorization(subject, node)
        if callers is not None and callers > limit and token is not None:
            what = f"{callers} callers make channels with one token; a token holds {exact(limit)}"
            yield Hit(node, what, token, shown=f"Authorization … {MASK} …")


def _authorization(subject: Subject, node: Node) -> etree._Element | None:
    """Return the Authorization header's value in scope when it is the same for all callers."""
    for manager in subject.tree.in_scope(node):
        for header in manager.element.iterfind(".//elementProp[@elementType='Header']"):
            found = {child.get("name"): child for child in header}
            name, value = found.get("Header.name"), found.get("Header.value")
            if name is None or value is None or (name.text or "").lower() != "authorization":
                continue
            parts = elements.references(value.text or "")
            shared = all(part.startswith("${__P") or subject.values.once_for_all(part) for part in parts)
            return value if shared else None
    return None
