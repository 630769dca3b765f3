"""The text of a .jmx and the place of every element in it; refuses what would harm whoever reads on."""

from __future__ import annotations

import codecs
import dataclasses
import re
from typing import TYPE_CHECKING
from xml.parsers import expat

from jmxgen.errors import Place, PlanError

if TYPE_CHECKING:
    from pathlib import Path

MAX_ELEMENTS = 2_000_000  # a plan of 10 MB has a tenth of it; each takes about 1 kB to keep
MAX_DEPTH = 150  # controllers nest some ten deep; what is deeper is an attack on whoever walks the tree

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# JMeter writes UTF-8. These are not encodings of a document, and some take quadratic time.
_NO_ENCODINGS = frozenset(("idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined", "utf-7"))
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


@dataclasses.dataclass(frozen=True, slots=True)
class TextSpan:
    """Where an element stands: line and column from 1; byte offsets into `Tree.source`.

    `start` is its ``<``, `inner` the byte after its start tag, `outer` the byte of its end tag, `end` the
    byte after it. An empty-element tag ``<a/>`` has inner == outer == end.
    """

    line: int
    column: int
    start: int
    inner: int
    outer: int
    end: int

    @property
    def empty(self) -> bool:
        """Whether the element is written ``<a/>``."""
        return self.inner == self.end


def decode(data: bytes, path: Path | str) -> tuple[bytes, str, bytes]:
    """Return the text as UTF-8, the encoding it came in, and its byte order mark."""
    bom, encoding = next(((bom, name) for bom, name in _BOMS if data.startswith(bom)), (b"", ""))
    if not encoding:
        declared = _DECLARED.match(data[:400].lstrip())
        encoding = declared[1].decode("ascii") if declared else "utf-8"
    body = data[len(bom) :]
    try:
        if codecs.lookup(encoding).name in _NO_ENCODINGS:
            raise LookupError("no encoding of XML")
        return body.decode(encoding).encode(), encoding, bom
    except (UnicodeError, LookupError) as error:
        raise PlanError(f"is not the {encoding} text it says it is: {error}", place=Place(path)) from error


def locate(source: bytes, path: Path | str) -> list[TextSpan]:
    """Return the span of every element in the order of their start tags; refuse DTDs and absurd depths."""
    parser = expat.ParserCreate("utf-8")
    found: list[tuple[int, int, int, int]] = []
    ends: dict[int, int] = {}
    open_elements: list[int] = []

    def here() -> Place:
        return Place(path, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)

    def start(_name: str, _attributes: dict[str, str]) -> None:
        open_elements.append(len(found))
        if len(found) >= MAX_ELEMENTS:
            raise PlanError(f"has more than {MAX_ELEMENTS:,} elements", place=Place(path))
        if len(open_elements) > MAX_DEPTH:
            raise PlanError(f"nests deeper than {MAX_DEPTH} elements", place=here())
        line, column, index = (
            parser.CurrentLineNumber,
            parser.CurrentColumnNumber + 1,
            parser.CurrentByteIndex,
        )
        found.append((line, column, index, _tag_end(source, index)))

    def end(_name: str) -> None:
        ends[open_elements.pop()] = parser.CurrentByteIndex

    def doctype(*_declaration: object) -> None:
        raise PlanError("has a DOCTYPE, which no plan of JMeter's has", place=here(), hint="remove it")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(source, True)
    except expat.ExpatError as error:
        what = expat.errors.messages[error.code]
        place = Place(path, error.lineno, error.offset + 1)
        raise PlanError(f"is not well-formed XML: {what}", place=place) from error
    return [_span(source, started, ends[number]) for number, started in enumerate(found)]


def _span(source: bytes, started: tuple[int, int, int, int], end: int) -> TextSpan:
    line, column, start, inner = started
    if source[inner - 2 : inner] == b"/>":
        return TextSpan(line, column, start, inner, inner, inner)
    return TextSpan(line, column, start, inner, end, source.index(b">", end) + 1)


def _tag_end(source: bytes, start: int) -> int:
    """Return the byte after the start tag at `start`; a ``>`` in an attribute's quotes does not end it."""
    match = _TAG.match(source, start)
    assert match is not None, "expat has seen a start tag here"
    return match.end()


_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
