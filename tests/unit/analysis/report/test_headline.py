from __future__ import annotations

import dataclasses

import pytest

from jmxgen.analysis import words
from jmxgen.analysis.model import Analysis, Check
from jmxgen.analysis.report import besides, checks, github, headline, html, json, markdown, scenario, text
from tests import made


def interrupted() -> Analysis:
    plain = made.healthy()
    results = dataclasses.replace(
        plain.run, complete=False, incomplete_because="the run was interrupted (Ctrl-C or SIGTERM)"
    )
    return checks.judged(dataclasses.replace(plain, run=results), must_hold=["closures.data.total == 0"])


def test_an_incomplete_run_says_so_first_everywhere() -> None:
    analysis = interrupted()

    assert text.render(analysis).startswith("Incomplete: the run was interrupted")
    assert markdown.render(analysis).startswith("> [!WARNING]\n> Incomplete: the run was interrupted")
    page = html.render(analysis)
    assert page.index("Incomplete: the run was interrupted") < page.index("<h1")
    assert "<title>Incomplete: " in page
    assert not headline.good(analysis)


def test_nothing_measured_is_never_a_verdict() -> None:
    shown = text.render(made.empty())

    assert shown.startswith("Nothing was measured: no WebSocket connection was attempted")
    assert "healthy" not in shown
    assert "healthy" not in markdown.render(made.empty())
    assert 'class="verdict bad"' in html.render(made.empty())


def test_a_healthy_run_that_misses_a_criterion_is_not_good() -> None:
    judged = checks.judged(made.healthy(), must_hold=["labels.open.p95 < 1ms"])

    assert headline.good(made.healthy())
    assert not headline.good(judged)


def test_criteria_are_shown_as_written_the_failed_ones_first() -> None:
    judged = checks.judged(
        made.cap(),
        must_hold=["closures.data.total == 0", "closures.handshake.rate < 1%"],
        must_not_hold=['labels["open"].p95 > 1ms'],
    )

    shown = text.render(judged)
    assert (
        "\nCriteria\n  FAILED      closures.handshake.rate < 1% (was 39.62%)\n"
        "  passed      closures.data.total == 0 (was 0)\n"
        '\nFail on (must not hold)\n  FAILED      labels["open"].p95 > 1ms (was 14 ms)\n'
    ) in shown
    assert "closures.handshake.rate &lt; 1%</code> (was 39.62%)" in html.render(judged)


def test_annotations_name_the_verdict_and_what_failed() -> None:
    judged = checks.judged(
        made.cap(), must_hold=["closures.handshake.rate < 1%"], must_not_hold=["stalls > 0"]
    )

    assert github.render(judged).splitlines() == [
        "::warning title=jmxgen verdict::Handshakes are refused once 120 connections are open",
        "::error title=jmxgen FAILED::closures.handshake.rate < 1%25 (was 39.62%25)",
    ]
    assert github.render(made.healthy()).startswith("::notice ")
    assert github.render(made.empty()).startswith("::error ")


def test_hostile_text_makes_no_command_of_its_own() -> None:
    hostile = Check(expression="x\n::error::y", outcome="missed", actual=made.HOSTILE)

    lines = github.render(dataclasses.replace(made.hostile(), criteria=(hostile,))).splitlines()

    assert len(lines) == 2


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("wss://me:hunter2@ivr.example.com/ws?token=hunter2#x", "wss://ivr.example.com/ws"),
        ("ws://127.0.0.1:8765/ivr", "ws://127.0.0.1:8765/ivr"),
        ("wss://${host}/ws?caller=${caller}", "wss://${host}/ws"),
    ],
)
def test_a_target_is_shown_without_secrets(url: str, shown: str) -> None:
    assert scenario.address(url) == shown


def test_the_first_screen_names_scenario_and_target() -> None:
    plain = made.cap()
    given = {"name": "ivr", "target": {"url": "wss://u:hunter2@ivr.example.com/ws?token=hunter2"}}
    analysis = dataclasses.replace(plain, run=dataclasses.replace(plain.run, scenario=given))

    page = html.render(analysis)

    assert "ivr on wss://ivr.example.com/ws" in page
    assert "ivr on wss&#58;//ivr.example.com/ws" in markdown.render(analysis)
    assert "hunter2" not in page


def failing(analysis: Analysis, other: int = 0, leaked: int = 0) -> Analysis:
    """Return an analysis in which rows fail for other reasons, or callers don't close."""
    run = dataclasses.replace(analysis.run, errors=analysis.run.errors + other)
    return dataclasses.replace(analysis, run=run, counts=dataclasses.replace(analysis.counts, leaked=leaked))


def test_answers_that_fail_for_other_reasons_are_said_before_all_connections_are_well() -> None:
    samples = made.healthy().run.samples
    analysis = failing(made.healthy(), other=samples // 2)

    assert text.render(analysis).startswith(
        f"{samples // 2:,} of {samples:,} samples failed for other reasons"
    )
    assert not headline.good(analysis)
    assert len(besides.advice(analysis)) == 1
    assert besides.advice(analysis)[0].startswith("Look at the failed rows first")
    assert json.value(analysis)["other_errors"] == samples // 2


def test_connections_that_nobody_closes_are_said_with_what_to_do() -> None:
    opened = made.healthy().counts.opened
    analysis = failing(made.healthy(), leaked=opened - 1)

    assert text.render(analysis).startswith(f"{opened - 1} of {opened} connections were never closed")
    assert [step[:17] for step in besides.advice(analysis)] == ["Close connections"]


def test_a_figure_is_shown_in_its_own_unit_beside_a_rate() -> None:
    checked = checks.judged(made.cap(), must_hold=["closures.handshake.rate > connections.leaked"])

    assert headline.criterion(checked.criteria[0]).endswith("(was 39.62%, connections.leaked 0)")
    assert "%" not in headline.criterion(
        checks.judged(made.cap(), must_hold=["closures.handshake.total > closures.data.total"]).criteria[0]
    )


def test_nothing_is_ever_wholly_certain() -> None:
    assert words.sure(1.0) == "very sure, > 99.9%"
