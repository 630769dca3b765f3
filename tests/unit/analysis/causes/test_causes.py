"""Every cause is told from every other, and noise from all. The larger study: benchmarks/causes.py."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pandas as pd
import pytest

from jmxgen.analysis.causes import CAUSES
from jmxgen.analysis.model import CONNECTION_COLUMNS, Analysis, Results
from jmxgen.analysis.report.json import schema
from jmxgen.analysis.verdict import judge
from jmxgen.simulator.runs import Fault
from tests.unit.analysis.cases import CASES, Case
from tests.unit.analysis.simulated import Load, simulate

# Per cause: within how much of the truth the estimate must be (issue 5: limits and timeouts 5%, rates 15%)
WITHIN = {"rate_per_s": 0.15, "throughput_per_s": 0.15}


@functools.cache
def judged(case: Case) -> Analysis:
    return judge(case.run(seed=11))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_verdict_is_the_cause_and_its_estimate_is_near_the_truth(case: Case) -> None:
    verdict = judged(case).verdict

    assert verdict.cause == case.cause
    if case.truth:
        key, value = case.truth
        assert verdict.evidence[key] == pytest.approx(value, rel=WITHIN.get(key, 0.05))


@pytest.mark.parametrize("seed", range(20))
def test_a_healthy_run_with_noise_is_healthy(seed: int) -> None:
    random = np.random.default_rng(seed)
    faults = (
        f"random:probability={random.uniform(0, 0.001):.6f}",
        f"refuse:share={random.uniform(0, 0.005):.6f},form=reset",
    )
    load = Load(callers=int(random.integers(20, 200)), ramp_s=float(random.uniform(2, 20)), length_s=30)

    assert judge(simulate(*faults, load=load, seed=seed)).verdict.cause == "healthy"


@pytest.mark.parametrize("seed", range(5))
def test_two_bursts_of_refusals_are_no_cap(seed: int) -> None:
    # Everybody is refused for half a second, twice: no limit.
    incidents = [f"outage:at={second}s,lasts=600ms,form=reset" for second in (11, 31)]
    verdict = judge(simulate(*incidents, load=Load(length_s=45), seed=seed)).verdict

    assert verdict.cause != "concurrency-cap" or verdict.confidence < 0.3


def test_a_single_ramp_that_cannot_tell_concurrency_from_time_says_so() -> None:
    holding = Load(callers=100, ramp_s=20, length_s=25, requests=(100, 100), attempts=1)
    analysis = judge(simulate("cap:limit=60", load=holding, seed=3))

    best = analysis.hypotheses[0]
    assert best.cause == "concurrency-cap"
    assert "can't tell" in best.against
    assert "load.ramp_up" in best.next_run
    assert analysis.verdict.confidence < 0.9


def test_a_cap_that_admits_again_below_is_surer_than_one_that_never_did() -> None:
    churning = judge(simulate("cap:limit=60", load=Load(callers=100), seed=3)).hypotheses[0]
    holding = judge(
        simulate("cap:limit=60", load=Load(callers=100, requests=(100, 100), attempts=1), seed=3)
    ).hypotheses[0]

    assert churning.cause == holding.cause == "concurrency-cap"
    assert not churning.against
    assert churning.score > holding.score


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_hypothesis_is_complete(case: Case) -> None:
    for hypothesis in judged(case).hypotheses:
        assert 0 <= hypothesis.score <= 1
        assert not hypothesis.finding[0].islower()
        assert not hypothesis.finding.endswith(".")
        assert hypothesis.advice
        assert all(text.endswith(".") for text in hypothesis.advice)


def test_each_cause_of_the_document_is_a_module() -> None:
    names = {str(vars(cause)["__name__"]).rpartition(".")[2].replace("_", "-") for cause in CAUSES}

    assert names | {"unknown"} == set(schema()["properties"]["verdict"]["properties"]["cause"]["enum"])


def test_nothing_at_all_is_unknown_and_says_what_to_look_at() -> None:
    empty = simulate(load=Load(callers=0))

    analysis = judge(empty)

    assert analysis.verdict.cause == "unknown"
    assert "No WebSocket connection" in analysis.verdict.finding


def test_the_same_results_give_the_same_verdict_whatever_the_order_of_rows() -> None:
    results = simulate("cap:limit=60", load=Load(callers=100), seed=5)
    mixed = dataclasses.replace(results, connections=results.connections.sample(frac=1, random_state=1))

    assert judge(mixed).hypotheses == judge(results).hypotheses


def test_credentials_that_are_refused_are_no_random_drop() -> None:
    verdict = judge(simulate("refuse:share=30%,form=401", load=Load(callers=60))).verdict

    assert verdict.cause == "unknown"
    assert "denied" in verdict.finding
    assert "credentials" in verdict.advice[0]


def test_a_server_that_is_not_there_is_said_to_be_so() -> None:
    load = Load(callers=60, attempts=2, calls=1)
    verdict = judge(simulate(Fault(name="endpoint", values={"form": "refused"}), load=load)).verdict

    assert verdict.cause == "unknown"
    assert verdict.finding.startswith("None of 120 attempts opened a connection")
    assert "nothing listens" in verdict.advice[0]


def test_losses_at_a_standstill_of_all_threads_are_the_clients() -> None:
    results = simulate(load=Load(callers=60, length_s=30))
    frame = results.connections.copy()
    lost = frame.index[(frame["noticed_at"] > results.start_ms + 20_000)][:30]
    gap = (results.start_ms + 15_000, float(frame.loc[lost, "noticed_at"].max()) - 100)
    for column, value in (("end", "data"), ("kind", "abnormal"), ("code", 1006)):
        frame[column] = frame[column].astype(object).mask(frame.index.isin(lost), value)
    frame = frame.astype(dict(CONNECTION_COLUMNS))

    verdict = judge(dataclasses.replace(results, connections=frame, gaps=(gap,))).verdict

    assert (verdict.cause, verdict.side) == ("client-exhaustion", "client")
    assert verdict.evidence == {"resource": "memory"}


def test_one_age_at_every_loss_is_of_pings_where_the_scenario_answers_none() -> None:
    results = simulate("max-age:limit=8s", load=Load(callers=60, requests=(100, 100)))
    silent = dataclasses.replace(results, scenario={"keep_alive": {"reply_to_pings": False}})

    assert judge(results).verdict.cause == "max-session-age"
    assert judge(silent).verdict.cause == "unanswered-pings"
    assert judge(silent).verdict.evidence["seconds"] == pytest.approx(8, rel=0.05)


def test_one_age_at_every_loss_is_of_pings_where_samplers_read_some_in_place_of_data() -> None:
    results = simulate("max-age:limit=8s", load=Load(callers=60, requests=(100, 100)))
    connections = results.connections.assign(pings=(results.connections["end"] == "data").astype("int32"))

    analysis = judge(dataclasses.replace(results, connections=connections))

    assert (analysis.verdict.cause, analysis.verdict.side) == ("unanswered-pings", "client")
    assert analysis.verdict.evidence["seconds"] == pytest.approx(8, rel=0.05)
    assert "read a ping" in analysis.hypotheses[0].support
    assert "max-session-age" in {hypothesis.cause for hypothesis in analysis.hypotheses[1:]}


def test_where_no_pong_is_ever_sent_the_time_is_that_from_open_to_end_not_the_last_pause() -> None:
    results = simulate(
        "max-age:limit=4s", load=Load(callers=60, requests=(100, 100), think=(0.5, 2.5)), seed=2
    )
    frame = results.connections
    lost = frame["end"] == "data"
    named = frame.assign(
        kind=frame["kind"].astype(object).mask(lost, "server_close"),
        reason=frame["reason"].astype(object).mask(lost, "keepalive ping timeout"),
    ).astype(dict(CONNECTION_COLUMNS))

    verdict = judge(dataclasses.replace(results, connections=named)).verdict

    assert verdict.cause == "unanswered-pings"
    assert verdict.evidence["seconds"] == pytest.approx(4, rel=0.05)


def test_chance_that_strikes_at_once_after_the_open_counts_in_its_rate() -> None:
    results = simulate("random:probability=5%", load=Load(callers=100, requests=(1, 8)), seed=4)
    analysis = judge(results)

    assert analysis.verdict.cause == "random-drop"
    assert analysis.verdict.evidence["rate"] == pytest.approx(analysis.counts.data_rate, abs=0.0001)


def test_two_faults_that_weigh_alike_are_both_said() -> None:
    analysis = judge(simulate("cap:limit=81", "random:probability=4%", load=Load(callers=100), seed=0))

    first, second = analysis.hypotheses[:2]
    assert {first.cause, second.cause} == {"concurrency-cap", "random-drop"}
    assert analysis.verdict.finding == f"{first.finding}; also: {second.finding}"
    assert analysis.verdict.advice[:2] == (first.advice[0], second.advice[0])


def test_rivals_for_the_same_closures_are_not_said_to_be_two_faults() -> None:
    assert not any("also:" in judged(case).verdict.finding for case in CASES)


def series(results: Results, levels: np.ndarray) -> Results:
    at = results.start_ms + 1000.0 * np.arange(len(levels))
    return dataclasses.replace(results, metrics=pd.DataFrame({"at_ms": at, "active": levels.astype(float)}))


def test_a_plateau_of_active_conversations_speaks_for_a_bottleneck() -> None:
    results = simulate(
        "late:limit=1500ms,form=reset", "processing:workers=1,service=25ms", load=Load(ramp_s=30)
    )
    active = np.minimum(np.arange(41) * 4, 60)

    plain, known = judge(results), judge(series(results, active))

    assert plain.verdict.cause == known.verdict.cause == "processing-bottleneck"
    assert "without --metrics" in plain.hypotheses[0].against
    assert known.verdict.evidence["plateau"] == pytest.approx(60, abs=2)
    assert not known.hypotheses[0].against


def test_a_network_drop_is_told_from_sessions_that_ended() -> None:
    results = simulate("mass:at=25s")
    ended = np.where(np.arange(41) < 25, 120, 10)
    going_on = np.full(41, 120)

    assert "fell from 120 to 10" in judge(series(results, ended)).hypotheses[0].support
    assert "the network lost" in judge(series(results, going_on)).hypotheses[0].support


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_causes_weighed_one_by_one_say_what_they_say_side_by_side(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    side_by_side = judged(case)
    monkeypatch.setattr("jmxgen.analysis.verdict.MANY", 0)
    one_by_one = judge(case.run(seed=11))

    assert one_by_one.verdict == side_by_side.verdict
    assert one_by_one.hypotheses == side_by_side.hypotheses
