from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.jmeter import record


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    said = record.Record(callers=500, incomplete_because=record.RUNNING)

    said.write(tmp_path)

    assert record.read(tmp_path) == said
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"callers": "many", "incomplete_because": null}', "\xff"])
def test_a_record_that_is_not_jmxgens_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / record.NAME).write_text(text, encoding="latin-1")

    found = record.read(tmp_path)

    assert found is None or (found.callers, found.incomplete_because) == (None, None)


def test_where_nothing_can_be_written_nothing_fails(tmp_path: Path) -> None:
    record.Record(callers=1, incomplete_because=None).write(tmp_path / "none")

    assert record.read(tmp_path / "none") is None
