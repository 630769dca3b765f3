"""What occurs in a column, and how often: as numpy tells it by sorting, however the numbers lie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmxgen.analysis.distinct import counted, numbered

COLUMNS = st.one_of(
    st.lists(st.integers(-50, 1000)),
    st.lists(st.integers(-(2**62), 2**62)),
    st.lists(st.integers(2**62, 2**62 + 9)),
)


@given(COLUMNS)
def test_distinct_numbers_and_their_counts_are_numpy_s(values: list[int]) -> None:
    keys = np.array(values, np.int64)
    for found, expected in zip(counted(keys), np.unique(keys, return_counts=True), strict=True):
        assert found.tolist() == expected.tolist()


@given(COLUMNS)
def test_each_key_has_its_place_among_the_distinct_ones(values: list[int]) -> None:
    keys = np.array(values, np.int64)
    found, places = numbered(keys)
    assert found.tolist() == sorted(set(values))
    assert found[places].tolist() == values


def test_numbers_that_lie_together_are_not_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(np, "unique", refused)
    keys = np.array([1_767_225_600, 1_767_225_603, 1_767_225_600])
    assert counted(keys)[1].tolist() == [2, 1]
    assert numbered(keys)[1].tolist() == [0, 1, 0]
    with pytest.raises(AssertionError):
        counted(np.array([0, 2**40]))
