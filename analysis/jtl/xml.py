"""JMeter's XML results as chunks of typed rows.

The file is pushed through expat, which builds no tree: memory is flat. A document type is refused, so that
no entity is ever defined or fetched. JMeter writes characters that XML forbids as they come: they are
replaced (`xml_text`). Where the rest can't be parsed, reading goes on at the next sample.
"""

from __future__ import annotations

import array
import codecs
import collections
import re
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

import numpy as np
import pandas as pd

from jmxgen.analysis.jtl.chunk import EXTRA, HOST, LATENCY, NO_TIME, Chunk, complete, is_transaction
from jmxgen.analysis.jtl.xml_text import Allowed
from jmxgen.columns import OWN_NUMBER, REPLIES
from jmxgen.errors import Place, ResultError, one_line

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from jmxgen.analysis.jtl.source import Source

_PIECE: Final = 256 * 1024
_SAMPLES: Final = frozenset(("sample", "httpSample"))
_DEEPEST: Final = 100
_DEEPEST_ELEMENT: Final = 1000  # of any name: expat keeps the names of all that are open
_LONGEST: Final = 8 * 1024 * 1024  # characters of one tag or comment, which expat keeps whole
_ENCODINGS: Final = frozenset(("utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252"))
# SampleResultConverter.java: attribute -> column. A sample variable is an attribute of its own name.
_NUMBERS: Final = {
    "ts": "timeStamp",
    "t": "elapsed",
    "by": "bytes",
    "sby": "sentBytes",
    "na": "allThreads",
    "ct": "Connect",
    "lt": LATENCY,
}
_TEXTS: Final = {
    "lb": "label",
    "rc": "responseCode",
    "rm": "responseMessage",
    "tn": "threadName",
    OWN_NUMBER: OWN_NUMBER,
    REPLIES: REPLIES,
    "hn": HOST,
}
_UNKNOWN: Final = -1
FORBIDDEN: Final = "characters that XML forbids, read as U+FFFD"
DAMAGED: Final = "samples with contents that can't be parsed, read by their attributes"
CUT: Final = "the XML ends before its end"
_SAMPLE: Final = re.compile(rb"<(?:sample|httpSample)(?=[\s>/])")
_TAG_BYTES: Final = len(b"<httpSample ")
_ROOT: Final = b"<testResults>"
_ENCODING: Final = re.compile(r"""<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']""")


def read(source: Source, *, rows: int, skipped: Counter[str], zone: str = "UTC") -> Iterator[Chunk]:  # noqa: ARG001
    """Yield the rows of an XML file; arguments and errors as with CSV. Times are numbers, without a zone."""
    samples = _Samples(source, skipped)
    allowed = Allowed()
    decode = codecs.getincrementaldecoder(_encoding(source))("replace").decode
    more = True
    while more:
        piece = source.read(_PIECE)
        more = bool(piece)
        samples.feed(allowed.text(decode(piece, final=not more), last=not more), last=not more)
        if samples.count >= rows or (samples.count and not more):
            samples.repaired.update({FORBIDDEN: allowed.replaced} if allowed.replaced else {})
            allowed.replaced = 0
            yield samples.chunk()


def _encoding(source: Source) -> str:
    """Return the encoding that the file names; UTF-8, which JMeter writes, for any but the usual ones."""
    if source.head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    found = _ENCODING.match(source.text)
    try:
        name = codecs.lookup(found[1]).name if found else "utf-8"
    except LookupError:
        return "utf-8"
    return name if name in _ENCODINGS else "utf-8"


class _Columns:
    """The attributes of samples as typed columns, each distinct text kept once."""

    def __init__(self) -> None:
        self.numbers = {name: array.array("q") for name in _NUMBERS.values()}
        self.codes = {name: array.array("i") for name in (*_TEXTS.values(), "URL")}
        self.texts: dict[str, dict[str, int]] = {name: {} for name in self.codes}
        self.success = array.array("b")
        self.depth = array.array("b")

    def append(self, found: dict[str, str], *, url: str, depth: int) -> bool:
        """Add a sample; False where it has no time or duration."""
        try:
            values = [int(found.get(short, _UNKNOWN)) for short in _NUMBERS]
        except ValueError:
            return False
        if "ts" not in found or "t" not in found or max(map(abs, values)) > 2**53:
            return False
        for column, value in zip(self.numbers.values(), values, strict=True):
            column.append(value)
        for short, name in _TEXTS.items():
            known = self.texts[name]
            self.codes[name].append(known.setdefault(found.get(short, ""), len(known)))
        known = self.texts["URL"]
        self.codes["URL"].append(known.setdefault(url, len(known)))
        self.success.append(found.get("s") == "true")
        self.depth.append(depth)
        return True

    def frame(self) -> pd.DataFrame:
        """Return the samples as rows."""
        columns: dict[str, object] = {
            name: np.array(column, np.int64) for name, column in self.numbers.items()
        }
        columns["allThreads"] = np.clip(np.array(self.numbers["allThreads"]), -1, 2**31 - 1)
        for name, codes in self.codes.items():
            texts = pd.Index(self.texts[name], dtype="str")
            columns[name] = pd.Categorical.from_codes(np.array(codes, np.int32), texts)
        columns["success"] = np.array(self.success, bool)
        columns["depth"] = np.array(self.depth, np.int8)
        return complete(pd.DataFrame(columns), EXTRA)


class _Samples:
    """Collects the samples that expat reports."""

    def __init__(self, source: Source, skipped: Counter[str]) -> None:
        self._path = source.path
        self._skipped = skipped
        self._parser = self._new_parser()
        self.repaired: collections.Counter[str] = collections.Counter()
        self._started = False
        self._broken = False  # the next sample is looked for
        self._held = b""  # where that may begin
        self._parsed = 0  # bytes that the parser has
        self._last = -1  # where expat's last tag, text or comment began
        self._waiting = 0  # characters since then
        self._open = 0  # elements of any name
        self._root_seen = False
        self._depth: list[
            int
        ] = []  # for each open sample: samples around its children, transactions not counted
        self._columns = _Columns()

    def _new_parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        return parser

    @property
    def count(self) -> int:
        return len(self._columns.depth)

    def feed(self, text: str, *, last: bool) -> None:
        """Parse more text; where it breaks, go on at the next sample."""
        if not self._started:
            text = text.lstrip("\ufeff \t\r\n\0")
            if not text and not last:
                return
            self._started = True
        data = self._held + text.encode("utf-8", "replace")
        self._held = b""
        while True:
            if self._broken:
                found = _SAMPLE.search(data)
                if found is None:
                    self._held = data[-_TAG_BYTES:]
                    return
                data = data[found.start() :]
                self._begin_anew()
            try:
                self._parser.Parse(data, last)
            except expat.ExpatError:
                data = self._after_break(data, last=last)
            else:
                self._parsed += len(data)
                self._bound(len(text))
                return

    def _after_break(self, data: bytes, *, last: bool) -> bytes:
        """Count a place where the XML breaks, and return what follows it."""
        if not self._root_seen:
            raise ResultError("is no XML and no CSV of JMeter's", place=Place(self._path, 1))
        place = max(self._parser.ErrorByteIndex - self._parsed, 0) + 1
        if last and not _SAMPLE.search(data, place):
            self._skipped[CUT] += 1
        elif self._depth:  # the sample's attributes have been read
            self.repaired[DAMAGED] += 1
        else:
            self._skipped["XML that can't be parsed"] += 1
        self._broken = True
        return data[place:]

    def _begin_anew(self) -> None:
        self._parser = self._new_parser()
        self._broken, self._depth, self._open = False, [], 0
        self._parser.Parse(_ROOT, False)
        self._parsed, self._last = len(_ROOT), -1

    def _bound(self, length: int) -> None:
        began = self._parser.CurrentByteIndex
        self._waiting = self._waiting + length if began == self._last else 0
        self._last = began
        if self._waiting > _LONGEST:
            raise ResultError("has a tag or comment without an end", place=Place(self._path))

    def _refuse(self, *_: object) -> None:
        raise ResultError(
            "has a document type, which JMeter never writes",
            place=Place(self._path, self._parser.CurrentLineNumber),
        )

    def _start(self, tag: str, found: dict[str, str]) -> None:
        self._open += 1
        if self._open > _DEEPEST_ELEMENT:
            raise ResultError(
                f"has elements nested more than {_DEEPEST_ELEMENT} deep", place=Place(self._path)
            )
        if tag not in _SAMPLES:
            if not self._root_seen and tag != "testResults":
                shown = one_line(tag[:40])
                raise ResultError(f"is XML, but no JMeter results: <{shown}>", place=Place(self._path, 1))
            self._root_seen = True
            return
        self._root_seen = True
        if len(self._depth) > _DEEPEST:
            raise ResultError(f"has samples nested more than {_DEEPEST} deep", place=Place(self._path))
        depth = self._depth[-1] if self._depth else 0
        if not self._columns.append(found, url="http" if tag == "httpSample" else "", depth=depth):
            self._skipped[NO_TIME] += 1
        self._depth.append(depth if is_transaction(found.get("rm", "")) else depth + 1)

    def _end(self, tag: str) -> None:
        self._open -= 1
        if tag in _SAMPLES and self._depth:
            self._depth.pop()

    def chunk(self) -> Chunk:
        """Return the samples collected, and start anew."""
        columns, self._columns = self._columns, _Columns()
        repaired, self.repaired = self.repaired, collections.Counter()
        return Chunk(columns.frame(), repaired=repaired)
