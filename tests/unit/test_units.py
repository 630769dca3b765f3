"""Durations, rates and times as text."""

from __future__ import annotations

import math

import pytest

from jmxgen.scenario.amounts import Rate
from jmxgen.simulator import values
from jmxgen.units import iso


@pytest.mark.parametrize("text", ["20/s", "10/min", "90/m", "600/h", "1.5 / s"])
def test_a_rate_means_the_same_in_a_scenario_and_in_a_fault(text: str) -> None:
    assert Rate.parse(text).per_second == values.rate(text)


@pytest.mark.parametrize("text", ["", "5", "5s1m", "s", "-1s"])
def test_what_is_not_a_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a duration such as"):
        values.duration(text)


def test_a_time_beyond_the_calendar_is_unknown() -> None:
    assert iso(1e18) is None
    assert iso(math.nan) is None
    assert iso(0.4) == "1970-01-01T00:00:00.000Z"
