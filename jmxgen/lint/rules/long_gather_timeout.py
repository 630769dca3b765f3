"""The plan waits longer for a Gather Input's answer than the input itself lasts.

Why: A Gather Input that hears nothing goes on after its No Entry Timeout, 5 s by default. A caller that
waits longer for the answer holds a session that is already lost.

Fix: a readTimeout of 5 s, or state the flow's own: --set gather_timeout=10s

Source: Genesys Cloud, Collect Input action: No Entry Timeout 5 s by default
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule
from jmxgen.units import exact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


_GATHER = re.compile(r"gather|collect[\s_-]*(input|digits)|dtmf", re.IGNORECASE)


@rule("JX034", Severity.INFO)
def check(subject: Subject) -> Iterator[Hit]:
    limit = subject.facts.gather_timeout * 1000
    for node in subject.tree.live():
        timeout = elements.read_timeout(node)
        if timeout is None or timeout <= limit or not elements.reads(node):
            continue
        if _GATHER.search(node.name) or _GATHER.search(node.text("requestData")):
            what = f"a Gather Input by its name or data, with a readTimeout of {exact(timeout / 1000)} s"
            yield Hit(node, f"{what} (limit {exact(limit / 1000)} s)", node.prop("readTimeout"))
