"""Waiting for a frame: the filters that pass over all others, and the assertion that settles JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from jmxgen.errors import ScenarioError
from jmxgen.plan.model import BinaryFilter, Element, JsonAssertion, PingFilter, TextFilter
from jmxgen.plan.texts import literal_regex, verbatim, verbatim_regex

if TYPE_CHECKING:
    from jmxgen.scenario.frames import Awaited

DATA_TYPES: Final[dict[str, Literal["Text", "Binary", "Any"]]] = {
    "text": "Text",
    "binary": "Binary",
    "any": "Any",
}
_NO_TEXT: Final = TextFilter(name="text frames are passed over")
_NO_BINARY: Final = BinaryFilter(name="binary frames are passed over")
_LAST_KEY: Final = re.compile(r"""(?:\.|\[['"])([A-Za-z_][A-Za-z0-9_-]*)(?:['"]\])?$""")
_PLAIN: Final = re.compile(r"[A-Za-z0-9 _.:/+-]*")


def ping_filter(*, reply: bool) -> PingFilter:
    """Return the filter without which a ping in the middle of a wait would fail the sample."""
    return PingFilter(name="pings are answered" if reply else "pings are left unanswered", reply=reply)


def skip_all(*, reply: bool, binary: bool) -> tuple[Element, ...]:
    """Return filters that pass over every data frame: for waits that want none."""
    return (ping_filter(reply=reply), *skip_data(binary=binary))


def skip_data(*, binary: bool) -> tuple[Element, ...]:
    """Return filters that pass over data frames; binary filters only where steps deal with binary frames.

    Every filter costs each sample under it CPU time. Where no step deals with binary frames, messages.groovy
    passes over them.
    """
    return (_NO_TEXT, _NO_BINARY) if binary else (_NO_TEXT,)


def skip_others(awaited: Awaited, *, reply: bool, binary: bool) -> tuple[Element, ...]:
    """Return what lets a reading sampler end at the awaited frame and at no other.

    Raises:
        ScenarioError: a binary frame is to be held against a regex, a JSON path, or a variable.
    """
    filters: list[Element] = [ping_filter(reply=reply)]
    if awaited.frame == "binary":
        filters.append(_NO_TEXT)
    else:
        filters += _text_filters(awaited)
    if binary:
        filters += _binary_filters(awaited)
    if awaited.json_path is not None:
        filters.append(
            JsonAssertion(
                name=f"{awaited.json_path} is as expected",
                path=verbatim(awaited.json_path),
                # A regex, since JMeter reads a value as JSON: the text "42" would differ from 42.
                value=None if awaited.equals is None else literal_regex(awaited.equals),
            )
        )
    return tuple(filters)


def _text_filters(awaited: Awaited) -> list[Element]:
    name = "other text frames are passed over"
    if awaited.contains is not None:
        return [TextFilter(name=name, comparison="NotContains", value=verbatim(awaited.contains))]
    regex = verbatim_regex(awaited.regex) if awaited.regex is not None else _json_regex(awaited)
    return [TextFilter(name=name, comparison="NotContainsRegex", value=regex)] if regex is not None else []


def _binary_filters(awaited: Awaited) -> list[Element]:
    if awaited.frame == "text":
        return [_NO_BINARY]
    if awaited.frame == "binary" and (awaited.regex is not None or awaited.json_path is not None):
        raise ScenarioError(
            "a binary frame can be held against contains only", hint="leave out regex and json, or the frame"
        )
    if awaited.contains is not None:
        if "${" in awaited.contains:
            raise ScenarioError(
                "a binary frame can't be held against a variable",
                hint="write the text itself, or frame: text",
            )
        found = awaited.contains.encode().hex()
        return [
            BinaryFilter(name="other binary frames are passed over", comparison="NotContains", value=found)
        ]
    return [] if awaited.anything else [_NO_BINARY]


def _json_regex(awaited: Awaited) -> str | None:
    """Return a regex that holds for every frame with the awaited JSON value, and for few others.

    The filters know no JSON. The path's last key, with the value where any JSON writes it the same way,
    distinguishes nearly all frames; the assertion beside it decides the rest.
    """
    if awaited.json_path is None:
        return None
    key = _LAST_KEY.search(awaited.json_path)
    if not key:
        return None
    regex = rf'"{re.escape(key[1])}"\s*:'
    if awaited.equals is not None and _PLAIN.fullmatch(awaited.equals):
        regex += rf'\s*"?{re.escape(awaited.equals)}"?\s*[,}}]'
    return regex
