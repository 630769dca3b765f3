"""The walk of one row names functions that exist, and its example row ends as the page says."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from jmxgen.analysis import reading
from tests.jtl_rows import HEADER

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "one-row.md"
NAMES = sorted(set(re.findall(r"`(jmxgen(?:\.\w+)+)`", PAGE.read_text(encoding="utf-8"))))


def found(name: str) -> object:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            value: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            value = getattr(value, part)
        return value
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("name", NAMES)
def test_what_the_walk_names_exists(name: str) -> None:
    assert found(name) is not None


def test_the_row_of_the_walk_is_a_data_closure(tmp_path: Path) -> None:
    (row,) = re.findall(r"^179\d{10},.*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    opened = "1795490000000,5,Open,101,Switching Protocols,TG 1-1,,true,,130,200,2,2,null,0,0,5"
    path = tmp_path / "results.jtl"
    path.write_text("\n".join([",".join(HEADER), opened, row, ""]))

    connections = reading.read([path]).connections

    assert connections[["end", "kind", "code"]].astype(str).to_numpy().tolist() == [
        ["data", "abnormal", "1006"]
    ]
