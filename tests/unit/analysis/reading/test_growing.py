from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from jmxgen.analysis import measures, reading
from jmxgen.analysis.reading.growing import Growing
from jmxgen.errors import ResultError

SAMPLE = Path(__file__).parents[4] / "samples" / "cap.jtl"


def in_order(connections: pd.DataFrame) -> pd.DataFrame:
    plain = connections.astype(dict.fromkeys(connections.select_dtypes("category"), "str"))
    return plain.sort_values(["thread", "connection"]).reset_index(drop=True)


@pytest.mark.parametrize("step", [97, 4096, 10**7])
def test_a_file_read_while_it_grows_says_the_same_as_one_read_whole(step: int, tmp_path: Path) -> None:
    whole, path = SAMPLE.read_bytes(), tmp_path / "growing.jtl"
    growing = Growing(path)
    step = max(step, len(whole) // 40)  # 97 bytes at a time would take a thousand readings

    for end in range(0, len(whole) + step, step):
        path.write_bytes(whole[:end])
        growing.read()

    expected = reading.read([path])
    found = growing.run()
    assert found.rows == expected.rows == growing.rows
    assert measures.count(found) == measures.count(expected)
    pd.testing.assert_frame_equal(in_order(found.connections), in_order(expected.connections))
    pd.testing.assert_frame_equal(found.seconds, expected.seconds)


def test_a_row_that_is_half_written_waits(tmp_path: Path) -> None:
    lines = SAMPLE.read_bytes().splitlines(keepends=True)
    path = tmp_path / "growing.jtl"
    growing = Growing(path)

    path.write_bytes(b"".join(lines[:3]) + lines[3][:20])
    assert growing.read() == 2

    path.write_bytes(b"".join(lines[:4]))
    assert growing.read() == 1


def test_a_line_end_within_quotes_ends_no_row(tmp_path: Path) -> None:
    lines = SAMPLE.read_bytes().splitlines(keepends=True)
    torn = lines[1].replace(b"Switching Protocols", b'"Switching\nProtocols"')
    path = tmp_path / "growing.jtl"
    growing = Growing(path)

    path.write_bytes(lines[0] + torn[: torn.index(b"\nProtocols") + 1])
    assert growing.read() == 0

    path.write_bytes(lines[0] + torn)
    assert growing.read() == 1


def test_a_file_that_is_not_there_yet_has_no_rows(tmp_path: Path) -> None:
    assert Growing(tmp_path / "later.jtl").read() == 0


def test_xml_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "results.jtl"
    path.write_bytes(b'<?xml version="1.0"?>\n<testResults>\n')

    with pytest.raises(ResultError, match="is XML"):
        Growing(path).read()
