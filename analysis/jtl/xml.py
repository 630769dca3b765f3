"""JMeter's XML results as chunks of typed rows.

The file is pushed through expat, which builds no tree: memory is flat. A document type is refused, so that
no entity is ever defined or fetched. What stands before the place where a file breaks off is kept.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from jmxgen.analysis.dialects.event import is_transaction
from jmxgen.analysis.jtl.chunk import LATENCY, OWN_NUMBER, Chunk, from_texts
from jmxgen.errors import Place, ResultError, one_line

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from jmxgen.analysis.jtl.source import Source

_PIECE: Final = 256 * 1024
_SAMPLES: Final = frozenset(("sample", "httpSample"))
_DEEPEST: Final = 100
# SampleResultConverter.java: attribute -> column
_ATTRIBUTES: Final = {
    "ts": "timeStamp",
    "t": "elapsed",
    "lb": "label",
    "rc": "responseCode",
    "rm": "responseMessage",
    "tn": "threadName",
    "s": "success",
    "by": "bytes",
    "sby": "sentBytes",
    "na": "allThreads",
    "ct": "Connect",
    "lt": LATENCY,
    OWN_NUMBER: OWN_NUMBER,  # an attribute of its own name, as all sample_variables
}
_ENCODING: Final = re.compile(r"""<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']""")


def read(source: Source, *, rows: int, skipped: Counter[str], zone: str = "UTC") -> Iterator[Chunk]:
    """Yield the rows of an XML file; arguments and errors as with CSV."""
    rows_of = _Samples(source)
    decode = codecs.getincrementaldecoder(_encoding(source.text))("replace").decode
    broken = False
    while not broken:
        piece = source.read(_PIECE)
        broken = not rows_of.feed(decode(piece, final=not piece), last=not piece)
        if rows_of.count >= rows:
            yield rows_of.chunk(skipped, zone)
        if not piece:
            break
    if broken:
        skipped["the XML ends or breaks before its end"] += 1
    if rows_of.count:
        yield rows_of.chunk(skipped, zone)


def _encoding(text: str) -> str:
    found = _ENCODING.match(text)
    try:
        return codecs.lookup(found[1]).name if found else "utf-8"
    except LookupError:
        return "utf-8"


class _Samples:
    """Collects the attributes of sample elements as columns of text."""

    def __init__(self, source: Source) -> None:
        self._path = source.path
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = False
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._started = False
        self._root_seen = False
        self._depth: list[
            int
        ] = []  # for each open sample: samples around its children, transactions not counted
        self._columns: dict[str, list[str]] = {}
        self._reset()

    def _reset(self) -> None:
        self._columns = {name: [] for name in (*_ATTRIBUTES.values(), "URL", "depth")}

    @property
    def count(self) -> int:
        return len(self._columns["timeStamp"])

    def feed(self, text: str, *, last: bool) -> bool:
        """Parse more text; False when it is no XML from here on."""
        if not self._started:
            text = text.lstrip("\ufeff \t\r\n\0")
            if not text and not last:
                return True
            self._started = True
        try:
            self._parser.Parse(text, last)
        except expat.ExpatError:
            if not self._root_seen:
                raise ResultError("is no XML and no CSV of JMeter's", place=Place(self._path, 1)) from None
            return False
        return True

    def _refuse(self, *_: object) -> None:
        raise ResultError(
            "has a document type, which JMeter never writes",
            place=Place(self._path, self._parser.CurrentLineNumber),
        )

    def _start(self, tag: str, found: dict[str, str]) -> None:
        if tag not in _SAMPLES:
            if not self._root_seen and tag != "testResults":
                shown = one_line(tag[:40])
                raise ResultError(f"is XML, but no JMeter results: <{shown}>", place=Place(self._path, 1))
            self._root_seen = True
            return
        self._root_seen = True
        depth = self._depth[-1] if self._depth else 0
        if len(self._depth) > _DEEPEST:
            raise ResultError(f"has samples nested more than {_DEEPEST} deep", place=Place(self._path))
        columns = self._columns
        for short, name in _ATTRIBUTES.items():
            columns[name].append(found.get(short, ""))
        columns["URL"].append("http" if tag == "httpSample" else "")
        columns["depth"].append(str(depth))
        self._depth.append(depth if is_transaction(found.get("rm", "")) else depth + 1)

    def _end(self, tag: str) -> None:
        if tag in _SAMPLES and self._depth:
            self._depth.pop()

    def chunk(self, skipped: Counter[str], zone: str) -> Chunk:
        """Return the rows collected, and start anew."""
        extra = (OWN_NUMBER, LATENCY)
        frame, assumed = from_texts(self._columns, extra=extra, zone=zone, skipped=skipped)
        self._reset()
        return Chunk(frame, 0, assumed)
