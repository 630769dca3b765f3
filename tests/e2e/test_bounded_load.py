"""No load shape exceeds what the scenario says, whatever the server does: by the server's own count.

Nor does looking at a caller's variables change what it does.
"""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests import plans
from tests.e2e import generated
from tests.e2e.generated import OPENERS, Case

pytestmark = pytest.mark.jmeter

CALLERS, ATTEMPTS, CALLS = 3, 3, 2
SHAPES = {
    "callers": f"callers: {CALLERS}, ramp_up: 0s, calls: {CALLS}",
    "hold": f"callers: {CALLERS}, ramp_up: 0s, hold: 8s",
    "stages": f"stages: [{{callers: {CALLERS}, hold: 8s}}]",
    "arrivals": f"arrivals: {{rate: {CALLERS}/s, for: 1s, spacing: even, drain: 22s}}",
}
ASK = 'call:\n  - request: {send: \'{"type":"open"}\', contains: opened, within: 5s}\n'
OUTCOMES = {  # name: the server, what it makes of a call, the call
    "refused": ("closed", "give_up_on: []", ASK),
    "unwelcome": ("closed", "give_up_on: [401]", ASK),
    "lost-early": ("dropping", "first_wait: 100ms", ASK),
    "lost-late": ("aging", "first_wait: 100ms", ASK + "  - listen: 20s\n"),
    "failing": (
        "plain",
        "first_wait: 100ms",
        ASK.replace("contains: opened, within: 5s", "contains: never, within: 300ms"),
    ),
}
FAULTS = {
    "closed": ("auth:key=right",),
    "dropping": ("drop:message=1",),
    "aging": ("max-age:limit=5500ms",),  # over what counts as settled
    "plain": (),
}
PAIRS = [(shape, outcome) for shape in SHAPES for outcome in OUTCOMES]


def _case(shape: str, outcome: str) -> Case:
    server, reconnect, call = OUTCOMES[outcome]
    text = (
        f"load: {{{SHAPES[shape]}}}\n"
        f"reconnect: {{max_attempts: {ATTEMPTS}, base: 100ms, cap: 400ms, jitter: equal, {reconnect}}}\n"
        f"{call}"
    )
    return Case(text, server)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    cases = {f"{shape}-{outcome}": _case(shape, outcome) for shape, outcome in PAIRS}
    found: dict[str, Any] = generated.run_cases(cases, FAULTS, tmp_path_factory.mktemp("bounded"))
    return found


@pytest.mark.parametrize(("shape", "outcome"), PAIRS)
def test_no_caller_makes_more_attempts_than_the_scenario_allows(
    seen: dict[str, Any], shape: str, outcome: str
) -> None:
    case = seen[f"{shape}-{outcome}"]

    attempts = len(case.truth)
    match outcome:
        case "refused":
            assert attempts == CALLERS * ATTEMPTS
        case "unwelcome":
            assert attempts == CALLERS
        case "lost-early" | "lost-late" if shape in ("callers", "arrivals"):
            assert attempts == CALLERS * ATTEMPTS * (CALLS if shape == "callers" else 1)
        case "failing" if shape in ("callers", "arrivals"):
            assert attempts == CALLERS * (CALLS if shape == "callers" else 1)
    of_call = Counter((row["threadName"], row["ws_call"]) for row in case.openings())
    assert max(of_call.values()) <= ATTEMPTS


@pytest.mark.parametrize(("shape", "outcome"), PAIRS)
def test_the_server_sees_each_attempt_after_its_wait(seen: dict[str, Any], shape: str, outcome: str) -> None:
    case = seen[f"{shape}-{outcome}"]

    attempted = {t["key"]: t["attempted_at"] for t in case.truth}
    for rows in case.by_thread().values():
        opened = [row for row in rows if row["label"] in OPENERS]
        for before, row in itertools.pairwise(opened):
            gap = attempted[row["ws_id"]] - attempted[before["ws_id"]]
            assert gap >= float(row["ws_wait_ms"]) - 5
            if outcome == "refused":
                assert float(row["ws_wait_ms"]) >= 50  # half of base


LOG_ALL = plans.script("JSR223Sampler", "SampleResult.setIgnore(); log.info('{}', vars.entrySet())")
DEBUG = plans.element("DebugSampler", {"displayJMeterVariables": True}, gui="TestBeanGUI")
ASKED_TWICE = ASK + "  - request: {send: again, contains: again, within: 5s}\n"


def _after_each_sampler(jmx: bytes) -> bytes:
    root = etree.fromstring(jmx)
    group = root.xpath("//ThreadGroup")[0]
    for sampler in list(group.getnext().iter()):
        if "wssampler" in str(sampler.tag) and str(sampler.tag).endswith("Sampler"):
            for element in reversed(etree.fromstring(f"<x>{DEBUG}{LOG_ALL}</x>")):
                sampler.getnext().addnext(element)
    return etree.tostring(root)


def test_who_looks_at_the_variables_changes_nothing(tmp_path: Path) -> None:
    case = Case("load: {callers: 10, ramp_up: 1s, calls: 2}\n" + ASKED_TWICE)
    seen = generated.run_cases({"looked-at": case}, {"plain": ()}, tmp_path, edit=_after_each_sampler)

    assert len(seen["looked-at"].labelled("close", success=True)) == 20
    assert [row for row in seen["looked-at"].rows if row["success"] == "false"] == []
