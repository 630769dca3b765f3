"""Numbers for texts: each is asked for once, in the order of first rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jmxgen.analysis.lifecycle.numbering import Numbering


def test_texts_are_numbered_in_the_order_of_their_first_rows_and_asked_for_once() -> None:
    asked: list[str] = []

    def number(names: Sequence[str]) -> NDArray[np.int32]:
        asked.extend(names)
        return np.array([asked.index(name) for name in names], np.int32)

    codes = Numbering(number)
    first = codes.of(pd.Series(["b", "a", "b"], dtype="category"))
    second = codes.of(pd.Series(["c", "a", "b", "d"], dtype="category"))

    assert first.tolist() == [0, 1, 0]
    assert second.tolist() == [2, 1, 0, 3]
    assert asked == ["b", "a", "c", "d"]


def test_a_category_without_a_row_is_not_numbered() -> None:
    asked: list[str] = []

    def number(names: Sequence[str]) -> NDArray[np.int32]:
        asked.extend(names)
        return np.full(len(names), 7, np.int32)

    codes = Numbering(number)

    assert codes.of(pd.Series(pd.Categorical(["a"], categories=["unused", "a"]))).tolist() == [7]
    assert asked == ["a"]
