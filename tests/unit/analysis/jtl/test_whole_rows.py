"""Rows whose text has a comma or a line end without quotes, as tools that merge results leave them."""

from __future__ import annotations

import collections
from pathlib import Path

import pytest

from jmxgen.analysis import reading
from tests import jtl_rows
from tests.jtl_rows import closed, opened, refused, used

MESSAGE = "Got unexpected status 503"
LINES = jtl_rows.text([refused(0), opened(100), used(200), closed(300)]).splitlines()


def read(folder: Path, lines: list[str]) -> tuple[dict[str, int], dict[str, int], tuple[str, ...]]:
    path = folder / "results.jtl"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    run = reading.read([path])
    ends = collections.Counter(run.connections["end"].tolist())
    return dict(ends), dict(run.skipped_rows), run.notes


@pytest.mark.parametrize("more", [", sorry", ", really, sorry", "\n<html>", "\n<html>\n\n<p>a, b", "\n"])
def test_a_text_without_quotes_costs_no_row(more: str, tmp_path: Path) -> None:
    lines = [line.replace(MESSAGE, MESSAGE + more) for line in LINES]
    ends, skipped, notes = read(tmp_path, lines)
    assert ends == {"handshake": 1, "closed": 1}
    assert skipped == {}
    assert any("put together again: a comma or line end without quotes in their text: 1" in n for n in notes)


def test_a_text_that_makes_no_row_is_counted(tmp_path: Path) -> None:
    _, skipped, notes = read(tmp_path, [*LINES, "1767225600900,5,open,a,b", *LINES[1:2], *["x,y"] * 3])
    assert sum(skipped.values()) == 4
    assert not any("put together" in note for note in notes)
