from __future__ import annotations

import csv
import dataclasses
import io
import math

import pytest

from jmxgen.analysis.model import CONTRACT_CONNECTION_COLUMNS, Analysis
from jmxgen.analysis.report import connections as report
from tests import made


def rows(analysis: Analysis) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report.render(analysis))))


def test_the_columns_are_those_of_the_contract() -> None:
    header = report.render(made.empty()).splitlines()

    assert header == [",".join(CONTRACT_CONNECTION_COLUMNS)]


def test_times_are_utc_with_milliseconds_and_empty_where_unknown() -> None:
    refused = made.connection(
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


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_a_formula(start: str) -> None:
    lost = made.connection(thread=start, label=start, attempted_at=made.START, noticed_at=made.START)

    [row] = rows(made.analysis([lost], made.cap().verdict))

    assert row["thread"].startswith("'")
    assert row["label"].startswith("'")


def test_a_hostile_text_stays_on_its_line_and_steers_no_terminal() -> None:
    analysis = made.hostile()

    text = report.render(analysis)

    assert len(text.splitlines()) == analysis.counts.attempted + 1
    assert "\x1b" not in text


def test_a_time_beyond_the_calendar_is_empty() -> None:
    odd = made.connection(attempted_at=made.START, opened_at=1e18, noticed_at=math.nan)
    results = dataclasses.replace(made.cap().results, connections=made.frame([odd]))

    [row] = rows(dataclasses.replace(made.cap(), results=results))

    assert row["opened_at"] == ""
