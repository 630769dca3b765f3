"""The scale: what statistics and the server's log add to a cause."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from jmxgen.analysis import reading, scale, server_log
from jmxgen.analysis.causes import CAUSES
from jmxgen.analysis.model import Run
from jmxgen.analysis.verdict import judge

LOGS = Path(__file__).parents[2] / "data" / "server_logs"


def with_log(name: str) -> tuple[Run, Run]:
    run = reading.read([LOGS / name / "results.jtl.gz"])
    log = server_log.read(run.connections, sorted((LOGS / name).glob("*.log.gz")))
    return run, dataclasses.replace(run, server_log=log)


def probability(run: Run, cause: str) -> float:
    return max((h.probability for h in judge(run).hypotheses if h.cause == cause), default=0.0)


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("nginx-limit-conn", "concurrency-cap"),
        ("nginx-limit-req", "handshake-rate-limit"),
        ("nginx-read-timeout", "idle-timeout"),
        ("haproxy-maxconn-queue", "concurrency-cap"),
        ("haproxy-tunnel-timeout", "idle-timeout"),
    ],
)
def test_a_log_that_names_the_cause_makes_it_likelier_and_the_verdict(name: str, cause: str) -> None:
    alone, joined = with_log(name)

    assert probability(joined, cause) >= probability(alone, cause)
    assert judge(joined).verdict.cause == cause


def test_a_run_without_a_log_has_no_witness() -> None:
    alone, _ = with_log("nginx-limit-conn")

    assert probability(alone, "concurrency-cap") > 0


def test_each_weight_is_of_a_cause_and_probabilities_sum_to_one() -> None:
    for phase, rows in scale.weights().items():
        assert set(rows) <= set(CAUSES)
        found = scale.probabilities({scale.CONSTANT: 1.0}, phase, frozenset(rows))
        assert sum(found.values()) == pytest.approx(1)
