"""What collectors put around a server's line: Docker, Compose, Kubernetes, journald and syslog."""

from __future__ import annotations

import re
from typing import Final

from jmxgen.analysis.server_log.line import as_object

_TEXT_KEYS: Final = ("log", "MESSAGE", "message", "msg")  # Docker's json-file, journald, and shippers
_MOST: Final = 4  # collectors that hand a line to each other
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
    """Return the server's own line within collectors'; the text itself where nothing is around it."""
    for _ in range(_MOST):
        inner = _unwrap_once(text)
        if inner == text:
            break
        text = inner
    return text


def _unwrap_once(text: str) -> str:
    found = as_object(text)
    if found is not None:
        inner = next((found[key] for key in _TEXT_KEYS if isinstance(found.get(key), str)), None)
        return text if inner is None else inner.rstrip("\r\n")
    around = next((match for prefix in _PREFIXES if (match := prefix.match(text))), None)
    return text[around.end() :] if around else text
