from __future__ import annotations

from jmxgen.analysis.charts import style


def test_a_title_of_two_lines_has_no_word_alone_on_the_last() -> None:
    lines = style._balanced("39.1% of 92 attempts failed, at any load, time and age (protocol, timeout)", 66)

    assert len(lines) == 2
    assert abs(len(lines[0]) - len(lines[1])) < 12


def test_an_endless_title_is_cut() -> None:
    assert len(style._balanced("word " * 500, 66)) == 3
    assert style._balanced("", 66) == []


def test_bins_are_round_and_few() -> None:
    assert [style.bin_seconds(length) for length in (60, 600, 7200, 200_000)] == [1, 5, 30, 1800]
