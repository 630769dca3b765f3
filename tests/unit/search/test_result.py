from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from jmxgen.errors import ResultError
from jmxgen.search import page, result, words
from jmxgen.search.model import Demand, Goal, Load, Probe, Stop, Trials
from jmxgen.search.result import Search, Source

DEMANDS = (Demand("handshake", 0.02, "closures.handshake.rate < 2%"),)


def probe(callers: int, refused: int, cause: str = "healthy", peak: int | None = None) -> Probe:
    return Probe(
        load=Load(callers),
        purpose="twice as many",
        handshake=Trials(refused, 250),
        data=Trials(0, 250 - refused),
        cause=cause,
        confidence=0.9,
        interval=(28.0, 30.0) if refused else None,
        reached=callers,
        peak_open=callers if peak is None else peak,
        handshake_ms=4.0,
        seconds=20.0,
        folder=f"probes/{callers}",
    )


SEARCH = Search(
    source=Source(path="/s.yaml", overrides=("load.hold=5s",)),
    name="ivr",
    target="ws://127.0.0.1:1/ivr",
    goal=Goal(callers=60, first=15, demands=DEMANDS),
    criteria=("closures.handshake.rate < 2%",),
    probes=(probe(15, 0), probe(30, 40, "concurrency-cap"), probe(28, 0), probe(28, 0), probe(28, 0)),
    stop=Stop(kind="limit", words="", holds=Load(28), fails=Load(30)),
    seconds=140.2,
)


def test_the_sentence_is_what_holds_what_fails_and_the_effort() -> None:
    said = "Holds 28 callers (3 of 3 runs), fails at 30 (concurrency cap), 5 probes, 2 min 20 s"

    assert words.sentence(SEARCH) == said
    assert words.text(SEARCH).splitlines()[0] == said
    assert len(words.text(SEARCH).splitlines()) == 9


def test_a_cap_seen_at_a_larger_load_is_not_passed_off_as_its_size() -> None:
    missed = dataclasses.replace(probe(29, 1), missed=("closures.handshake.total == 0 (was 1)",))
    probes = (probe(40, 40, "concurrency-cap"), probe(28, 0), missed)

    said = words.sentence(dataclasses.replace(SEARCH, probes=probes, stop=None))

    assert "fails at 29 (closures.handshake.total == 0; concurrency cap seen with 40 callers)" in said


def test_without_a_probe_there_is_no_table() -> None:
    search = dataclasses.replace(SEARCH, probes=(), stop=None, interrupted="Ctrl-C")

    assert "outcome" not in words.text(search)


def test_a_cause_that_fewer_callers_contradict_is_called_doubtful() -> None:
    probes = (probe(5, 9, "random-drop"), probe(4, 0), probe(4, 0), probe(4, 0))
    search = dataclasses.replace(SEARCH, probes=probes, stop=None)

    assert "the verdict at 5 callers is doubtful: fewer callers hold, so their number matters" in words.notes(
        search
    )


def test_what_is_not_a_matter_of_capacity_comes_first() -> None:
    stop = Stop(kind="cause", words="send something more often")
    search = dataclasses.replace(SEARCH, probes=(probe(15, 99, "idle-timeout"),), stop=stop)

    assert words.sentence(search).startswith("Not a matter of capacity: idle timeout at 15 callers, 1 probe")
    assert list(words.notes(search)) == ["send something more often"]


def test_callers_without_connections_are_not_passed_off_as_connections() -> None:
    search = dataclasses.replace(SEARCH, probes=(probe(28, 0, peak=11),))

    assert "28 callers had at most 11 connections open at once: between calls they have none" in words.notes(
        search
    )


def test_a_search_comes_back_from_its_json_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "search.json").write_text(result.render(SEARCH), encoding="utf-8")

    assert result.read(tmp_path) == dataclasses.replace(SEARCH, stop=None)
    assert json.loads(result.render(SEARCH))["holds"] == {"callers": 28, "rate": None, "runs": 3, "passed": 3}


@pytest.mark.parametrize(
    ("key", "bad"),
    [
        ("handshake", {"failures": 3, "trials": 2}),
        ("data", {"failures": -1, "trials": 2}),
        ("load", {"callers": 0, "rate": None}),
        ("load", {"callers": 5, "rate": -2.0}),
    ],
)
def test_probes_that_cannot_be_are_refused(key: str, bad: dict[str, object], tmp_path: Path) -> None:
    value = json.loads(result.render(SEARCH))
    value["probes"][0][key] = bad
    (tmp_path / "search.json").write_text(json.dumps(value), encoding="utf-8")

    with pytest.raises(ResultError, match="is not a search of this version"):
        result.read(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "jmxgen.search/2"}', "{" * 99_999])
def test_what_is_not_a_search_is_one_error(text: str, tmp_path: Path) -> None:
    (tmp_path / "search.json").write_text(text, encoding="utf-8")

    with pytest.raises(ResultError, match="is not a search of this version"):
        result.read(tmp_path)


def test_the_page_escapes_what_the_scenario_says_and_links_each_report() -> None:
    shown = page.render(dataclasses.replace(SEARCH, name="<script>alert(1)</script>"))

    assert "<script>alert" not in shown
    assert shown.count('href="probes/28/report.html"') == 3
