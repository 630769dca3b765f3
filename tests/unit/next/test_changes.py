"""The next run is a scenario that generates, and each change says why."""

from __future__ import annotations

import dataclasses
from typing import Any, cast

import pytest

from jmxgen.analysis.causes import CAUSES
from jmxgen.analysis.model import Analysis, Hypothesis, Verdict
from jmxgen.analysis.next_run import NextRun
from jmxgen.jmx.render import render
from jmxgen.next import changes, yaml_text
from jmxgen.plan.build import build
from jmxgen.scenario.load import loads
from jmxgen.scenario.model import Scenario

TEXT = """
name: s
target: {url: "ws://127.0.0.1:1/", read_timeout: 5s}
load: {callers: 200, ramp_up: 20s, hold: 30s}
call:
  - request: {send: hello, within: 4s}
  - pause: 2s..9s
  - request: {send: bye, within: 4s}
"""
EVIDENCE: dict[str, dict[str, Any]] = {
    "concurrency-cap": {"limit": 120, "interval": [118, 121]},
    "handshake-rate-limit": {"rate_per_s": 8.0, "interval": [7.9, 8.2]},
    "idle-timeout": {"seconds": 6.0, "interval": [5.9, 6.1]},
    "unanswered-pings": {"interval": [5.0, 7.0]},
}


def analysis(cause: str) -> Analysis:
    verdict = Verdict(
        cause=cause, side="server", phase="data", confidence=0.9, finding="F", advice=(),
        evidence=EVIDENCE.get(cause, {}),
    )  # fmt: skip
    return Analysis(run=cast("Any", None), counts=cast("Any", None), verdict=verdict, hypotheses=())


def next_run(cause: str, text: str = TEXT) -> tuple[Scenario, str]:
    scenario = loads(text)
    wanted = changes.wanted(analysis(cause), scenario)
    assert not isinstance(wanted, changes.Nothing), wanted
    written = yaml_text.render(scenario, wanted, [f"after {cause}"])
    for change in wanted:
        assert not change.value or f"# {change.why}\n" in written
    return loads(written), written


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_leads_to_a_scenario_that_generates_or_to_a_reason(cause: str) -> None:
    wanted = changes.wanted(analysis(cause), loads(TEXT))
    if isinstance(wanted, changes.Nothing):
        assert wanted.words
        return

    after, _ = next_run(cause)

    assert after != loads(TEXT)
    assert render(build(after)).startswith(b"<?xml")


def test_a_cap_is_held_under_and_over_its_limit_twice() -> None:
    after, text = next_run("concurrency-cap")

    assert [stage.callers for stage in after.load.stages] == [112, 128, 112, 128]
    assert {stage.hold.seconds for stage in after.load.stages} == {30}
    assert after.load.stages[0].over.seconds == 12  # at the scenario's own 10 callers a second
    lines = text.splitlines()
    above = lines[next(n for n, line in enumerate(lines) if line.strip() == "stages:") - 1]
    assert above == (
        "  # steps that hold just under and just over the limit, twice: a cap shows at the same number each "
        "time, trouble of one moment doesn't come back"
    )


@pytest.mark.parametrize("cause", CAUSES)
def test_the_sentence_of_a_cause_and_its_next_run_say_the_same(cause: str) -> None:
    said = CAUSES[cause].NEXT_RUN
    wanted = changes.wanted(analysis(cause), loads(TEXT))

    if isinstance(wanted, changes.Nothing):
        assert wanted.words == said.sentence
        return
    sentences = {change.sentence for change in said.changes}
    assert {change.why for change in wanted if change.why} & sentences


def test_what_a_run_says_of_its_own_next_run_comes_first() -> None:
    own = NextRun(instead="the same callers, each with a token of its own")
    judged = analysis("concurrency-cap")
    hypothesis = Hypothesis(
        cause="concurrency-cap", side="server", phase="data", finding="F", evidence={}, next_run=own
    )

    wanted = changes.wanted(dataclasses.replace(judged, hypotheses=(hypothesis,)), loads(TEXT))

    assert wanted == changes.Nothing(own.instead)


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_a_small_limit_is_held_under_and_over(limit: int) -> None:
    small = TEXT.replace("callers: 200", f"callers: {limit + 1}")
    verdict = dataclasses.replace(
        analysis("concurrency-cap").verdict, evidence={"limit": limit, "interval": [limit, limit]}
    )

    wanted = changes.wanted(dataclasses.replace(analysis("concurrency-cap"), verdict=verdict), loads(small))

    assert not isinstance(wanted, changes.Nothing)
    after = loads(yaml_text.render(loads(small), wanted, []))
    under, over = sorted({stage.callers for stage in after.load.stages})
    assert under <= limit < over


def test_a_load_in_stages_is_halved_stage_by_stage() -> None:
    text = TEXT.replace(
        "{callers: 200, ramp_up: 20s, hold: 30s}", "{stages: [{callers: 9, over: 2s, hold: 5s}]}"
    )

    after, _ = next_run("random-drop", text)

    assert [stage.callers for stage in after.load.stages] == [5]


def test_openings_are_paced_just_under_their_limit() -> None:
    after, _ = next_run("handshake-rate-limit")

    assert after.load.handshake_rate is not None
    assert after.load.handshake_rate.per_second == 7.11
    assert after.load.callers == 200


def test_silence_is_broken_by_pings_and_a_pause_becomes_a_listen() -> None:
    after, _ = next_run("idle-timeout")

    assert after.keep_alive.ping_every is not None
    assert 1 <= after.keep_alive.ping_every.seconds < 5.9
    assert [step.kind for step in after.call] == ["request", "listen", "request"]


def test_waits_are_three_times_as_long_after_missing_answers() -> None:
    after, text = next_run("stall")

    assert after.target.read_timeout.seconds == 15
    assert text.count("within: 12s") == 2


@pytest.mark.parametrize("cause", ["healthy", "client-exhaustion", "outage", "leaked-sessions"])
def test_where_no_change_would_tell_more_that_is_said(cause: str) -> None:
    assert isinstance(changes.wanted(analysis(cause), loads(TEXT)), changes.Nothing)


def test_a_verdict_cannot_write_into_the_file() -> None:
    bad = dataclasses.replace(analysis("stall").verdict, finding="a\nload: {callers: 9}")
    scenario = loads(TEXT)
    wanted = changes.wanted(dataclasses.replace(analysis("stall"), verdict=bad), scenario)
    assert not isinstance(wanted, changes.Nothing)

    text = yaml_text.render(scenario, wanted, [bad.finding])

    assert loads(text).load.callers == 200
