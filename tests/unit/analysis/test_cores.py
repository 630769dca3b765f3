"""Work on several cores: in order, with errors at their turn, and no thread left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from jmxgen.analysis.cores import ahead, spread


def test_the_next_item_is_made_while_one_is_worked_on_and_none_beyond_it() -> None:
    made: list[int] = []
    second = threading.Event()

    def items() -> Iterator[str]:
        for number, name in enumerate("abc"):
            made.append(number)
            if number == 1:
                second.set()
            yield name

    coming = ahead(items())
    assert next(coming) == "a"
    assert second.wait(10)
    assert made == [0, 1]
    assert list(coming) == ["b", "c"]


def test_an_error_is_raised_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("torn")

    coming = ahead(items())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="torn"):
        next(coming)


def test_an_iterator_that_is_closed_early_leaves_no_thread() -> None:
    before = threading.active_count()
    coming = ahead(iter(range(10)))
    assert next(coming) == 0
    assert threading.active_count() == before + 1
    coming.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_results_come_in_the_order_of_the_items_whichever_is_done_first() -> None:
    second = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            second.wait(1)  # with one core there is nobody to set it
        if number == 1:
            second.set()
        return number * number

    assert list(spread(work, range(5))) == [0, 1, 4, 9, 16]


def test_what_a_piece_of_work_raises_is_raised_at_its_turn() -> None:
    def work(number: int) -> int:
        return 10 // number

    results = spread(work, [5, 2, 0, 1])
    assert [next(results), next(results)] == [2, 5]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_nothing_is_worked_on_long_before_its_turn() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    assert next(spread(lambda number: number, items())) == 0
    assert len(taken) <= 4
