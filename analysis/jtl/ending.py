"""Whether a results file ends where JMeter would end it."""

from __future__ import annotations

import gzip
import os
import zlib
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_PIECE: Final = 1 << 20
_PACKED: Final = b"\x1f\x8b"
_XML_END: Final = b"</testResults>"


def broken_off(path: Path) -> bool:
    """Say whether a file ends in the middle of a row: JMeter writes a line feed after each, XML its end tag.

    A file that can't be read is not said to be broken off: reading it is where that is reported.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _PACKED
            file.seek(0)
            if not packed:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - 4096))
                return _unfinished(file.read())
            return _unfinished(_tail(file))
    except (EOFError, zlib.error):
        return True  # a gzip file that was cut off
    except OSError:
        return False


def _tail(file: IO[bytes]) -> bytes:
    tail = b""
    with gzip.GzipFile(fileobj=file) as unpacked:
        while piece := unpacked.read(_PIECE):
            tail = (tail + piece)[-4096:]
    return tail


def _unfinished(tail: bytes) -> bool:
    tail = tail.replace(b"\0", b"")  # what a crash leaves at the end, and every second byte of UTF-16
    text = tail.rstrip(b" \t\r\n\0")
    if text.endswith(b">") or b"</httpSample>" in tail or b"</sample>" in tail:
        return not text.endswith(_XML_END)
    return bool(text) and not tail.rstrip(b"\0").endswith((b"\n", b"\r"))
