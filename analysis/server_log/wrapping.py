"""What collectors put around a server's line: Docker, Compose, Kubernetes, journald and syslog."""

from __future__ import annotations

import re
from typing import Final

from jmxgen.analysis.server_log.line import as_object

_TEXT_KEYS: Final = ("log", "MESSAGE", "message", "msg")  # Docker's json-file, journald, and shippers
_PREFIXES: Final = (
    re.compile(r"\[pod/[^\]\s]+\] "),  # kubectl logs --prefix
    re.compile(r"[\w.-]+\s+\| "),  # docker compose logs
    re.compile(r"\d{4}-\d\d-\d\dT\S+ (?:stdout|stderr) [FP] "),  # a container runtime's (CRI)
    re.compile(r"(?:<\d{1,3}>)?1 \d{4}-\d\d-\d\dT\S+ \S+ \S+ \S+ \S+ (?:-|(?:\[[^\]]*\])+) "),  # RFC 5424
    re.compile(  # RFC 3164 or an ISO stamp, then host and program
        r"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) (?:\S+ )?"
        r"[\w./-]+(?:\[\d+\])?: "
    ),
)


def unwrap(text: str) -> str:
    """Return the server's own line within a collector's; the text itself where nothing is around it."""
    found = as_object(text)
    if found is not None:
        inner = next((found[key] for key in _TEXT_KEYS if isinstance(found.get(key), str)), None)
        return text if inner is None else inner.rstrip("\r\n")
    for prefix in _PREFIXES:
        around = prefix.match(text)
        if around:
            text = text[around.end() :]
    return text
