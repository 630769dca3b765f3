"""Active Conversations from files of many forms."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jmxgen.analysis import metrics
from jmxgen.analysis.metrics.plateau import find_plateau
from jmxgen.analysis.metrics.times import to_ms
from jmxgen.errors import ResultError

AT = 1_790_575_200_000.0  # 2026-09-28T06:00:00Z


def series(tmp_path: Path, text: str, offset_ms: float = 0.0) -> list[tuple[float, float]]:
    path = tmp_path / "metrics"
    path.write_text(text, encoding="utf-8")
    frame = metrics.read(path, offset_ms=offset_ms)
    return list(zip(frame["at_ms"].tolist(), frame["active"].tolist(), strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "time,value\n2026-09-28T06:00:00Z,3\n2026-09-28T06:00:01Z,4\n",
        "2026-09-28T06:00:00.000Z,3\n2026-09-28T06:00:01.000Z,4",
        "Date;Active Conversations\n28.09.2026 06:00:00;3,0\n28.09.2026 06:00:01;4,0\n",
        "1790575200\t3\n1790575201\t4\n",
        "at_ms,host,active\n1790575200000,a,3\n1790575201000,a,4\n",
        "time,open,processing,active_conversations\n2026-09-28T06:00:00Z,9,8,3\n2026-09-28T06:00:01Z,9,8,4\n",
        "\ufefftime,count\n2026-09-28T08:00:00+02:00,3\n2026-09-28 06:00:01,4\n2026-09-28 06:0",
        "time,value\ntime,value\n2026/09/28 06:00:01,4\n2026/09/28 06:00:00,3\n,\n",
    ],
)
def test_a_time_and_a_value_are_read_in_many_forms(tmp_path: Path, text: str) -> None:
    assert series(tmp_path, text) == [(AT, 3.0), (AT + 1000, 4.0)]


def test_the_clock_offset_is_taken_off(tmp_path: Path) -> None:
    assert series(tmp_path, "1790575201500,7\n", offset_ms=1500.0) == [(AT, 7.0)]


def aggregate(start: str, end: str, name: str, count: int) -> dict[str, object]:
    return {"interval": f"{start}/{end}", "metrics": [{"metric": name, "stats": {"count": count}}]}


def test_an_aggregate_query_gives_the_middle_of_each_interval_summed_over_groups(tmp_path: Path) -> None:
    first = ("2026-09-28T05:59:55.000Z", "2026-09-28T06:00:05.000Z")
    second = ("2026-09-28T06:00:05.000Z", "2026-09-28T06:00:15.000Z")
    groups = [
        {
            "group": {"mediaType": "voice"},
            "data": [aggregate(*first, "nFlow", 2), aggregate(*second, "nFlow", 5)],
        },
        {
            "group": {"mediaType": "chat"},
            "data": [aggregate(*first, "nFlow", 1), aggregate(*first, "tFlow", 9)],
        },
    ]

    assert series(tmp_path, json.dumps({"results": groups})) == [(AT, 3.0), (AT + 10_000, 5.0)]


def test_polls_of_an_observation_query_are_read_line_by_line(tmp_path: Path) -> None:
    def poll(time: str, count: int) -> str:
        data = [
            {"metric": "oWaiting", "stats": {"count": 99}},
            {"metric": "oInteracting", "stats": {"count": count}},
        ]
        return json.dumps({"time": time, "response": {"results": [{"group": {}, "data": data}]}})

    text = poll("2026-09-28T06:00:00Z", 3) + "\n" + poll("2026-09-28T06:00:01Z", 4) + '\n{"time": "20'

    assert series(tmp_path, text) == [(AT, 3.0), (AT + 1000, 4.0)]


def test_an_activity_query_has_its_count_in_the_datum_itself(tmp_path: Path) -> None:
    poll = {"timestamp": 1790575200, "results": [{"data": [{"metric": "oInteracting", "count": 3}]}]}

    assert series(tmp_path, json.dumps([poll])) == [(AT, 3.0)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("hello", "one column"),
        ("time,value\nnever,none\n", "no time with a number"),
        ("{]", "no JSON"),
        ("{}", "no answer of an analytics query"),
        ("[1, null, [[]]]", "no answer of an analytics query"),
        ('{"results": [{"data": [{"metric": "oInteracting", "stats": {"count": 3}}]}]}', "carry no time"),
        (
            '{"results": [{"data": [{"metric": "a", "count": 1}, {"metric": "b", "count": 1}]}]}',
            "which of these",
        ),
        ("[" * 100_000, "nested too deep|no JSON"),
        ("\x00\x1b[2J,\x07\n", "no time with a number"),
        ("1790575200000,1e999\n1790575200000,-4\n99999999999999999999,1\n", "no time with a number"),
    ],
)
def test_what_is_no_series_is_refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ResultError, match=said) as caught:
        series(tmp_path, text)

    assert str(caught.value).isprintable()


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="can't read it"):
        metrics.read(tmp_path / "missing.csv")


def test_numbers_are_taken_for_the_unit_that_gives_a_year_of_this_century() -> None:
    times = [to_ms(text) for text in ("1790575200", "1790575200000", "1790575200000000", "1790575200.5")]

    assert times == [AT, AT, AT, AT + 500]


@pytest.mark.parametrize(
    "text",
    [
        "2026-09-28 06:00:00.000 UTC",
        "2026-09-28 06:00:00.000000000 +0000 UTC",
        "2026-09-28 08:00:00 +0200 CEST",
        "Mon, 28 Sep 2026 06:00:00 GMT",
    ],
)
def test_zones_may_have_names(text: str) -> None:
    assert to_ms(text) == AT


def ramp(levels: list[float]) -> pd.DataFrame:
    at = AT + 1000.0 * np.arange(len(levels))
    return pd.DataFrame({"at_ms": at, "active": np.asarray(levels, float)})


def test_a_level_that_stands_while_connections_rise_is_a_plateau() -> None:
    active = [min(3.0 * second, 60.0) + second % 2 for second in range(60)]
    connections = pd.Series([3 * second for second in range(60)])

    found = find_plateau(ramp(active), connections, AT)

    assert found is not None
    assert found.level == pytest.approx(60, abs=2)
    assert found.onset == pytest.approx(20, abs=2)


def test_a_level_that_falls_with_its_connections_is_no_plateau() -> None:
    both = [3.0 * second if second < 30 else 5.0 for second in range(60)]

    assert find_plateau(ramp(both), pd.Series(both), AT) is None


def test_a_level_that_stands_because_no_more_connections_came_is_no_plateau() -> None:
    both = [min(3.0 * second, 60.0) for second in range(60)]

    assert find_plateau(ramp(both), pd.Series(both), AT) is None
