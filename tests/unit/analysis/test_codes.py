"""Numbers for texts: each is asked for once, in the order of first rows."""

from __future__ import annotations

import pandas as pd

from jmxgen.analysis.codes import Codes


def test_texts_are_numbered_in_the_order_of_their_first_rows_and_asked_for_once() -> None:
    asked: list[str] = []

    def number(names: list[str]) -> list[int]:
        asked.extend(names)
        return [asked.index(name) for name in names]

    codes = Codes(number)  # type: ignore[arg-type]
    first = codes.of(pd.Series(["b", "a", "b"], dtype="category"))
    second = codes.of(pd.Series(["c", "a", "b", "d"], dtype="category"))

    assert first.tolist() == [0, 1, 0]
    assert second.tolist() == [2, 1, 0, 3]
    assert asked == ["b", "a", "c", "d"]


def test_a_category_without_a_row_is_not_numbered() -> None:
    asked: list[str] = []
    codes = Codes(lambda names: [asked.append(name) or 7 for name in names])  # type: ignore[func-returns-value]

    assert codes.of(pd.Series(pd.Categorical(["a"], categories=["unused", "a"]))).tolist() == [7]
    assert asked == ["a"]
