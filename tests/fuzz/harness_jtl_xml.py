"""Any bytes are XML results that can be judged, or a ResultError of one printable line."""

from __future__ import annotations

from tests.fuzz.reading import analyse


def one_input(data: bytes) -> None:
    """Read the bytes as a file of their own, and as samples."""
    analyse(data if data.lstrip().startswith(b"<") else b"<" + data, "results.xml")
    analyse(b'<?xml version="1.0"?><testResults version="1.2">\n' + data, "results.xml")
