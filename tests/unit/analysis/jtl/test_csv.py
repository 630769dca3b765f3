"""CSV results in all the forms that JMeter, its settings and bad days give them."""

from __future__ import annotations

import collections
import csv
import gzip
import io
from pathlib import Path

import pandas as pd
import pytest

from jmxgen.analysis import jtl
from jmxgen.analysis.model import ROW_COLUMNS
from jmxgen.errors import ResultError
from tests import jtl_rows
from tests.jtl_rows import HEADER, START, Row, broken, nothing, opened, used

ROWS = [opened(0), used(10), used(20), nothing(), broken(40, "end of stream")]


def read(path: Path, *, rows: int = 250_000) -> tuple[pd.DataFrame, dict[str, int]]:
    skipped: collections.Counter[str] = collections.Counter()
    frames = [chunk.rows.astype({"label": str}) for chunk in jtl.read(path, skipped=skipped, rows=rows)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(), dict(skipped)


def write(folder: Path, content: str | bytes, name: str = "results.jtl") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_file_of_jmeters_defaults_has_all_columns_in_their_types(tmp_path: Path) -> None:
    path = jtl_rows.file(tmp_path, ROWS)
    (chunk,) = jtl.read(path, skipped=collections.Counter())
    assert {name: str(kind) for name, kind in chunk.rows.dtypes.items()} == dict(ROW_COLUMNS)
    assert chunk.rows["timeStamp"].tolist() == [START, START + 10, START + 20, 0, START + 40]
    assert chunk.rows["success"].tolist() == [True, True, True, False, False]
    assert chunk.rows["responseCode"].tolist()[:2] == ["101", "200"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "#"])
def test_any_delimiter_is_told_from_the_header(delimiter: str, tmp_path: Path) -> None:
    frame, skipped = read(write(tmp_path, jtl_rows.text(ROWS, delimiter=delimiter)))
    assert (len(frame), skipped) == (5, {})


@pytest.mark.parametrize(
    "columns",
    [
        HEADER,
        tuple(name for name in HEADER if name != "URL"),  # JMeter 3.1 to 4
        tuple(name for name in HEADER if name not in ("URL", "sentBytes")),  # 3.0
        (*HEADER[:6], "success", "bytes", "grpThreads", "allThreads", "Latency"),  # 2.13
        (*HEADER[:8], "bytes", "Latency"),
    ],
)
def test_without_a_header_the_defaults_of_jmeters_versions_are_known(
    columns: tuple[str, ...], tmp_path: Path
) -> None:
    frame, skipped = read(write(tmp_path, jtl_rows.text(ROWS, columns=columns, header=False)))
    assert (len(frame), skipped) == (5, {})
    assert frame["threadName"].tolist() == ["callers 1-1"] * 5
    assert frame["bytes"].tolist() == [129, 7, 7, 0, 0]


def test_a_subset_of_columns_in_any_order_is_read(tmp_path: Path) -> None:
    columns = ("label", "success", "timeStamp", "threadName", "elapsed")
    frame, _ = read(write(tmp_path, jtl_rows.text(ROWS, columns=columns)))
    assert frame["label"].tolist() == ["open", "use", "use", "use", "use"]
    assert set(frame["bytes"]) == {-1}
    assert set(frame["responseCode"]) == {""}


def test_a_quoted_field_may_hold_lines_quotes_and_delimiters_at_any_chunk_border(tmp_path: Path) -> None:
    message = 'said:\n "no", and\r\n,went\n'
    rows = [Row(at=n, message=message if n % 2 else "OK") for n in range(40)]
    for size in (1, 2, 3, 5, 100):
        frame, skipped = read(jtl_rows.file(tmp_path, rows), rows=size)
        assert (len(frame), skipped) == (40, {})
        assert frame["responseMessage"].tolist() == ["OK", message] * 20


def test_texts_that_look_like_numbers_stay_texts(tmp_path: Path) -> None:
    rows = [Row(at=n, label=label, thread="7") for n, label in enumerate(("007", "7", "7.0", "1e3"))]
    frame, _ = read(jtl_rows.file(tmp_path, rows))
    assert frame["label"].tolist() == ["007", "7", "7.0", "1e3"]
    assert set(frame["threadName"]) == {"7"}


def test_a_text_called_nan_is_no_missing_value(tmp_path: Path) -> None:
    frame, _ = read(jtl_rows.file(tmp_path, [Row(at=0, label="NaN", message="null")]))
    assert (frame["label"][0], frame["responseMessage"][0]) == ("NaN", "null")


def test_a_header_in_the_middle_of_one_recording_is_left_out_and_told(tmp_path: Path) -> None:
    content = jtl_rows.text(ROWS[:2]) + jtl_rows.text(ROWS[2:])
    skipped: collections.Counter[str] = collections.Counter()
    chunks = list(jtl.read(write(tmp_path, content), skipped=skipped))
    assert sum(len(chunk.rows) for chunk in chunks) == 5
    assert {chunk.part for chunk in chunks} == {0}
    assert skipped == {"the header again": 1}


def test_recordings_put_one_after_the_other_are_two_parts(tmp_path: Path) -> None:
    late = [used(n * 1000) for n in range(10)]
    path = write(tmp_path, jtl_rows.text(late) + jtl_rows.text(late))
    chunks = list(jtl.read(path, skipped=collections.Counter()))
    assert [(chunk.part, len(chunk.rows)) for chunk in chunks] == [(0, 10), (1, 10)]


@pytest.mark.parametrize("cut", [1, 5, 20, 40, 60])
def test_a_torn_last_line_costs_itself_alone(cut: int, tmp_path: Path) -> None:
    content = jtl_rows.text(ROWS)
    frame, skipped = read(write(tmp_path, content[: len(content) - cut]))
    whole = cut == 1  # only the line end is missing: all its values are there
    assert len(frame) == 4 + whole
    assert sum(skipped.values()) == 1 - whole


def test_an_open_quote_at_the_end_costs_its_own_row(tmp_path: Path) -> None:
    content = jtl_rows.text(ROWS) + f'{START},1,use,200,"it never ends,callers 1-1\n'
    frame, skipped = read(write(tmp_path, content))
    assert len(frame) == 5
    assert sum(skipped.values()) == 1


def test_an_open_quote_in_the_middle_costs_no_row_after_it(tmp_path: Path) -> None:
    head, *lines = jtl_rows.text([used(n) for n in range(200)]).splitlines(keepends=True)
    lines[50] = lines[50].replace("OK", '"OK')
    frame, skipped = read(write(tmp_path, head + "".join(lines)))
    assert len(frame) == 199
    assert sum(skipped.values()) == 1


@pytest.mark.parametrize(
    "line",
    [
        "garbage\n",
        f"{START},1,use\n",
        f"{START},x,use,200,OK,t,,true,,1,1,1,1,null,0,0,0\n",
        "soon,1,use,200,OK,t,,true,,1,1,1,1,null,0,0,0\n",
        f"{START},1,use,200,OK,t,,maybe,,1,1,1,1,null,0,0,0\n",
        f"{START},1,use,200,OK,t,,1,true,,1,1,x,1,null,0,0,0\n",
    ],
)
def test_a_line_that_is_no_row_is_counted_and_harms_no_other(line: str, tmp_path: Path) -> None:
    content = jtl_rows.text(ROWS) + line + jtl_rows.text(ROWS, header=False)
    frame, skipped = read(write(tmp_path, content))
    assert len(frame) == 10
    assert sum(skipped.values()) == 1


def test_empty_numbers_are_unknown(tmp_path: Path) -> None:
    line = f"{START},5,use,200,OK,callers 1-1,,true,,,,,,null,,,\n"
    frame, skipped = read(write(tmp_path, jtl_rows.text(ROWS[:1]) + line))
    assert skipped == {}
    assert frame[["bytes", "sentBytes", "allThreads", "Connect"]].to_numpy()[1].tolist() == [-1, -1, -1, -1]


def test_bytes_that_are_no_utf8_and_zero_bytes_lose_nothing(tmp_path: Path) -> None:
    content = jtl_rows.text(ROWS).encode().replace(b"open", b"\xff\xfeopen", 1).replace(b"use", b"u\0se", 1)
    frame, skipped = read(write(tmp_path, content))
    assert (len(frame), skipped) == (5, {})
    assert frame["label"].tolist()[:2] == ["��open", "use"]


def test_a_byte_order_mark_a_gzip_and_a_torn_gzip_are_read(tmp_path: Path) -> None:
    content = ("\ufeff" + jtl_rows.text([used(n) for n in range(5000)])).encode()
    assert len(read(write(tmp_path, content))[0]) == 5000
    packed = gzip.compress(content)
    assert len(read(write(tmp_path, packed, "results.jtl.gz"))[0]) == 5000
    torn, _ = read(write(tmp_path, packed[: len(packed) // 2], "torn.gz"))
    assert 0 < len(torn) < 5000


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("2026/01/01 00:00:00.123", 1_767_225_600_123),
        ("2026/01/01 00:00:00", 1_767_225_600_000),
        ("2026-01-01 00:00:00.123", 1_767_225_600_123),
        ("2026-01-01T00:00:00.123+0100", 1_767_222_000_123),
        ("01/01/26 00:00:00", 1_767_225_600_000),
        ("1970/01/01 00:00:00.000", 0),
    ],
)
def test_formatted_times_are_understood(text: str, milliseconds: int, tmp_path: Path) -> None:
    content = jtl_rows.text([used(0)] * 3).replace(str(START), text)
    (chunk,) = jtl.read(write(tmp_path, content), skipped=collections.Counter())
    assert set(chunk.rows["timeStamp"]) == {milliseconds}
    assert chunk.zone_assumed == ("+" not in text)


def test_the_zone_of_formatted_times_can_be_told(tmp_path: Path) -> None:
    content = jtl_rows.text([used(0)]).replace(str(START), "2026/07/01 12:00:00.000")
    path = write(tmp_path, content)
    (utc,) = jtl.read(path, skipped=collections.Counter())
    (berlin,) = jtl.read(path, skipped=collections.Counter(), zone="Europe/Berlin")
    assert utc.rows["timeStamp"][0] - berlin.rows["timeStamp"][0] == 2 * 3_600_000


def test_only_the_number_of_the_own_columns_is_kept(tmp_path: Path) -> None:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*HEADER, "ws_phase", "ws_conn", "team"])
    writer.writerow([*used(0).fields().values(), "data", "3", "red"])
    (chunk,) = jtl.read(write(tmp_path, file.getvalue()), skipped=collections.Counter())
    assert chunk.rows["ws_conn"].tolist() == ["3"]
    assert list(chunk.rows) == [*ROW_COLUMNS, "ws_conn"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"\0\0\0 \n", "is empty"),
        (b"hello world\n", "is not a JMeter results file"),
        (b'{"samples": 1}\n', "is not a JMeter results file"),
        (b"a,b,c\n1,2,3\n", "is not a JMeter results file"),
        (b"\x1f\x8b\x08\x00broken and more", "unpacked|read"),
        (b"PK\x03\x04" + bytes(range(256)) * 4, "is packed with zip"),
    ],
)
def test_what_is_no_results_file_is_refused_in_one_line(content: bytes, what: str, tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=what) as found:
        read(write(tmp_path, content))
    assert "\n" not in str(found.value)
    assert "results.jtl" in str(found.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jtl", tmp_path):
        with pytest.raises(ResultError):
            read(path)


def test_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    assert len(read(write(tmp_path, jtl_rows.text([])))[0]) == 0


def test_progress_ends_at_the_files_size(tmp_path: Path) -> None:
    path = jtl_rows.file(tmp_path, [used(n) for n in range(3000)])
    told: list[int] = []
    list(jtl.read(path, skipped=collections.Counter(), rows=100, progress=told.append))
    assert told == sorted(told)
    assert told[-1] == path.stat().st_size
