from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jmxgen.analysis.model import LABEL_COLUMNS
from jmxgen.analysis.tallies import labels, sums
from jmxgen.analysis.tallies.labels import PERCENTILES, durations, label_table
from jmxgen.analysis.tallies.sums import Sums


def nearest_rank(values: list[int], percent: int) -> int:
    """The smallest value with at least `percent` of all at or below it."""
    ordered = sorted(values)
    return next(v for n, v in enumerate(ordered, 1) if n * 100 >= percent * len(ordered))


def rows(label: list[int], elapsed: list[int], failed: list[bool]) -> pd.DataFrame:
    return labels.rows(np.array(label, np.int32), np.array(elapsed), np.array(failed))


@pytest.mark.parametrize("top", [10, 1000, 10**6, 10**11])
@pytest.mark.parametrize("size", [1, 2, 99, 100, 1000])
def test_percentiles_are_those_of_all_samples_however_they_came(
    top: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sums, "COMPACT", 50)
    random = np.random.default_rng(top + size)
    elapsed = random.integers(0, top, size)
    label = random.integers(0, 3, size).astype(np.int32)
    failed = random.random(size) <= 0.2
    whole, cut, other = durations(), durations(), durations()
    whole.add(labels.rows(label, elapsed, failed))
    half = size // 2
    cut.add(labels.rows(label[:half], elapsed[:half], failed[:half]))
    other.add(labels.rows(label[half:], elapsed[half:], failed[half:]))
    cut.merge(other, {"label": np.arange(3)})
    names = ["a", "b", "c"]
    for table in (label_table(whole, names), label_table(cut, names)):
        assert tuple(table) == LABEL_COLUMNS
        for row in table.to_dict("records"):
            mine = label == names.index(row["label"])
            values = elapsed[mine].tolist()
            assert row["samples"] == len(values)
            assert row["errors"] == int(failed[mine].sum())
            assert row["max"] == max(values)
            for percent in PERCENTILES:
                assert row[f"p{percent}"] == nearest_rank(values, percent)


def test_no_rows_give_an_empty_table() -> None:
    assert tuple(label_table(durations(), [])) == LABEL_COLUMNS
    assert len(label_table(durations(), [])) == 0


def test_labels_of_another_file_are_found_by_their_new_numbers() -> None:
    first, other = durations(), durations()
    first.add(rows([0], [5], [False]))
    other.add(rows([0, 1], [7, 9], [True, False]))

    first.merge(other, {"label": np.array([1, 0])})

    table = label_table(first, ["a", "b"]).set_index("label")
    assert table["samples"].to_dict() == {"a": 2, "b": 1}
    assert table["errors"].to_dict() == {"a": 0, "b": 1}


def test_negative_durations_count_as_none() -> None:
    found = durations()
    found.add(rows([0], [-5], [False]))
    assert label_table(found, ["a"])["max"].tolist() == [0]


def test_sums_are_kept_by_key_with_their_largest_and_smallest() -> None:
    found = Sums(["key"], total=["count"], most=["high"], least=["low"])
    for low, high in ((1, 5), (0, 3)):
        found.add(pd.DataFrame({"key": [7, 2], "count": [1, 1], "high": [high, 9], "low": [low, 9]}))

    assert found.table().to_dict("list") == {"key": [2, 7], "count": [2, 2], "high": [9, 5], "low": [9, 0]}
