"""What `reproduce` writes: JSON and a page, of what was played and of what can't be."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from jmxgen.reproduce import alike, page, result
from jmxgen.reproduce.faults import Faults
from jmxgen.reproduce.result import Reproduction
from tests import made


def reproduction() -> Reproduction:
    recording, again = made.cap(), made.cap(limit=118)
    return Reproduction(
        name="run-7",
        recording=recording,
        faults=Faults(texts=("cap:limit=120,form=503",), not_played=()),
        played=(again, alike.compare(recording, again)),
    )


def test_the_json_has_both_runs_the_tests_and_the_outcome() -> None:
    found = json.loads(result.render(reproduction()))

    assert found["schema"] == "jmxgen.reproduce/1"
    assert found["outcome"] == "alike"
    assert found["faults"] == ["cap:limit=120,form=503"]
    assert [test["phase"] for test in found["tests"]] == ["handshake", "data"]
    assert found["recording"]["cause"] == found["reproduction"]["cause"] == "concurrency-cap"
    assert found["recording"]["closures"]["handshake"]["total"] > 0


def test_what_was_not_played_is_an_outcome_too() -> None:
    why = "stall can't be played: the run doesn't say when answers stop"
    nothing = dataclasses.replace(reproduction(), faults=Faults((), (why,)), played=None)

    found = json.loads(result.render(nothing))

    assert (found["outcome"], found["reproduction"], found["tests"]) == ("not played", None, [])
    assert found["words"] == f"Nothing was played: {why}"
    assert why in page.render(nothing).replace("&#39;", "'")


def test_the_page_shows_both_timelines_and_the_figures() -> None:
    text = page.render(reproduction())

    assert text.count("<svg") == 2
    assert "What both runs had" in text
    assert "cap:limit=120,form=503" in text


def test_names_in_results_stay_text() -> None:
    bad: dict[str, Any] = {"name": "<script>alert(1)</script>", "recording": made.hostile()}

    text = page.render(dataclasses.replace(reproduction(), **bad))

    assert "<script>alert" not in text
    json.loads(result.render(dataclasses.replace(reproduction(), **bad)))


@pytest.mark.parametrize(("shift_s", "same"), [(0.8, True), (3.0, False)])
def test_closures_of_one_moment_may_come_a_moment_later(shift_s: float, same: bool) -> None:
    recording = made.cap()
    run = recording.run
    frame = run.connections.copy()
    closed = frame["end"] == "handshake"
    frame["noticed_at"] = run.start_ms + 12_000.0
    again = frame.copy()
    again.loc[closed, "noticed_at"] += 1000 * shift_s

    found = alike.compare(
        dataclasses.replace(recording, run=dataclasses.replace(run, connections=frame)),
        dataclasses.replace(recording, run=dataclasses.replace(run, connections=again)),
    )

    assert found.alike is same
