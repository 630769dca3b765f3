"""Text that Java reads back as the same properties (java.util.Properties.load, ISO-8859-1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f"}


def render(properties: Mapping[str, str]) -> str:
    """Write properties as ASCII lines `name=value`; any character may be in both."""
    return "".join(f"{escape(name, key=True)}={escape(value)}\n" for name, value in properties.items())


def parse(text: str) -> dict[str, str]:
    """Read properties as Java does: comments, continued lines, escapes; `=`, `:` or a space ends a name."""
    joined = re.sub(r"(?<!\\)((?:\\\\)*)\\(?:\r\n|\r|\n)[ \t\f]*", r"\1", text)
    found = {}
    for raw in re.split(r"[\r\n]+", joined):
        line = raw.lstrip(" \t\f")
        if not line or line[0] in "#!":
            continue
        parts = re.fullmatch(r"((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(.*)", line)
        if parts:
            found[_unescape(parts[1])] = _unescape(parts[2])
    return found


def escape(text: str, *, key: bool = False) -> str:
    """Return a value, or a name, as it stands in a properties file."""
    return "".join(_escaped(c, special=key or index == 0) for index, c in enumerate(text))


def _escaped(c: str, *, special: bool) -> str:
    if c in _NAMED:
        return _NAMED[c]
    if special and c in " =:#!":
        return "\\" + c
    if " " <= c <= "~":
        return c
    units = c.encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def _unescape(text: str) -> str:
    names = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}

    def plain(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if len(code) == 5 else names.get(code, code)

    loose = re.sub(r"\\(u[0-9a-fA-F]{4}|.?)", plain, text, flags=re.DOTALL)
    return loose.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
