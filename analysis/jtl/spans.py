"""A large CSV file in spans that can be read apart: cut where a row ends, never inside quotes."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Final

from jmxgen.analysis.jtl.source import LONGEST_ROW, PACKED, last_row_end

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK: Final = 1 << 20
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """The bytes of a plain CSV file from `start` up to `stop`: whole rows."""

    start: int
    stop: int


def cut(path: Path, count: int, *, lead: int = 0, block: int = _BLOCK) -> tuple[Span, ...]:
    """Cut a file into spans of about the same size.

    All quotes up to the last cut are counted, for only their number tells whether a line end is one of a
    row. What can't be cut that way stays whole: a packed or XML file, and one in which a quote is open for so
    long that the reader may give it up.

    Args:
        path: what `jmeter -l` wrote.
        count: how many spans are wanted.
        lead: so many bytes more than the others the first span has.
        block: bytes looked at a time; a cut falls at the last end of a row within one.

    Returns:
        At most `count` spans, in order, that make up the file; none of an unreadable file, whose reader
        says why.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            return ()
        with path.open("rb") as file:
            head = file.read(_BLOCK).lstrip(b"\xef\xbb\xbf \t\r\n\0")
            if head.startswith((PACKED, b"<", *_UTF_16)):
                return (Span(0, size),)
            file.seek(0)
            ends = [lead + (size - lead) * number // count for number in range(1, count)]
            cuts = _cuts(iter(lambda: file.read(block), b""), ends)
    except OSError:
        return ()
    edges = [0, *sorted({one for one in cuts if one < size}), size]
    return tuple(Span(start, stop) for start, stop in itertools.pairwise(edges))


def _cuts(blocks: Iterator[bytes], goals: list[int]) -> list[int]:
    """Return for each goal the first place found after it where a row ends; none if quotes are in doubt."""
    found: list[int] = []
    position = since = 0  # bytes before the block, and of those the ones after the last end of a row
    odd = False
    for block in blocks:
        if len(found) == len(goals):
            break
        end = last_row_end(block, odd=odd)
        if end:
            while len(found) < len(goals) and position + end >= goals[len(found)]:
                found.append(position + end)
            odd, since = block.count(b'"', end) % 2 == 1, len(block) - end
        else:
            odd, since = (block.count(b'"') + odd) % 2 == 1, since + len(block)
            if since > LONGEST_ROW // 2:
                return []
        position += len(block)
    return found
