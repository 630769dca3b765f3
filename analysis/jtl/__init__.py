"""JMeter's result files as chunks of rows: CSV or XML, plain or gzip, whole or torn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.analysis.jtl import csv, xml
from jmxgen.analysis.jtl.chunk import Chunk
from jmxgen.analysis.jtl.clock import Clock
from jmxgen.analysis.jtl.source import opened, size

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator
    from pathlib import Path

CUT_OFF: Final = "the gzip file is cut off or damaged: rows are missing"

__all__ = ["Chunk", "read", "size"]


def read(
    path: Path | str,
    *,
    skipped: Counter[str],
    rows: int = 250_000,
    zone: str = "UTC",
    in_order: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Chunk]:
    """Yield a results file's rows in the order of the file.

    Args:
        path: what `jmeter -l` wrote; as text, a URL that fsspec knows.
        skipped: gets, by reason, the number of rows that can't be read.
        rows: about so many rows a chunk: bounds the memory.
        zone: the zone of formatted time stamps, which don't name it.
        in_order: the rows are as JMeter wrote them: times that go back show a clock that was set back.
        progress: is given the bytes of the file read so far.

    Raises:
        ResultError: the file can't be read, or is not a results file.
    """
    with opened(path) as source:
        reader = xml.read if source.text.startswith("<") else csv.read
        clock = Clock()
        for chunk in reader(source, rows=rows, skipped=skipped, zone=zone):
            if progress:
                progress(source.position)
            yield clock.checked(chunk) if in_order else chunk
        if source.damaged:
            skipped[CUT_OFF] += 1
        if progress:
            progress(source.position)
