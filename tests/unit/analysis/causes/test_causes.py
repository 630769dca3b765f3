"""Every cause is told from every other, and noise from all. The larger study: benchmarks/causes.py."""

from __future__ import annotations

import dataclasses
import functools
import json
from typing import ClassVar, cast

import jsonschema
import numpy as np
import pandas as pd
import pytest

from jmxgen.analysis import criteria, scale
from jmxgen.analysis.advice import Step as NextStep
from jmxgen.analysis.causes import CAUSES
from jmxgen.analysis.causes.base import Facts, Figure, Finding
from jmxgen.analysis.model import CONNECTION_COLUMNS, Analysis, Hypothesis, Run
from jmxgen.analysis.next_run import NextRun
from jmxgen.analysis.report import html, text
from jmxgen.analysis.report import json as json_report
from jmxgen.analysis.schema import schema
from jmxgen.analysis.verdict import judge
from jmxgen.simulator.runs import Fault
from tests.unit.analysis.cases import CASES, Case
from tests.unit.analysis.simulated import Load, simulate

# Per cause: within how much of the truth the estimate must be (issue 5: limits and timeouts 5%, rates 15%)
WITHIN = {"rate_per_s": 0.15, "throughput_per_s": 0.15}


@functools.cache
def judged(case: Case) -> Analysis:
    return judge(case.run(seed=11))


def test_most_cases_are_judged_right_and_none_of_the_rest_is_called_healthy() -> None:
    wrong = {
        case.name: judged(case).verdict.cause for case in CASES if judged(case).verdict.cause != case.cause
    }

    assert len(wrong) <= 0.15 * len(CASES), wrong
    assert "healthy" not in wrong.values()


@pytest.mark.parametrize("case", [case for case in CASES if case.truth], ids=lambda case: case.name)
def test_the_estimate_of_a_right_verdict_is_near_the_truth(case: Case) -> None:
    verdict = judged(case).verdict
    key, value = case.truth or ("", 0.0)

    assert verdict.cause != case.cause or verdict.evidence[key] == pytest.approx(
        value, rel=WITHIN.get(key, 0.05)
    )


def noisy(seed: int) -> Run:
    random = np.random.default_rng(seed)
    faults = (
        f"random:probability={random.uniform(0, 0.001):.6f}",
        f"refuse:share={random.uniform(0, 0.005):.6f},form=reset",
    )
    load = Load(callers=int(random.integers(20, 200)), ramp_s=float(random.uniform(2, 20)), length_s=30)
    return simulate(*faults, load=load, seed=seed)


def test_a_healthy_run_with_noise_is_healthy() -> None:
    found = [judge(noisy(seed)).verdict.cause for seed in range(20)]

    assert found.count("healthy") >= 19, found


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
    assert "can't distinguish" in best.against
    assert best.next_run == CAUSES["concurrency-cap"].NEXT_RUN


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_hypothesis_is_complete_and_those_of_a_phase_sum_to_one(case: Case) -> None:
    sums: dict[str, float] = {}
    for hypothesis in judged(case).hypotheses:
        sums[hypothesis.phase] = sums.get(hypothesis.phase, 0.0) + hypothesis.probability
        assert not hypothesis.finding[0].islower()
        assert not hypothesis.finding.endswith(".")
        assert hypothesis.advice
        for step in hypothesis.advice:
            assert all(
                text is None or text.endswith(".") for text in (step.text_for_scenario, step.text_for_jmeter)
            )

    assert sums.keys() <= {"handshake", "data"}
    assert all(total == pytest.approx(1, abs=0.001) for total in sums.values())


def test_the_verdict_has_the_largest_probability_of_its_phase() -> None:
    for case in CASES:
        best, *others = judged(case).hypotheses
        assert judged(case).verdict.cause == best.cause
        assert judged(case).verdict.confidence == best.probability
        assert all(h.probability <= best.probability for h in others if h.phase == best.phase)


def test_the_schema_knows_each_cause() -> None:
    assert set(CAUSES) == set(schema()["properties"]["verdict"]["properties"]["cause"]["enum"])


class Toy:
    """A cause that nobody edited another file for."""

    NAME = "toy"
    PHASES = ("handshake",)
    PICTURE = "timeline"
    NEXT_RUN: ClassVar = NextRun(instead="the same load without marbles")
    EVIDENCE: ClassVar = {"marbles": Figure("marbles in the works", "pieces", limit=True)}

    def weigh(self, facts: Facts) -> Finding:
        hypothesis = Hypothesis(
            cause="toy",
            side="server",
            phase="handshake",
            finding="There are 7 marbles in the works",
            evidence={"marbles": 7},
            advice=(NextStep.for_all("Take the marbles out."),),
        )
        return Finding(hypothesis=hypothesis, explained=facts.handshake, fit=1.0)

    def statistics(self, facts: Facts) -> dict[str, float]:
        return {"marbles that were heard": 1.0}


def test_a_cause_that_is_registered_is_found_in_every_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cast("dict[str, object]", CAUSES), "toy", Toy())
    learnt = {phase: dict(rows) for phase, rows in scale.weights().items()}
    learnt["handshake"]["toy"] = {"marbles that were heard": 50.0}
    monkeypatch.setattr(scale, "weights", lambda: learnt)

    analysis = judge(simulate("cap:limit=60", load=Load(callers=100), seed=3))

    assert analysis.verdict.cause == "toy"
    assert "marbles in the works 7 pieces" in text.render(analysis)
    assert "There are 7 marbles in the works" in html.render(analysis)
    document = json.loads(json_report.render(analysis))
    jsonschema.validate(document, schema())
    assert document["verdict"]["evidence"] == {"marbles": 7}
    assert "marbles" in criteria.evidence_keys()


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

    assert verdict.cause == "denied"
    assert verdict.evidence["status"] == 401
    assert "credentials" in verdict.advice[0]


def test_a_server_that_is_not_there_is_said_to_be_so() -> None:
    load = Load(callers=60, attempts=2, calls=1)
    verdict = judge(simulate(Fault(name="endpoint", values={"form": "refused"}), load=load)).verdict

    assert verdict.cause in ("outage", "wrong-endpoint")
    assert "refused" in verdict.finding


def test_losses_at_a_standstill_of_all_threads_are_the_clients() -> None:
    results = simulate(load=Load(callers=60, length_s=30))
    frame = results.connections.copy()
    lost = frame.index[(frame["noticed_at"] > results.start_ms + 20_000)][:30]
    gap = (results.start_ms + 15_000, float(frame.loc[lost, "noticed_at"].max()) - 100)
    for column, value in (("end", "data"), ("kind", "abnormal"), ("code", 1006)):
        frame[column] = frame[column].astype(object).mask(frame.index.isin(lost), value)
    frame = frame.astype(dict(CONNECTION_COLUMNS))

    facts = Facts(dataclasses.replace(results, connections=frame, gaps=(gap,)))
    finding = CAUSES["client-exhaustion"].weigh(facts)

    assert finding is not None
    assert finding.hypothesis.evidence == {"resource": "memory"}
    shown = CAUSES["client-exhaustion"].statistics(facts)
    assert shown["trouble in or just after a standstill of all threads"] > 0.9


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


def test_a_second_fault_is_said_beside_the_first() -> None:
    analysis = judge(simulate("cap:limit=81", "random:probability=4%", load=Load(callers=100), seed=0))

    found = {analysis.verdict.cause, *(other.cause for other in analysis.verdict.also)}
    assert found >= {"concurrency-cap", "random-drop"}
    assert "; also: " in analysis.verdict.finding


def series(results: Run, levels: np.ndarray) -> Run:
    at = results.start_ms + 1000.0 * np.arange(len(levels))
    return dataclasses.replace(results, metrics=pd.DataFrame({"at_ms": at, "active": levels.astype(float)}))


def test_a_plateau_of_active_conversations_speaks_for_a_bottleneck() -> None:
    results = simulate(
        "late:limit=1500ms,form=reset", "processing:workers=1,service=25ms", load=Load(ramp_s=30)
    )
    active = np.minimum(np.arange(41) * 4, 60)

    plain, known = (
        next(h for h in judge(run).hypotheses if h.cause == "processing-bottleneck")
        for run in (results, series(results, active))
    )

    assert "without --metrics" in plain.against
    assert known.evidence["plateau"] == pytest.approx(60, abs=2)
    assert known.probability >= plain.probability
    assert not known.against


def test_a_network_drop_is_told_from_sessions_that_ended() -> None:
    results = simulate("mass:at=25s")
    ended = np.where(np.arange(41) < 25, 120, 10)
    going_on = np.full(41, 120)

    assert "fell from 120 to 10" in judge(series(results, ended)).hypotheses[0].support
    assert "the network lost" in judge(series(results, going_on)).hypotheses[0].support
