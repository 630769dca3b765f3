"""What the harnesses of the result readers share: the whole way from bytes to the words of a verdict."""

from __future__ import annotations

import atexit
import collections
import shutil
import tempfile
import warnings
import zlib
from pathlib import Path

from jmxgen.analysis import jtl, reading, verdict
from jmxgen.analysis.reading import metric_rows
from jmxgen.analysis.report import connections, json, text
from jmxgen.errors import JmxgenError, ResultError

FOLDER = Path(tempfile.mkdtemp(prefix="jmxgen-fuzz-"))  # its files are written anew for each input
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
JUDGED = 8  # of so many inputs with rows one is judged, for that takes ten times as long as to read it
warnings.simplefilter("error")  # as in the tests: a reader that warns has met what it does not expect


def analyse(data: bytes, name: str) -> None:
    """Read the bytes as a results file; some of those that can be read are also judged and told."""
    path = FOLDER / name
    path.write_bytes(data)
    try:
        chunks = jtl.read(path, skipped=collections.Counter(), rows=50)
        rows = sum(len(metric_rows.without(chunk).rows) for chunk in chunks)
        if not rows or zlib.crc32(data) % JUDGED:
            return
        found = reading.read([path], chunk_rows=50)
    except ResultError as error:
        clear(error, path)
        return
    assert found.rows == rows
    analysis = verdict.judge(found)
    told = text.render(analysis, colour=False, width=100)
    assert printable(told), told
    assert printable(json.render(analysis))
    assert printable(connections.render(analysis).decode())


def clear(error: JmxgenError, start: Path | str) -> None:
    """Fail unless the error is of single printable lines that begin with the file, say."""
    for fault in error.faults:
        assert str(fault).startswith(str(start)), fault
        assert str(fault).isprintable(), fault


def printable(told: str) -> bool:
    """Say whether a terminal that shows the text does nothing but show it."""
    return all(c.isprintable() or c in "\n\r" for c in told)
