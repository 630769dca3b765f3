from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from jmxgen.analysis import words
from jmxgen.analysis.model import Analysis
from jmxgen.analysis.report import html, markdown
from jmxgen.analysis.report import text as report
from tests import made

GOLDEN = Path(__file__).parents[3] / "golden" / "report"


@pytest.mark.parametrize("make", [made.cap, made.idle_timeout, made.healthy, made.empty])
def test_the_verdict_in_words_is_as_accepted(
    make: Callable[[], Analysis], accepted: Callable[[Path, str], None]
) -> None:
    name = getattr(make, "__name__", "")

    accepted(GOLDEN / f"{name}.txt", report.render(make()))


def test_the_first_lines_answer_what_people_ask() -> None:
    told = report.render(made.cap())

    for answer in (
        "concurrency-cap (very sure, 97%)",
        "during the handshake",
        "the server",
        "limit 120 (119 to 121)",
    ):
        assert answer in told
    assert "2,472 errors in 6,240 rows for 103 closures: 2,369 rows repeat an earlier closure" in told


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_is_wider_than_asked(width: int) -> None:
    assert max(map(len, report.render(made.cap(), width=width).splitlines())) <= width


def test_colours_only_when_asked_for() -> None:
    assert "\x1b[" not in report.render(made.cap())
    assert "\x1b[1;31m" in report.render(made.cap(), colour=True)


def test_hostile_text_can_not_steer_a_terminal() -> None:
    told = report.render(made.hostile())

    assert all(c.isprintable() or c == "\n" for c in told)


def test_a_cause_without_a_limit_shows_its_evidence() -> None:
    assert "after 60 s idle; interval 30 to 60.9; share of the losses 98%" in report.render(
        made.idle_timeout()
    )


def test_statuses_and_codes_stand_beside_their_kind() -> None:
    kinds = {"rejected": 5, "server_close": 3, "reset": 1}

    assert words.kinds(kinds, {"429": 2, "503": 3}, {"1006": 4, "1011": 3}) == [
        "5 rejected with HTTP 429 (2), 503 (3)",
        "3 closed by a close frame, code 1011",
        "1 reset before the 101",
    ]


def test_other_errors_are_told_apart_from_closures() -> None:
    plain = made.healthy()
    results = dataclasses.replace(plain.run, errors=7, stalls=2, unattributed=1)

    told = words.jmeter_counted(results, plain.counts)

    assert told == (
        "7 errors in 480 rows for 0 closures: 2 stalls ended no connection, 1 row can't be tied to a phase, "
        "4 rows failed for other reasons (transactions, assertions, HTTP)"
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (12.04, "12"), (0.25, "0.2"), (1234.5, "1,234"), (float("nan"), "?"), (0.004, "0.004")],
)
def test_numbers_read_as_people_write_them(value: float, shown: str) -> None:
    assert words.number(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.5, "500 ms"), (0, "0 s"), (59.96, "60 s"), (61, "1 min 1 s"), (120, "2 min"), (7260, "2 h 1 min")],
)
def test_durations_read_as_people_say_them(seconds: float, shown: str) -> None:
    assert words.duration(seconds) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0, "0%"), (0.0004, "< 0.1%"), (0.396, "39.6%"), (1, "100%"), (0.9999, "> 99.9%")],
)
def test_a_share_that_is_small_but_not_none_never_reads_none(share: float, shown: str) -> None:
    assert words.percent(share) == shown


def test_three_steps_are_told_and_the_report_has_the_rest() -> None:
    analysis = made.cap()
    advice = ("first", "second", "third", "fourth", "fifth")

    told = report.render(
        dataclasses.replace(analysis, verdict=dataclasses.replace(analysis.verdict, advice=advice))
    )

    assert "  3. third\n     and 2 more, in the report and the JSON\n" in told
    assert "fourth" not in told


def test_a_tie_of_two_sides_leaves_the_side_open() -> None:
    plain = made.cap()
    best = plain.hypotheses[0]
    rival = dataclasses.replace(best, cause="client-exhaustion", side="client", probability=0.4)
    tied = dataclasses.replace(
        plain,
        hypotheses=(dataclasses.replace(best, probability=0.5), rival),
        verdict=dataclasses.replace(plain.verdict, tie="client-exhaustion"),
    )
    said = "the server, or something in front of it (proxy, load balancer); or, if it is client-exhaustion"

    assert f"{said}, the load generator" in " ".join(report.render(tied).split())
    assert f"| side | {said}, the load generator |" in markdown.render(tied)
    assert f"<dd>{said}, the load generator</dd>" in html.render(tied)
    assert "or, if it is" not in " ".join(report.render(plain).split())


def test_a_rival_with_a_long_name_stays_apart_from_what_is_said_of_it() -> None:
    plain = made.cap()
    rival = dataclasses.replace(plain.hypotheses[0], cause="mass-disconnect", phase="data", probability=0.98)
    shown = report.render(dataclasses.replace(plain, hypotheses=(plain.hypotheses[0], rival)))

    assert "mass-disconnect (data phase)  98%" in shown
