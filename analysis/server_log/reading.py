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
from typing import IO, TYPE_CHECKING, Any, Final, cast

from jmxgen.analysis.server_log import mapped
from jmxgen.analysis.server_log.formats import formats, names
from jmxgen.analysis.server_log.wrapping import unwrap
from jmxgen.errors import Place, ResultError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jmxgen.analysis.server_log.formats import Format
    from jmxgen.analysis.server_log.line import Line

_PACKED: Final = b"\x1f\x8b"
_LONGEST: Final = 64 * 1024  # bytes of a line; what a server logs of a request is shorter
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
        for text in _texts(_in_utf8(stream), file):
            file.lines += 1
            line = self._parse(text, file)
            if line is not None and line.odd:
                lines, first = file.odd.get(line.odd, (0, file.lines))
                file.odd[line.odd] = lines + 1, first
            if file.lines == _SNIFFED and not file.formats:
                raise _unknown(file)
            if line is not None and not (math.isnan(line.asked_at) and math.isnan(line.ended_at)):
                yield line

    def _parse(self, text: str, file: LogFile) -> Line | None:
        """Read a line as it is, then without what a collector put around it; first as the line before."""
        for wrapped in (self._wrapped, not self._wrapped):
            inner = unwrap(text) if wrapped else text
            line = None if wrapped and inner == text else self._parse_inner(inner, file)
            if line is not None:
                self._wrapped = wrapped
                return line
        file.unreadable += bool(text)
        file.hint = file.hint or next(filter(None, (hint(text) for hint in self._hints)), "")
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


def _in_utf8(stream: io.BufferedReader[Any]) -> IO[bytes]:
    """Return a stream of UTF-8, without a byte order mark: Windows writes UTF-16."""
    mark = stream.peek(3)[:3]
    if mark == codecs.BOM_UTF8:
        stream.read(3)
    if not mark.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return stream
    return cast("IO[bytes]", codecs.EncodedFile(stream, "utf-8", "utf-16", errors="replace"))


def _texts(stream: IO[bytes], file: LogFile) -> Iterator[str]:
    """Yield whole lines without their ends. The last one is left out where it was cut."""
    skipping = False
    while True:
        try:
            raw = stream.readline(_LONGEST)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            file.cut = True
            return
        if not raw:
            return
        ended = raw.endswith(b"\n")
        if not ended and len(raw) < _LONGEST:
            file.cut = True
            return
        if ended and not skipping:
            yield raw.decode("utf-8", "replace").rstrip("\r\n")
        elif not skipping:
            file.lines += 1  # longer than any server writes: counted, and passed over
            file.unreadable += 1
        skipping = not ended
