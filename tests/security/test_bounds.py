"""Files made to exhaust whoever reads them are refused in one line, or cost no more than others do."""

from __future__ import annotations

import collections
import gzip
import os
import socket
import tracemalloc
from pathlib import Path

import pytest

from jmxgen.analysis import metrics, reading
from jmxgen.analysis.jtl import read, source
from jmxgen.errors import JmxgenError, PlanError, ResultError, ScenarioError
from jmxgen.jmx import tree
from jmxgen.scenario.load import load
from tests import jtl_rows

ROWS = jtl_rows.text([jtl_rows.used(n) for n in range(5)])
SAMPLE = b'<sample t="1" ts="1767225600000" lb="a" rc="200" rm="OK" tn="t 1-1" s="true"/>'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 30))
BOMB = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>'


def given(tmp_path: Path, content: bytes | str, name: str = "given") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(path: Path) -> str:
    with pytest.raises(ResultError) as caught:
        reading.read([path])
    assert str(caught.value).isprintable()
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_packed_file_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MOST_UNPACKED", 1 << 24)
    member = gzip.compress(bytes(1 << 22), 9)
    path = given(tmp_path, gzip.compress(ROWS.encode()) + member * 5000, "bomb.gz")  # 20 GB of zero bytes

    assert "unpacks to more than results can be" in refused(path)


def test_results_that_pack_well_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MOST_UNPACKED", 1 << 20)
    path = given(tmp_path, gzip.compress(jtl_rows.text([jtl_rows.used(n) for n in range(20_000)]).encode()))

    assert reading.read([path]).rows == 20_000


@pytest.mark.parametrize("fill", [b"x", b"\0", b'"', b","])
def test_a_line_without_an_end_is_not_kept(fill: bytes, tmp_path: Path) -> None:
    path = given(tmp_path, ROWS.encode() + fill * (40 << 20))
    tracemalloc.start()
    try:
        skipped: collections.Counter[str] = collections.Counter()
        rows = sum(len(chunk.rows) for chunk in read(path, skipped=skipped, rows=20_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert rows == 5
    assert peak < 100 << 20
    assert fill == b"\0" or skipped


@pytest.mark.parametrize(
    "endless",
    [b'<sample lb="', b"<!-- ", b"<", b"<?x ", b"<![CDATA["],
    ids=["attribute", "comment", "tag", "pi", "cdata"],
)
def test_xml_that_never_ends_a_tag_is_not_kept(endless: bytes, tmp_path: Path) -> None:
    head = b"<testResults>" + SAMPLE
    path = given(tmp_path, head + endless + b"x" * (20 << 20))
    skipped: collections.Counter[str] = collections.Counter()
    chunks = read(path, skipped=skipped)
    if endless.startswith(b"<!["):  # a text, which expat hands on in pieces
        assert sum(len(chunk.rows) for chunk in chunks) == 1
        assert skipped
        return
    with pytest.raises(ResultError, match="a tag or comment without an end"):
        list(chunks)


@pytest.mark.parametrize("name", [b"a", b"sample t='1' ts='1767225600000'"])
def test_xml_results_nested_without_end_are_refused(name: bytes, tmp_path: Path) -> None:
    path = given(tmp_path, b"<testResults>" + (b"<" + name + b">") * 100_000)

    assert "nested more than" in refused(path)


@pytest.mark.parametrize(
    "encoding", ["zlib", "bz2", "hex", "rot13", "idna", "punycode", "unicode_escape", "undefined"]
)
def test_what_is_no_encoding_of_xml_is_no_decoder(encoding: str, tmp_path: Path) -> None:
    head = f'<?xml version="1.0" encoding="{encoding}"?>'.encode()

    assert reading.read([given(tmp_path, head + b"<testResults>" + SAMPLE + b"</testResults>")]).rows == 1
    with pytest.raises(PlanError, match="is not the"):
        tree.parse(head + b"<jmeterTestPlan/>", path="p.jmx")


def test_an_entity_bomb_is_refused_before_an_entity_is_made(tmp_path: Path) -> None:
    assert "document type" in refused(given(tmp_path, BOMB + "<testResults>&l29;</testResults>"))
    with pytest.raises(PlanError, match="DOCTYPE"):
        tree.parse((BOMB + "<jmeterTestPlan>&l29;</jmeterTestPlan>").encode(), path="p.jmx")


def test_plans_of_absurd_size_and_depth_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PlanError, match="nests deeper"):
        tree.parse(b"<jmeterTestPlan>" + b"<hashTree>" * 100_000, path="p.jmx")
    monkeypatch.setattr("jmxgen.jmx.source.MAX_ELEMENTS", 1000)
    with pytest.raises(PlanError, match="more than 1,000 elements"):
        tree.parse(b"<jmeterTestPlan>" + b"<a/>" * 1001 + b"</jmeterTestPlan>", path="p.jmx")


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 1_000_000,
        b'{"results":' * 1_000_000,
        b'{"results":[{"data":[{"metric":"oFlow","stats":{"count":1' + b"0" * 4000 + b"}}]}]}",
        b"time,value\n" + b"9" * 1_000_000 + b",1\n",
        b'time,value\n"' + b"x" * 1_000_000,
        b"\0" * 1_000_000,
    ],
    ids=["lists", "objects", "digits", "time", "quote", "zeros"],
)
def test_metrics_made_to_exhaust_are_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(ResultError) as caught:
        metrics.read(given(tmp_path, content))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


def test_scenarios_made_to_exhaust_are_refused(tmp_path: Path) -> None:
    laughs = "a0: &a0 [x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
    )
    hostile = (
        laughs,
        "[" * 100_000,
        "!!python/object/apply:os.system [id]",
        f"load: {{callers: {'9' * 100_000}}}",
        "x" * 10**7,
    )
    for text in hostile:
        with pytest.raises(ScenarioError) as caught:
            load(given(tmp_path, text))
        assert all(str(fault).isprintable() for fault in caught.value.faults)


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to(pipe)
    dangling = tmp_path / "dangling"
    dangling.symlink_to("nowhere")
    around = tmp_path / "around"
    around.symlink_to(around)
    bound = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(bound))
        for path in (pipe, link, dangling, around, bound, tmp_path, Path("/dev/zero"), Path("/dev/null")):
            refused(path)


def test_a_link_to_results_is_read(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(given(tmp_path, ROWS))

    assert reading.read([link]).rows == 5


@pytest.mark.parametrize("name", ["a\nb.jtl", "\x1b[2J.jtl", "x" * 300, "\udcff.jtl"])
def test_a_strange_path_is_one_clear_line(name: str, tmp_path: Path) -> None:
    for reader in (lambda path: reading.read([path]), tree.read, load, metrics.read):
        with pytest.raises(JmxgenError) as caught:
            reader(tmp_path / name)
        assert all(str(fault).isprintable() for fault in caught.value.faults)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<testResults>" + "<a>" * 2000,
        BOMB + "<testResults/>",
        "<testResults><a",
        "<html/>",
        "\x1f\x8bno gzip",
        "no,header\n1,2\n",
        None,
    ],
    ids=["empty", "deep", "entities", "torn", "page", "gzip", "table", "missing"],
)
def test_an_error_names_the_results_as_they_were_given(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        given(tmp_path, content.encode("latin-1"), "given")

    for name in ("given", "./given", f"../{tmp_path.name}/given"):
        with pytest.raises(ResultError) as caught:
            reading.read([name])
        place = caught.value.faults[0].place
        assert place is not None
        assert str(place.path) == str(Path(name))
