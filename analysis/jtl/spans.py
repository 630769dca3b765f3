"""A large CSV file in spans that can be read apart: cut where a row seems to begin."""

from __future__ import annotations

import dataclasses
import itertools
from typing import IO, TYPE_CHECKING, Final

from jmxgen.analysis.jtl.source import PACKED

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK: Final = 1 << 20
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_TELLING: Final = 8  # bytes of a time stamp, which all rows begin with, whatever its format
_AS_ZERO: Final = bytes.maketrans(b"123456789", b"0" * 9)


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """The bytes of a plain CSV file from `start` up to `stop`."""

    start: int
    stop: int


def cut(path: Path, count: int, *, block: int = _BLOCK) -> tuple[Span, ...]:
    """Cut a file into spans of about the same size.

    A cut falls before a line that begins as the first row does, digit for digit. That may be a line of a text
    in quotes. Who reads the spans finds out: where all of them but the last have an even number of quotes,
    none of them ends within quotes; one that does leaves a `jmxgen.analysis.jtl.source.OPEN_QUOTE`.

    Args:
        path: what `jmeter -l` wrote.
        count: how many spans are wanted.
        block: bytes that are looked at for a cut; where no row begins in them, there is none.

    Returns:
        At most `count` spans, in order, that make up the file: one of a packed or XML file; none of an
        unreadable one, whose reader says why.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            return ()
        with path.open("rb") as file:
            head = file.read(_BLOCK).lstrip(b"\xef\xbb\xbf \t\r\n\0")
            first = next((line for line in head.splitlines() if line[:1].isdigit()), None)
            if first is None or head.startswith((PACKED, b"<", *_UTF_16)):
                return (Span(0, size),)
            goals = [size * number // count for number in range(1, count)]
            cuts = {_row_after(file, goal, _shape(first[:_TELLING]), block) for goal in goals}
    except OSError:
        return ()
    edges = sorted({0, *cuts, size})
    return tuple(Span(start, stop) for start, stop in itertools.pairwise(edges))


def _row_after(file: IO[bytes], goal: int, shape: bytes, block: int) -> int:
    """Return the place of the first line after `goal` that has a row's shape; 0 without one."""
    file.seek(goal)
    data = file.read(block)
    end = data.find(b"\n") + 1
    while end:
        if _shape(data[end : end + _TELLING]) == shape:
            return goal + end
        end = data.find(b"\n", end) + 1
    return 0


def _shape(beginning: bytes) -> bytes:
    return beginning.translate(_AS_ZERO)
