from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmxgen.errors import PlanError
from jmxgen.jmeter.share import DataFile, Shared, filled, share, split, split_lines
from jmxgen.jmx import tree
from jmxgen.jmx.render import render
from jmxgen.plan.build import build
from jmxgen.scenario.load import loads

A, B = "10.0.0.1:1099", "10.0.0.2:1099"


def _group(text: str, kind: str = "ThreadGroup") -> str:
    return f'<{kind}><stringProp name="ThreadGroup.num_threads">{text}</stringProp></{kind}><hashTree/>'


def _arrivals(schedule: str) -> str:
    name = "OpenModelThreadGroup"
    return f'<{name}><stringProp name="{name}.schedule">{schedule}</stringProp></{name}><hashTree/>'


def _share(*groups: str, properties: dict[str, str] | None = None) -> Shared:
    pairs = "".join(groups)
    plan = f"<jmeterTestPlan><hashTree><TestPlan/><hashTree>{pairs}</hashTree></hashTree></jmeterTestPlan>"
    return share(tree.parse(plan.encode(), path="plan.jmx"), [A, B], properties or {})


def test_each_engine_gets_its_part_under_its_name() -> None:
    shared = _share(_group("${__P(callers,501)}"))
    assert shared.properties == {"engines": "2", f"callers.0.{A}": "251", f"callers.0.{B}": "250"}
    assert b"${__P(callers.0.${__P(__jm.D_TG,)},0)}" in shared.plan


def test_a_property_that_is_given_is_what_is_shared() -> None:
    shared = _share(_group("${__P(callers,501)}"), properties={"callers": "20"})
    assert (shared.properties[f"callers.0.{A}"], shared.properties[f"callers.0.{B}"]) == ("10", "10")


def test_the_odd_callers_of_several_groups_go_to_the_engines_in_turn() -> None:
    properties = _share(_group("3"), _group("3"), _group("3"), _group("3")).properties
    sums = [sum(int(n) for name, n in properties.items() if name.endswith(engine)) for engine in (A, B)]
    assert sums == [6, 6]


def test_stages_share_what_the_property_callers_makes_of_them() -> None:
    shared = _share(_group("${__jexl3(20 * ${__P(callers,100)} / 100)}"), properties={"callers": "150"})
    assert shared.properties[f"callers.0.{A}"] == "15"


def test_groups_that_set_up_and_tidy_run_on_each_engine() -> None:
    shared = _share(_group("1", "SetupThreadGroup"), _group("4"), _group("1", "PostThreadGroup"))
    assert sorted(shared.properties) == [f"callers.1.{A}", f"callers.1.{B}", "engines"]


def test_arrivals_are_divided() -> None:
    shared = _share(_arrivals("rate(${__P(arrival_rate,10)}/s) random_arrivals(60 s) rate(3/min) pause(5 s)"))
    assert b"rate(5/s) random_arrivals(60 s) rate(1.5/min) pause(5 s)" in shared.plan


def test_each_engine_takes_its_share_of_the_handshake_rate() -> None:
    scenario = (
        "name: paced\ntarget: {url: ws://ivr}\nload: {callers: 5, handshake_rate: 20/s}\ncall: [send: hi]"
    )
    plan = render(build(loads(scenario, path=Path("paced.yaml"))))
    shared = share(tree.parse(plan, path="plan.jmx"), [A, B], {})
    # caller.groovy keeps to rate / engines
    assert b"${__P(handshake_rate,20)}" in shared.plan
    assert b"${__P(engines,1)}" in shared.plan
    assert shared.properties["engines"] == "2"


@pytest.mark.parametrize("group", [_group("${n}"), _arrivals("rate(${n}/s) random_arrivals(1 s)")])
def test_what_cannot_be_known_before_the_run_is_refused_in_place(group: str) -> None:
    with pytest.raises(PlanError, match=re.escape("plan.jmx:1:")):
        _share(group)


@given(st.integers(0, 10_000), st.integers(1, 50), st.integers(0, 100))
def test_parts_add_up_and_differ_by_one_at_most(total: int, parts: int, first: int) -> None:
    found = split(total, parts, first)
    assert sum(found) == total
    assert max(found) - min(found) <= 1
    assert found[first % parts] == max(found)


def _csv(filename: str, *, names: str = "caller", mode: str = "shareMode.all") -> str:
    return (
        f'<CSVDataSet><stringProp name="filename">{filename}</stringProp>'
        f'<stringProp name="variableNames">{names}</stringProp>'
        f'<stringProp name="shareMode">{mode}</stringProp>'
        '<boolProp name="quotedData">true</boolProp></CSVDataSet><hashTree/>'
    )


def test_a_data_file_is_read_in_parts_where_an_engine_has_one() -> None:
    shared = _share(_csv("${__P(files,/data)}/a.csv"), _csv("b.csv", names=""), properties={"files": "/more"})
    assert shared.data == (DataFile(0, "/more/a.csv", False, True), DataFile(1, "b.csv", True, True))
    assert b"${__P(data.0.${__P(__jm.D_TG,)},${__P(files,/data)}/a.csv)}" in shared.plan


@pytest.mark.parametrize(
    "data",
    [_csv("a.csv", mode="shareMode.thread"), _csv("${file}"), _csv("a,b.csv")],
    ids=["thread", "unknown", "comma"],
)
def test_data_that_cannot_be_shared_stays_as_it_is(data: str) -> None:
    shared = _share(data)
    assert not shared.data
    assert b"D_TG" not in shared.plan


def test_lines_are_dealt_out_in_turn_and_each_part_has_the_header() -> None:
    parts = split_lines(b'name\n1\n"2\n2"\n3', 2, header=True, quoted=True)
    assert parts == [b"name\n1\n3\n", b'name\n"2\n2"\n']


@given(st.lists(st.integers(0, 99)), st.integers(1, 7))
def test_no_line_is_in_two_parts_and_none_is_lost(numbers: list[int], parts: int) -> None:
    lines = [f"{index},{number}" for index, number in enumerate(numbers)]
    dealt = split_lines("\n".join(lines).encode(), parts, header=False, quoted=False)
    assert sorted(line for part in dealt for line in part.decode().split()) == sorted(lines)


def test_a_text_is_filled_with_properties_and_nothing_else() -> None:
    assert filled("${__P(files,/data)}/${__P(a)}.csv", {"a": "x"}) == "/data/x.csv"
    assert filled("${__time()}.csv", {}) is None
