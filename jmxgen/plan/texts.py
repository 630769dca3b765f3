r"""Texts of a scenario as JMeter reads them: variables are filled in, all else stays as it was written.

In a text that holds `${…}`, JMeter takes a backslash before a backslash, a comma or a dollar sign for an
escape and drops it (FunctionParser.compileString); in a text without `${…}` it doesn't. So a JSON payload
with a variable would lose half of its backslashes. `\${` stays what it is in JMeter: a dollar and a brace.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


# What XML can't hold: JMeter makes it as the plan runs.
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def verbatim(text: str) -> str:
    """Return the text so that JMeter yields it with its variables filled in and nothing else changed."""
    if "${" not in text and not _CONTROL.search(text):
        return text
    escaped = "".join(
        part if variable else re.sub(r"\\(?!\$)", r"\\\\", part) for part, variable in parts(text)
    )
    return _CONTROL.sub(lambda found: f"${{__char({ord(found[0])})}}", escaped)


def literal_regex(text: str) -> str:
    """Return a regex for the text itself, for ORO and Java alike; `${…}` is escaped as it runs."""
    plain = "${" not in text
    return "".join(
        f"${{__escapeOroRegexpChars({part},)}}" if variable else _escaped(part, plain)
        for part, variable in parts(text)
    )


def _escaped(part: str, plain: bool) -> str:
    escaped = _named(re.sub(r"([^\w\s\x00-\x1f])", r"\\\1", part))
    return escaped if plain else escaped.replace("\\", "\\\\")


def _named(regex: str) -> str:
    r"""Return the regex with its control characters written as \x1e."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", regex)


def verbatim_regex(regex: str) -> str:
    """Return the regex so that JMeter yields it with its variables filled in and nothing else changed."""
    regex = _named(regex)
    if "${" not in regex:
        return regex
    return "".join(part if variable else part.replace("\\", "\\\\") for part, variable in parts(regex))


def parts(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the text in parts, each with whether it is a `${…}`, nested ones within it."""
    begin = 0
    for opening in re.finditer(r"(?<!\\)\$\{", text):
        if opening.start() < begin:
            continue
        end = _closing(text, opening.end())
        if end is None:
            break
        if opening.start() > begin:
            yield text[begin : opening.start()], False
        yield text[opening.start() : end], True
        begin = end
    if begin < len(text):
        yield text[begin:], False


def _closing(text: str, position: int) -> int | None:
    depth = 1
    for mark in re.finditer(r"\$\{|\}", text[position:]):
        depth += 1 if mark.group() == "${" else -1
        if not depth:
            return position + mark.end()
    return None
