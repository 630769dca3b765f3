"""Durations, spans and rates."""

from __future__ import annotations

import pytest

from jmxgen.scenario.amounts import LONGEST_MS, Duration, Rate, Span
from jmxgen.scenario.faults import WrongValueError


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("500ms", 500),
        ("5s", 5000),
        ("1m30s", 90_000),
        ("2h", 7_200_000),
        ("1.5s", 1500),
        ("0s", 0),
        ("1h1m1s1ms", 3_661_001),
    ],
)
def test_a_duration_is_read_in_milliseconds(text: str, ms: int) -> None:
    assert Duration.parse(text).ms == ms


@pytest.mark.parametrize(("ms", "text"), [(90_000, "1m30s"), (0, "0s"), (60_000, "1m"), (1500, "1s500ms")])
def test_a_duration_prints_as_it_is_written(ms: int, text: str) -> None:
    assert str(Duration(ms)) == text
    assert Duration.parse(text) == Duration(ms)


@pytest.mark.parametrize("text", ["", "5", "s", "5 s", "5S", "1s1m", "-5s", "5s ", "٥s", "1e3s", "5sec", "."])
def test_what_is_no_duration_says_how_to_write_one(text: str) -> None:
    with pytest.raises(WrongValueError) as caught:
        Duration.parse(text)

    assert caught.value.complaints[0].hint == "durations are written 500ms, 5s or 1m30s"


def test_a_number_alone_lacks_its_unit() -> None:
    with pytest.raises(WrongValueError, match="a duration needs a unit"):
        Duration.parse(5)


def test_a_fraction_of_a_millisecond_is_refused() -> None:
    with pytest.raises(WrongValueError, match="not a whole number of milliseconds"):
        Duration.parse("0.5ms")


def test_nothing_lasts_longer_than_jmeter_counts() -> None:
    assert Duration.parse(f"{LONGEST_MS}ms").ms == LONGEST_MS
    with pytest.raises(WrongValueError, match="longer than JMeter can wait"):
        Duration.parse(f"{LONGEST_MS + 1}ms")


def test_a_span_has_two_ends_or_one() -> None:
    assert Span.parse("1s..3s") == Span(Duration(1000), Duration(3000))
    assert Span.parse("500ms .. 2s") == Span(Duration(500), Duration(2000))
    assert Span.parse("2s").fixed
    assert str(Span.parse("2000ms")) == "2s"
    assert str(Span.parse("1000ms..3s")) == "1s..3s"


def test_a_span_that_runs_backwards_is_told_how_to_run() -> None:
    with pytest.raises(WrongValueError) as caught:
        Span.parse("3s..1s")

    assert caught.value.complaints[0].hint == "write 1s..3s"


@pytest.mark.parametrize("text", ["..", "1s..", "..3s", "1s...3s", "1s..2s..3s", "1..3s"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(WrongValueError):
        Span.parse(text)


@pytest.mark.parametrize(
    ("text", "per_second", "shown"),
    [
        ("20/s", 20.0, "20/s"),
        ("90/min", 1.5, "90/min"),
        ("0.5 / s", 0.5, "0.5/s"),
        ("3600/h", 1.0, "3600/h"),
        ("100.0/s", 100.0, "100/s"),
    ],
)
def test_a_rate_is_a_number_a_second_and_prints_as_written(text: str, per_second: float, shown: str) -> None:
    rate = Rate.parse(text)

    assert rate.per_second == pytest.approx(per_second)
    assert str(rate) == shown
    assert Rate.parse(shown) == rate


@pytest.mark.parametrize("text", ["0/s", "20", "20/d", "/s", "-1/s", "1e3/s", 20, None, ["1/s"], "20/"])
def test_what_is_no_rate_above_zero_is_refused(text: object) -> None:
    with pytest.raises(WrongValueError):
        Rate.parse(text)


def test_a_long_value_is_cut_in_its_complaint() -> None:
    with pytest.raises(WrongValueError) as caught:
        Duration.parse("x" * 100_000)

    assert len(str(caught.value)) < 100
