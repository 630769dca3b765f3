"""Log files to lines: streamed, plain or gzip, each line in whatever format it is."""

from __future__ import annotations

import codecs
import collections
import dataclasses
import gzip
import io
import math
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jmxgen.analysis.server_log import mapped
from jmxgen.analysis.server_log.formats import formats, names
from jmxgen.analysis.server_log.wrapping import unwrap
from jmxgen.errors import Place, ResultError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jmxgen.analysis.server_log.formats import Format
    from jmxgen.analysis.server_log.line import Line

_PACKED: Final = b"\x1f\x8b"
_LONGEST: Final = 64 * 1024  # characters of a line; what a server logs of a request is shorter
_EARLIEST_MS: Final = 1e12  # 2001: what is before or after isn't a time but something else, or a hoax
_LATEST_MS: Final = 4.1e12  # 2099
_CUT: Final = (EOFError, zlib.error, gzip.BadGzipFile)  # what a gzip file without its end raises
_SNIFFED: Final = 1000  # lines without a single known one: this isn't a log that can be read


@dataclasses.dataclass(slots=True)
class LogFile:
    """One file, and what its lines were; complete once it has been read."""

    name: str
    lines: int = 0
    formats: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    unreadable: int = 0  # lines of no known format
    odd: dict[str, tuple[int, int]] = dataclasses.field(default_factory=dict)  # what: (lines, the first)
    packed: bool = False  # gzip
    hint: str = ""  # what to change where it can't be read
    cut: bool = False  # the last line has no end, or the gzip file none: it was being written, or cut


def chosen(name: str | None) -> tuple[Format, ...]:
    """Return the formats to try: all, the one of that name, or the one that a mapping file describes.

    Raises:
        ResultError: it is neither a format's name nor a mapping file.
    """
    if name is None:
        return formats()
    for known in formats():
        if name == known.NAME:
            return (known,)
    path = Path(name)
    if not path.exists():
        raise ResultError(
            f"no server log format {name!r}", hint=f"one of {', '.join(names())}, or a mapping file"
        )
    return (mapped.read(path),)


class Reading:
    """The lines of several files, in order: (number of the file, line). Iterate once."""

    def __init__(self, paths: Sequence[Path], known: Sequence[Format] | None = None) -> None:
        """Take the files, and the formats to try (default: all)."""
        self.paths = tuple(paths)
        self.files = [LogFile(str(path)) for path in paths]
        self._known = list(known or formats())
        self._hints = [getattr(known, "hint", lambda _text: "") for known in self._known]
        self._wrapped = False  # whether the line before had something of a collector around it

    def __iter__(self) -> Iterator[tuple[int, Line]]:
        """Yield what lines say of connections; what says nothing of one is only counted.

        Raises:
            ResultError: a file can't be read, or none of its first lines is of a known format.
        """
        for number, (path, file) in enumerate(zip(self.paths, self.files, strict=True)):
            try:
                with path.open("rb") as raw:
                    for line in self._lines(raw, file):
                        yield number, line
            except OSError as error:
                raise ResultError(f"can't be read: {error.strerror or error}", place=Place(path)) from error
            if file.lines and not file.formats:
                raise _unknown(file)
            _check_mapping(file)

    def _lines(self, raw: io.BufferedReader, file: LogFile) -> Iterator[Line]:
        file.packed = raw.read(2) == _PACKED
        raw.seek(0)
        stream = io.BufferedReader(gzip.GzipFile(fileobj=raw)) if file.packed else raw
        with _decoded(stream) as texts:
            for text in _texts(texts, file):
                line = self._next(text, file)
                if line is not None and _timed(line):
                    yield line

    def _next(self, text: str, file: LogFile) -> Line | None:
        file.lines += 1
        line = self._parse(text, file)
        if line is not None and line.odd:
            lines, first = file.odd.get(line.odd, (0, file.lines))
            file.odd[line.odd] = lines + 1, first
        if file.lines == _SNIFFED and not file.formats:
            raise _unknown(file)
        return line

    def _parse(self, text: str, file: LogFile) -> Line | None:
        """Read a line as it is, then without what a collector put around it; first as the line before."""
        for wrapped in (self._wrapped, not self._wrapped):
            inner = unwrap(text) if wrapped else text
            line = None if wrapped and inner == text else self._parse_inner(inner, file)
            if line is not None:
                self._wrapped = wrapped
                return line
        file.unreadable += bool(text)
        hints = (hint(text) for hint in (*self._hints, _other_json))
        file.hint = file.hint or next(filter(None, hints), "")
        return None

    def _parse_inner(self, text: str, file: LogFile) -> Line | None:
        """Try the format of the line before first: most files have one."""
        for place, known in enumerate(self._known):
            line = known.parse(text)
            if line is not None:
                file.formats[known.NAME] += 1
                if place:
                    self._known.insert(0, self._known.pop(place))
                return line
        return None


def _timed(line: Line) -> bool:
    """Say whether a line has a time that can be, and take out those that can't."""
    if not _EARLIEST_MS < line.asked_at < _LATEST_MS:
        line.asked_at = line.opened_at = math.nan
    if not _EARLIEST_MS < line.ended_at < _LATEST_MS:
        line.ended_at = math.nan
    return not (math.isnan(line.asked_at) and math.isnan(line.ended_at))


def _unknown(file: LogFile) -> ResultError:
    return ResultError(
        "is not a server log that jmxgen can read",
        place=Place(file.name),
        hint=file.hint
        or f"known are {', '.join(names())}; for JSON lines name a mapping file with --server-log-format",
    )


def _check_mapping(file: LogFile) -> None:
    """Refuse a mapping of which a key means something else in every line."""
    for what, (lines, first) in file.odd.items():
        if lines == file.formats.total():
            raise ResultError(f"{what}, in all of {lines:,} lines", place=Place(file.name, first))


def _decoded(stream: io.BufferedReader[Any]) -> io.TextIOWrapper:
    """Return a log's text without its byte order mark: Windows writes UTF-16, and CR alone may end lines."""
    try:
        wide = stream.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    except _CUT:
        wide = False  # what follows finds the same
    return io.TextIOWrapper(stream, "utf-16" if wide else "utf-8-sig", errors="replace", newline=None)


def _texts(stream: io.TextIOWrapper, file: LogFile) -> Iterator[str]:
    """Yield whole lines without their ends. The last one is left out where it was cut."""
    skipping = False
    while True:
        try:
            text = stream.readline(_LONGEST)
        except _CUT:
            file.cut = True
            return
        if not text:
            return
        ended = text.endswith("\n")
        file.cut = not ended and len(text) < _LONGEST
        if ended and not skipping:
            yield text.rstrip("\n")
        elif not skipping and not (file.cut and file.lines):
            file.lines += 1  # longer than any server writes, or all that there is: counted, and passed over
            file.unreadable += 1
            file.hint = file.hint or _other_json(text)
        skipping = not ended


def _other_json(text: str) -> str:
    """Return what to change where a log is JSON, but not one object a line; empty where it isn't."""
    if text.rstrip() == "{":
        return "JSON is read with one object per line: jq -c . FILE"
    is_array = text.rstrip() == "[" or (text.startswith("[") and "{" in text[:200])
    return "JSON is read with one object per line: jq -c '.[]' FILE" if is_array else ""
