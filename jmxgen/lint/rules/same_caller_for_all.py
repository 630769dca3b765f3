"""All callers open their connections as the same caller.

Why: A server that knows its callers by this value lets each new connection end the last one, or counts
them all against one user's limit: drops at a low concurrency that no real load would see.

Fix: take the value from a CSV file or from ${__threadNum}, so that it differs per caller

Source: what servers do with a second session of one user: replace the first, or refuse
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jmxgen.lint import groups
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


# Names of query parameters that stand for one caller.
_IDENTITY = re.compile(
    r"[?&;]((?:caller|user|account|device|client|member|agent|session|conversation|subscriber|phone|msisdn|ani)"
    r"(?:[-_]?(?:id|name|no|number|key))?)=([^&;\s]+)",
    re.IGNORECASE,
)


@rule("JX025", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    for flow in subject.flows:
        callers = groups.callers(flow.group, subject.values)
        for node in flow.connecting if callers is None or callers > 1 else ():
            path = node.prop("path") if node.prop("path") is not None else node.prop("contextPath")
            for name, written in _IDENTITY.findall("" if path is None else path.text or ""):
                value = subject.values.once_for_all(written)
                if value:
                    number = "all" if callers is None else f"all {callers:,}"
                    yield Hit(node, f"{number} callers open with the same {name}", path)
                    break
