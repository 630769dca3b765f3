"""Times are put in the order that numpy's own sort gives, whatever they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jmxgen.analysis import order

if TYPE_CHECKING:
    from numpy.typing import NDArray

YEAR_2026 = 1.767e12

TIMES = st.one_of(
    st.integers(0, 2**33).map(lambda ms: YEAR_2026 + ms),
    st.integers(-5, 70_000).map(float),
    st.floats(width=64),
)


@given(st.lists(TIMES))
@example([np.inf])
@example([-np.inf, np.nan, np.inf])
@example([1.7e308, -1.7e308])
@example([0.0, -1.0, -2e-271])
def test_times_come_in_the_order_of_numpy_s_stable_sort(values: list[float]) -> None:
    times = np.array(values, np.float64)
    assert order.order(times).tolist() == np.argsort(times, kind="stable").tolist()
    assert np.array_equal(order.in_order(times.copy()), np.sort(times), equal_nan=True)


def test_whole_milliseconds_are_put_in_order_without_a_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    times = YEAR_2026 + np.random.default_rng(1).integers(0, 10_000_000, 5000).astype(np.float64)
    times[::7] = np.nan
    expected = np.argsort(times, kind="stable").tolist()
    seen: set[str] = set()

    class Watched:
        def __getattr__(self, name: str) -> object:
            return getattr(np, name)

        def argsort(self, values: NDArray[Any], *, kind: Literal["stable"]) -> NDArray[np.intp]:
            seen.add(values.dtype.name)
            return np.argsort(values, kind=kind)

    monkeypatch.setattr(order, "np", Watched())
    assert order.order(times).tolist() == expected
    assert seen == {"uint16"}


def test_very_many_times_are_sorted_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "MOST", 3)
    times = np.array([3.0, 1.0, np.nan, 2.0])
    assert order.order(times).tolist() == [1, 3, 0, 2]
    assert order.in_order(times) is times
    assert times[:3].tolist() == [1.0, 2.0, 3.0]
