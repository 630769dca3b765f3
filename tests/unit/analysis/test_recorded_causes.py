"""Real JMeter runs of every cause: each connection as the server logged it, each verdict as it must be."""

from __future__ import annotations

import collections

import pytest

from benchmarks.recorded import Recorded, recordings

RECORDINGS = tuple(recordings())
CAUSES = (
    *("healthy", "concurrency-cap", "handshake-rate-limit", "processing-bottleneck", "leaked-sessions"),
    *("idle-timeout", "max-session-age", "unanswered-pings", "mass-disconnect", "reconnect-storm"),
    *("client-exhaustion", "server-close", "stall", "random-drop"),
)

each = pytest.mark.parametrize("recorded", RECORDINGS, ids=lambda recorded: recorded.name)


@each
def test_every_connection_has_the_end_that_the_server_logged(recorded: Recorded) -> None:
    found = recorded.server
    assert found.joined == len(recorded.truth)
    assert found.complete, f"{found.agreements} of {found.joined} agree: {found.contradictions}"


def test_nearly_all_recorded_verdicts_are_right_though_the_scale_never_saw_them() -> None:
    wrong = {one.name: one.analysis.verdict.cause for one in RECORDINGS if one.wrong_cause()}

    assert len(wrong) <= 0.15 * len(RECORDINGS), wrong
    assert "healthy" not in wrong.values()


@each
def test_the_estimates_of_a_right_verdict_are_near(recorded: Recorded) -> None:
    assert not recorded.wrong_estimates()


def test_every_cause_has_two_recordings_of_different_plans() -> None:
    plans = collections.defaultdict(set)
    for recorded in RECORDINGS:
        plans[recorded.expected["cause"]].add(recorded.expected["plan"])
    assert set(plans) == set(CAUSES)
    assert all(len(styles) >= 2 for styles in plans.values()), plans
