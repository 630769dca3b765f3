"""Real JMeter runs of every cause: each connection as the server logged it, each verdict as it must be."""

from __future__ import annotations

import collections

import pytest

from benchmarks import matrix
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


@each
def test_the_verdict_is_right_and_its_estimates_are_near(recorded: Recorded) -> None:
    wrong = recorded.wrong()
    assert not wrong, "; ".join(wrong)


def test_every_cause_has_two_recordings_of_different_plans() -> None:
    plans = collections.defaultdict(set)
    for recorded in RECORDINGS:
        plans[recorded.expected["cause"]].add(recorded.expected["plan"])
    assert set(plans) == set(CAUSES)
    assert all(len(styles) >= 2 for styles in plans.values()), plans


def test_the_page_of_the_confusion_matrix_is_that_of_the_recordings() -> None:
    page = matrix.PAGE.read_text(encoding="utf-8")
    assert page == matrix.page(list(RECORDINGS)), "run `make matrix`"
