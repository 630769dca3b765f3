"""Any text is an expression that can be judged, or a UsageError of one printable line."""

from __future__ import annotations

from jmxgen.analysis import criteria
from jmxgen.errors import UsageError
from tests.fuzz.reading import clear

KINDS = {"total": 3, "rate": 0.5, "kinds": {"reset": 1}, "statuses": {"429": 2}, "codes": {"1006": 1}}
DOCUMENT = {
    "samples": 10,
    "seconds": 1.5,
    "connections": {"attempted": 3, "opened": 2},
    "closures": {"handshake": KINDS, "data": KINDS},
    "verdict": {"cause": "healthy", "confidence": 0.5, "evidence": {"limit": 5, "resource": "ports"}},
    "hypotheses": [{"cause": "stall", "probability": 0.1}],
    "labels": [{"label": "open", "p95": 7}],
}


def one_input(data: bytes) -> None:
    """Read the bytes as an expression, and judge a document by it."""
    text = data.decode(errors="replace")
    try:
        found = criteria.parse(text).evaluate(DOCUMENT)
    except UsageError as error:
        clear(error, "criterion ")
        return
    assert found.holds in (True, False, None)
    assert isinstance(found.actual, str)
