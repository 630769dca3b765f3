from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from jmxgen.analysis.jtl.ending import broken_off

CSV = b"timeStamp,elapsed,label\n1795491519313,10,open\n1795491519323,10,open\n"
XML = b'<?xml version="1.0"?>\n<testResults version="1.2">\n<sample t="1" lb="open"/>\n</testResults>\n'


@pytest.mark.parametrize(
    ("content", "broken"),
    [
        (CSV, False),
        (CSV.replace(b"\n", b"\r\n"), False),
        (CSV + b"17954915", True),
        (CSV[:-1], True),  # the last number may lack a digit
        (CSV + b"\0\0\0", False),  # a preallocated file
        (b"", False),  # empty, which reading it reports
        (XML, False),
        (XML.rstrip(), False),
        (XML.replace(b"</testResults>\n", b""), True),
        (XML[:-30], True),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_whole_where_jmeter_would_end_it(
    content: bytes, broken: bool, packed: bool, tmp_path: Path
) -> None:
    path = tmp_path / "results.jtl"
    path.write_bytes(gzip.compress(content) if packed else content)

    assert broken_off(path) is broken


def test_a_gzip_file_that_was_cut_off_is_broken_off(tmp_path: Path) -> None:
    path = tmp_path / "results.jtl.gz"
    path.write_bytes(gzip.compress(CSV * 500)[:-20])

    assert broken_off(path)


def test_what_can_not_be_read_is_not_said_to_be_broken_off(tmp_path: Path) -> None:
    assert not broken_off(tmp_path / "none.jtl")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_ends_where_its_text_does(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "results.jtl"
    for text, cut in (("<testResults>\n</testResults>\n", False), ("<testResults><sample t='1'/>", True)):
        path.write_bytes(text.encode(encoding))
        assert broken_off(path) is cut
