"""The path field holds a whole URL, a space or a fragment.

Why: The plugin asks for the path as it stands: of a URL it makes /ws://host/path, which the server
doesn't have (404); a space breaks the request line (400); what follows a # is never sent.

Fix: only the path and the query: /ivr?caller=7; encode a space as %20

Source: seen in a real run: GET /http://127.0.0.1:9377/ws; RFC 9112, 3: request line
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


_URL = re.compile(r"/?(?:wss?|https?)://", re.IGNORECASE)


@rule("JX044", Severity.ERROR)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.running:
        if elements.opens(node) is not True:
            continue
        path = subject.values.text(node.text("path"))
        if path is None:
            continue
        if _URL.match(path):
            yield Hit(
                node,
                f"the path is a whole URL: the server is asked for {'/' + path.lstrip('/')!r}",
                node.prop("path"),
            )
        elif " " in path or "#" in path:
            found = (
                "a space, which breaks the request line" if " " in path else "a #: what follows is never sent"
            )
            yield Hit(node, f"the path has {found}", node.prop("path"))
