from __future__ import annotations

import numpy as np
import pytest

from jmxgen.analysis.labels import PERCENTILES, Labels
from jmxgen.analysis.model import LABEL_COLUMNS


def nearest_rank(values: list[int], percent: int) -> int:
    """The smallest value with at least `percent` of all at or below it."""
    ordered = sorted(values)
    return next(v for n, v in enumerate(ordered, 1) if n * 100 >= percent * len(ordered))


@pytest.mark.parametrize("top", [10, 1000, 10**6, 10**11])
@pytest.mark.parametrize("size", [1, 2, 99, 100, 1000])
def test_percentiles_are_those_of_all_samples_however_they_came(top: int, size: int) -> None:
    random = np.random.default_rng(top + size)
    elapsed = random.integers(0, top, size)
    label = random.integers(0, 3, size).astype(np.int32)
    good = random.random(size) > 0.2
    whole, cut, other = Labels(), Labels(), Labels()
    whole.add(label, elapsed, good)
    half = size // 2
    cut.add(label[:half], elapsed[:half], good[:half])
    other.add(label[half:], elapsed[half:], good[half:])
    cut.compact()
    cut.merge(other, np.arange(3, dtype=np.int32))
    names = ["a", "b", "c"]
    for table in (whole.table(names), cut.table(names)):
        assert tuple(table) == LABEL_COLUMNS
        for row in table.to_dict("records"):
            mine = label == names.index(row["label"])
            values = elapsed[mine].tolist()
            assert row["samples"] == len(values)
            assert row["errors"] == int((~good[mine]).sum())
            assert row["max"] == max(values)
            for percent in PERCENTILES:
                assert row[f"p{percent}"] == nearest_rank(values, percent)


def test_no_rows_give_an_empty_table() -> None:
    assert tuple(Labels().table([])) == LABEL_COLUMNS
    assert len(Labels().table([])) == 0


def test_labels_of_another_file_are_told_by_their_new_numbers() -> None:
    one, other = Labels(), Labels()
    one.add(np.array([0], np.int32), np.array([5]), np.array([True]))
    other.add(np.array([0, 1], np.int32), np.array([7, 9]), np.array([False, True]))
    one.merge(other, np.array([1, 0], np.int32))
    table = one.table(["a", "b"]).set_index("label")
    assert table["samples"].to_dict() == {"a": 2, "b": 1}
    assert table["errors"].to_dict() == {"a": 0, "b": 1}


def test_negative_durations_count_as_none() -> None:
    labels = Labels()
    labels.add(np.array([0], np.int32), np.array([-5]), np.array([True]))
    assert labels.table(["a"])["max"].tolist() == [0]
