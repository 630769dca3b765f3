"""XML results: nested, torn, hostile."""

from __future__ import annotations

import collections
import gzip
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pandas as pd
import pytest

from jmxgen.analysis import jtl
from jmxgen.analysis.jtl.xml import FORBIDDEN
from jmxgen.errors import ResultError

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<testResults version="1.2">\n'
TAIL = "</testResults>\n"
T = 1_767_225_600_000


def sample(
    at: int = 0,
    *,
    label: str = "use",
    message: str = "OK",
    inside: str = "",
    tag: str = "sample",
    more: str = "",
) -> str:
    attributes = (
        f't="12" lt="0" ct="3" ts="{T + at}" s="true" lb={quoteattr(label)} rc="200" rm={quoteattr(message)} '
        f'tn="callers 1-1" by="7" sby="11" ng="1" na="2" {more}'
    )
    return f"<{tag} {attributes}>{inside}</{tag}>\n"


def read(folder: Path, text: str | bytes, *, rows: int = 250_000) -> tuple[pd.DataFrame, dict[str, int]]:
    path = folder / "results.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    skipped: collections.Counter[str] = collections.Counter()
    frames = [
        chunk.rows.astype({"label": str, "responseMessage": str, "URL": str})
        for chunk in jtl.read(path, skipped=skipped, rows=rows)
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(), dict(skipped)


def test_attributes_become_columns(tmp_path: Path) -> None:
    frame, skipped = read(
        tmp_path, HEAD + sample(5, message='said "no"\nand went', more='ws_conn="3"') + TAIL
    )
    row = frame.iloc[0]
    assert skipped == {}
    assert (row["timeStamp"], row["elapsed"], row["Connect"], row["Latency"]) == (T + 5, 12, 3, 0)
    assert (row["bytes"], row["sentBytes"], row["allThreads"]) == (7, 11, 2)
    assert row["success"]
    assert row["ws_conn"] == "3"
    assert row["URL"] == ""


def test_depth_counts_samples_around_a_sample_but_no_transactions(tmp_path: Path) -> None:
    told = "Number of samples in transaction : 1, number of failing samples : 0"
    page = sample(label="page", tag="httpSample", inside=sample(label="image", tag="httpSample"))
    frame, _ = read(tmp_path, HEAD + sample(label="call", message=told, inside=sample() + page) + TAIL)
    assert dict(zip(frame["label"], frame["depth"], strict=True)) == {
        "call": 0,
        "use": 0,
        "page": 0,
        "image": 1,
    }
    assert frame["URL"].tolist() == ["", "", "http", "http"]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_chunks_hold_all_rows_in_order(size: int, tmp_path: Path) -> None:
    frame, _ = read(tmp_path, HEAD + "".join(sample(n) for n in range(5000)) + TAIL, rows=size)
    assert frame["timeStamp"].tolist() == [T + n for n in range(5000)]


@pytest.mark.parametrize("cut", [1, 15, 40, 200])
def test_what_stands_before_a_break_is_kept(cut: int, tmp_path: Path) -> None:
    text = HEAD + "".join(sample(n) for n in range(100)) + TAIL
    frame, skipped = read(tmp_path, text[: len(text) - cut])
    assert len(frame) >= 98
    assert sum(skipped.values()) == (0 if cut == 1 else 1)


@pytest.mark.parametrize(
    "odd",
    ["&#x0;", "&#x1e;", "&#xFFFF;", "&#xD800;", "&#1114112;", "&nbsp;", "&", "<", "\x01", "\0", "\ufffe"],
)
@pytest.mark.parametrize("size", [1, 1000])
def test_what_xml_forbids_is_replaced_and_counted(odd: str, size: int, tmp_path: Path) -> None:
    inside = f'<responseData class="java.lang.String">a {odd} b</responseData>'
    text = HEAD + sample(1) + sample(2, label="x ! y", inside=inside).replace("!", odd) + sample(3) + TAIL
    path = tmp_path / "results.xml"
    path.write_text(text, "utf-8")

    chunks = list(jtl.read(path, skipped=collections.Counter(), rows=size))

    frame = pd.concat(chunk.rows for chunk in chunks)
    assert frame["timeStamp"].tolist() == [T + 1, T + 2, T + 3]
    assert frame["label"].tolist()[1] == "x \ufffd y"
    assert sum(chunk.repaired.get(FORBIDDEN, 0) for chunk in chunks) == 2


def test_references_that_xml_allows_are_read(tmp_path: Path) -> None:
    text = HEAD + sample(label="!").replace("!", "&#x41;&#66;&lt;&amp;&#10;") + TAIL
    frame, _ = read(tmp_path, text)
    assert frame["label"].tolist() == ["AB<&\n"]


@pytest.mark.parametrize("size", [1, 1000])
def test_after_damage_reading_goes_on_at_the_next_sample(size: int, tmp_path: Path) -> None:
    damaged = sample(2, inside="<responseData>a <b c</responseData>")
    text = (
        HEAD + sample(1) + damaged + sample(3) + "<<&</x>" + sample(4) + "<sample t=1 ts=" + sample(5) + TAIL
    )
    frame, skipped = read(tmp_path, text, rows=size)
    assert frame["timeStamp"].tolist() == [T + 1, T + 2, T + 3, T + 4, T + 5]
    assert sum(skipped.values()) == 2


def test_white_space_a_byte_order_mark_and_gzip_do_no_harm(tmp_path: Path) -> None:
    text = HEAD + sample() + TAIL
    for content in (b"\n  " + text.encode(), b"\xef\xbb\xbf" + text.encode(), gzip.compress(text.encode())):
        assert len(read(tmp_path, content)[0]) == 1


def test_other_encodings_and_bytes_that_are_none_are_read(tmp_path: Path) -> None:
    latin = (HEAD + sample(label="grüße") + TAIL).replace("UTF-8", "ISO-8859-1").encode("latin-1")
    assert read(tmp_path, latin)[0]["label"].tolist() == ["grüße"]
    broken = (HEAD + sample(label="open") + TAIL).encode().replace(b"open", b"\xff\xfeopen")
    assert read(tmp_path, broken)[0]["label"].tolist() == ["��open"]


def test_rows_without_a_time_are_counted(tmp_path: Path) -> None:
    frame, skipped = read(tmp_path, HEAD + sample() + '<sample t="1" s="true" lb="x"/>' + TAIL)
    assert len(frame) == 1
    assert sum(skipped.values()) == 1


BOMB = '<!DOCTYPE t [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>'
FILE = '<!DOCTYPE t [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
REMOTE = '<!DOCTYPE t SYSTEM "http://127.0.0.1:1/never.dtd">'


@pytest.mark.parametrize("doctype", [BOMB, FILE, REMOTE])
def test_a_document_type_is_refused_before_any_entity_is_made(doctype: str, tmp_path: Path) -> None:
    text = f'<?xml version="1.0"?>\n{doctype}\n<testResults><sample lb="&c;&f;"/></testResults>'
    with pytest.raises(ResultError, match="document type") as found:
        read(tmp_path, text)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    "text", ["<html><body/></html>", "<?xml version='1.0'?><jmeterTestPlan/>", "<", "<?xml", "<testResults"]
)
def test_xml_that_is_no_result_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(ResultError):
        read(tmp_path, text)


def test_samples_nested_without_end_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="deep"):
        read(tmp_path, HEAD + '<sample t="1">' * 200_000)


def test_an_empty_run_has_no_rows(tmp_path: Path) -> None:
    assert len(read(tmp_path, HEAD + TAIL)[0]) == 0
