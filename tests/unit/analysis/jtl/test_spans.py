from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest

from jmxgen.analysis.jtl.spans import Span, cut

LINE = '1767225600000,3,"label ""quoted""","503","said:\n ""busy,""\nagain",t,text,true\n'
PLAIN = "1767225600000,3,label,200,OK,t,text,true\n"
HEADER = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success\n"


def pieces(path: Path, spans: tuple[Span, ...]) -> list[bytes]:
    data = path.read_bytes()
    return [data[span.start : span.stop] for span in spans]


def rows(text: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.decode(), newline="")))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("block", [1 << 20, 97, 64, 7])
@pytest.mark.parametrize("count", [2, 3, 8])
def test_spans_make_up_the_file_and_end_where_rows_end(
    tmp_path: Path, end: str, block: int, count: int
) -> None:
    text = (HEADER + (LINE + PLAIN * 2 + LINE * 3) * 20).replace("\n", end)
    path = tmp_path / "results.jtl"
    path.write_bytes(text.encode())
    spans = cut(path, count, block=block)
    found = pieces(path, spans)
    assert b"".join(found) == text.encode()
    together = [row for piece in found for row in rows(piece)]
    assert together == rows(text.encode())
    assert {len(row) for row in together} == {8}


def test_a_file_is_cut_into_as_many_spans_as_were_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "results.jtl"
    path.write_text(HEADER + PLAIN * 1000)
    spans = cut(path, 4, block=256)
    sizes = [span.stop - span.start for span in spans]
    assert len(spans) == 4
    assert max(sizes) - min(sizes) < 1024


@pytest.mark.parametrize("text", ["", "\n", "a", HEADER, HEADER + PLAIN, HEADER + PLAIN.rstrip("\n")])
def test_tiny_files_stay_whole_and_lose_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "results.jtl"
    path.write_text(text)
    assert b"".join(pieces(path, cut(path, 8, block=16))) == text.encode()


def test_packed_and_xml_files_stay_whole(tmp_path: Path) -> None:
    for name, data in (("a", gzip.compress(b"x" * 99)), ("b", b"\xef\xbb\xbf <testResults>\n" * 9)):
        path = tmp_path / name
        path.write_bytes(data)
        assert cut(path, 3, block=4) == (Span(0, len(data)),)


def test_a_cut_falls_before_a_line_that_looks_like_a_row(tmp_path: Path) -> None:
    path = tmp_path / "results.jtl"
    text = '1767225600000,3,label,200,"' + "said:\n" * 100 + '",t,text,true\n'
    path.write_text(HEADER + PLAIN + text * 20)
    found = pieces(path, cut(path, 4))
    assert len(found) == 4
    assert all(piece.startswith(b"17672256") for piece in found[1:])


def test_a_file_in_which_no_other_line_looks_like_a_row_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "results.jtl"
    path.write_text(HEADER + PLAIN + "said:\n" * 1000)
    assert len(cut(path, 4)) == 1


def test_what_can_not_be_read_has_no_span(tmp_path: Path) -> None:
    assert cut(tmp_path / "missing", 2) == ()
    assert cut(tmp_path, 2) == ()
