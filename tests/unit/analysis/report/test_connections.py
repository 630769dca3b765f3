from __future__ import annotations

import csv
import dataclasses
import io
import math

import pytest

from jmxgen.analysis.model import CONTRACT_CONNECTION_COLUMNS, Analysis
from jmxgen.analysis.report import connections as report
from tests import made
from tests.connections import connection, frame


def text(analysis: Analysis) -> str:
    return report.render(analysis).decode()


def rows(analysis: Analysis) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text(analysis))))


def test_the_columns_are_those_of_the_contract() -> None:
    header = text(made.empty()).splitlines()

    assert header == [",".join(CONTRACT_CONNECTION_COLUMNS)]


def test_times_are_utc_with_milliseconds_and_empty_where_unknown() -> None:
    refused = connection(
        attempted_at=made.START + 10.4,
        noticed_at=made.START + 999.6,
        end="handshake",
        kind="rejected",
        status=503,
    )

    [row] = rows(made.analysis([refused], made.cap().verdict))

    assert row["attempted_at"] == "2026-09-21T14:13:20.010Z"
    assert row["noticed_at"] == "2026-09-21T14:13:21.000Z"
    assert (row["opened_at"], row["last_alive_at"]) == ("", "")
    assert (row["end"], row["kind"], row["status"], row["code"]) == ("handshake", "rejected", "503", "")


def test_one_row_a_connection() -> None:
    analysis = made.cap()

    found = rows(analysis)

    assert len(found) == analysis.counts.attempted
    assert sum(row["end"] == "handshake" for row in found) == analysis.counts.handshake


@pytest.mark.parametrize(
    "start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM(A1)"]
)
def test_no_cell_is_a_formula(start: str) -> None:
    lost = connection(thread=start, label=start, attempted_at=made.START, noticed_at=made.START)

    [row] = rows(made.analysis([lost], made.cap().verdict))

    assert row["thread"].startswith("'")
    assert row["label"].startswith("'")


def test_a_hostile_text_stays_on_its_line_and_steers_no_terminal() -> None:
    analysis = made.hostile()

    told = text(analysis)

    assert len(told.splitlines()) == analysis.counts.attempted + 1
    assert "\x1b" not in told


def test_a_time_beyond_the_calendar_is_empty() -> None:
    odd = connection(attempted_at=made.START, opened_at=1e18, noticed_at=math.nan)
    results = dataclasses.replace(made.cap().run, connections=frame([odd]))

    [row] = rows(dataclasses.replace(made.cap(), run=results))

    assert row["opened_at"] == ""


@pytest.mark.parametrize("label", ["a,b", 'say "a"', "", "Grüße 😀", "'=1"])
def test_a_label_comes_back_as_it_was(label: str) -> None:
    lost = connection(label=label, thread="t", attempted_at=made.START, noticed_at=made.START)

    [row] = rows(made.analysis([lost], made.cap().verdict))

    assert (row["label"], row["thread"]) == (label, "t")


def test_a_long_label_among_short_ones_changes_no_other_row(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = [3000 if n == 70 else n for n in range(100)]
    lost = [
        connection(connection=n, label="x" * length, attempted_at=made.START + n, noticed_at=made.START + n)
        for n, length in enumerate(lengths)
    ]
    monkeypatch.setattr(report, "_PART", 5000)

    found = rows(made.analysis(lost, made.cap().verdict))

    assert [len(row["label"]) for row in found] == lengths
    assert [row["connection"] for row in found] == [str(n) for n in range(100)]
    assert [row["attempted_at"][-5:-1] for row in found] == [f".{n:03}" for n in range(100)]


@pytest.mark.parametrize(
    ("at_ms", "told"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (999.6, "1970-01-01T00:00:01.000Z"),
        (-1.0, "1969-12-31T23:59:59.999Z"),
        (2.4e14, "9575-04-19T18:40:00.000Z"),
    ],
)
def test_a_time_may_be_of_any_year_of_the_calendar(at_ms: float, told: str) -> None:
    odd = connection(attempted_at=made.START, noticed_at=at_ms)
    results = dataclasses.replace(made.cap().run, connections=frame([odd]))

    [row] = rows(dataclasses.replace(made.cap(), run=results))

    assert row["noticed_at"] == told
