"""The characters that XML 1.0 forbids, and JMeter writes all the same: each becomes U+FFFD.

JMeter escapes what a sampler received, whatever it is: the NUL that ends a STOMP frame becomes `&#x0;`, the
record separator of SignalR `&#x1e;`. No parser takes these references (XML 1.0, section 2.2).
"""

from __future__ import annotations

import re
from typing import Final

REPLACEMENT: Final = "\ufffd"
_LONGEST: Final = 40  # characters of a reference
_ALLOWED: Final = r"\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff"
# What may be wrong: a character, a reference, an ampersand that begins no reference, a < that begins no tag.
_SUSPECT: Final = re.compile(
    rf"[^{_ALLOWED}]|&(?:#x?[0-9a-fA-F]{{1,32}};|\w{{1,32}};)?|<(?![A-Za-z_:/!?])",
)
_ALLOWED_CHARACTER: Final = re.compile(f"[{_ALLOWED}]")
_NAMED: Final = frozenset(("&lt;", "&gt;", "&amp;", "&quot;", "&apos;"))


class Allowed:
    """Text as a parser takes it, piece by piece."""

    def __init__(self) -> None:
        self.replaced = 0  # characters and references so far
        self._held = ""

    def text(self, piece: str, *, last: bool) -> str:
        """Return the next piece with what XML forbids replaced; a reference that is not whole yet waits."""
        piece = self._held + piece
        end = len(piece) if last else self._whole(piece)
        self._held = piece[end:]
        return _SUSPECT.sub(self._replace, piece[:end])

    @staticmethod
    def _whole(piece: str) -> int:
        begun = max(piece.rfind("&", len(piece) - _LONGEST if len(piece) > _LONGEST else 0), -1)
        if begun >= 0 and ";" not in piece[begun:]:
            return begun
        return len(piece) - piece.endswith("<")

    def _replace(self, found: re.Match[str]) -> str:
        suspect = found[0]
        if suspect in _NAMED or (suspect.startswith("&#") and _is_allowed(suspect[2:-1])):
            return suspect
        self.replaced += 1
        return REPLACEMENT


def _is_allowed(number: str) -> bool:
    """Return whether the character of a reference, such as x1e or 30, is one that XML allows."""
    try:
        value = int(number[1:], 16) if number.startswith("x") else int(number)
        return bool(_ALLOWED_CHARACTER.fullmatch(chr(value)))
    except (ValueError, OverflowError):
        return False
