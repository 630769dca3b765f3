from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmxgen.simulator import values


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (values.duration, "500ms", 0.5),
        (values.duration, "1m30s", 90.0),
        (values.duration, "2h", 7200.0),
        (values.duration, "0.5s", 0.5),
        (values.rate, "20/s", 20.0),
        (values.rate, "90/m", 1.5),
        (values.share, "25%", 0.25),
        (values.share, "0.25", 0.25),
        (values.whole, "0", 0),
        (values.ending, "cut", "cut"),
        (values.ending, "1006", 1006),
        (values.refusal, "503", 503),
    ],
)
def test_a_text_has_its_value(parse: Callable[[str], object], text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (values.duration, "5"),
        (values.duration, "-5s"),
        (values.duration, "s"),
        (values.rate, "0/s"),
        (values.rate, "20"),
        (values.share, "101%"),
        (values.share, "2"),
        (values.whole, "1.5"),
        (values.ending, "5000"),
        (values.refusal, "101"),
        (values.refusal, "200"),
        (values.word, ""),
    ],
)
def test_a_text_without_a_value_is_refused(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)


@given(st.text(max_size=12))
def test_no_text_breaks_a_parser(text: str) -> None:
    for parse in (values.duration, values.rate, values.share, values.whole, values.ending, values.refusal):
        try:
            parse(text)
        except ValueError as error:
            assert str(error)  # noqa: PT017 (either outcome is fine, a message is due)
