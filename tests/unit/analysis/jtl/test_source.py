"""A results file as bytes."""

from __future__ import annotations

from pathlib import Path

from jmxgen.analysis.jtl.source import opened


def test_what_is_appended_while_a_file_is_read_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "results.jtl"
    path.write_bytes(b"timeStamp\n1\n" * 20_000)
    whole = path.stat().st_size

    with opened(path) as source, path.open("ab") as more:
        read = 0
        while data := source.read(1000):
            read += len(data)
            more.write(data)
            more.flush()

    assert read == whole
