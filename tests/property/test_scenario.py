"""Any valid scenario dumps and loads to itself; any text is a scenario or a ScenarioError."""

from __future__ import annotations

from typing import Any

import jsonschema
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jmxgen.errors import ScenarioError
from jmxgen.scenario.amounts import LONGEST_MS, Duration, Rate, Span
from jmxgen.scenario.dump import dumps
from jmxgen.scenario.load import loads
from jmxgen.scenario.model import Scenario
from jmxgen.scenario.schema import schema

SCHEMA = jsonschema.Draft202012Validator(schema())
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(max_examples=120, deadline=None)

# What XML 1.0 can hold; the rest is refused and tested in unit/scenario.
texts = st.text(
    st.characters(
        exclude_categories=("Cs", "Cc", "Cn"),
        include_characters="\t\n",
        exclude_characters="\ufffe\uffff",
    ),
    max_size=30,
)
lines = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=1, max_size=20)
names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(lambda n: not n.startswith("ws_"))
times = st.integers(1, 9_999_999).map(lambda ms: str(Duration(ms)))
rates = st.builds("{}/{}".format, st.integers(1, 10**6), st.sampled_from(["s", "min", "h"]))
spans = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)).map(
    lambda ends: str(Span(Duration(min(ends)), Duration(max(ends))))
)
payloads = st.one_of(
    texts,
    st.binary(max_size=9).map(lambda data: {"hex": data.hex()}),
    st.fixed_dictionaries({"file": lines, "binary": st.booleans()}),
)
matches = st.one_of(
    st.fixed_dictionaries({"contains": texts.filter(bool)}),
    st.fixed_dictionaries({"json": lines.map(lambda path: f"$.{path}")}, optional={"equals": texts}),
)


def with_key(key: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    own = ("open", "reconnect", "close", "close after a failed call")
    labels = lines.filter(lambda label: label not in own)
    return st.fixed_dictionaries({key: values}, optional={"label": labels})


def merged(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda found: {key: value for part in found for key, value in part.items()})


waits = st.fixed_dictionaries(
    {}, optional={"within": times, "frame": st.sampled_from(["text", "binary", "any"])}
)
simple = st.one_of(
    with_key("send", payloads),
    with_key("expect", merged(matches, waits)),
    with_key("request", merged(matches, waits, st.fixed_dictionaries({"send": payloads}))),
    with_key("listen", times),
    with_key("pause", spans),
    with_key("ping", st.fixed_dictionaries({}, optional={"within": times})),
    with_key("set", st.fixed_dictionaries({"variable": names, "value": texts})),
)
steps = st.recursive(
    simple,
    lambda inner: st.one_of(
        with_key(
            "repeat",
            st.fixed_dictionaries(
                {"times": st.integers(1, 9), "steps": st.lists(inner, min_size=1, max_size=3)}
            ),
        ),
        with_key(
            "if",
            merged(
                matches,
                st.fixed_dictionaries(
                    {"then": st.lists(inner, min_size=1, max_size=2)},
                    optional={"else": st.lists(inner, max_size=2)},
                ),
            ),
        ),
    ),
    max_leaves=6,
)
loads_of = st.one_of(
    st.fixed_dictionaries(
        {"callers": st.integers(1, 10**6)}, optional={"ramp_up": times, "handshake_rate": rates}
    ),
    st.fixed_dictionaries(
        {
            "stages": st.lists(
                st.fixed_dictionaries({"callers": st.integers(1, 99), "hold": times}), min_size=1, max_size=3
            )
        }
    ),
    st.fixed_dictionaries(
        {
            "arrivals": st.fixed_dictionaries(
                {"rate": rates, "for": times}, optional={"to": rates, "drain": times}
            )
        }
    ),
)
scenarios = st.fixed_dictionaries(
    {
        "name": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True),
        "target": st.fixed_dictionaries(
            {"url": names.map(lambda host: f"wss://{host}:8443/${{path}}")},
            optional={"headers": st.dictionaries(st.sampled_from(["X-A", "x-b", "Accept"]), lines)},
        ),
        "call": st.lists(steps, max_size=4).map(lambda found: [*found, {"listen": "5s"}]),
    },
    optional={
        "load": loads_of,
        "description": texts,
        "reconnect": st.fixed_dictionaries(
            {},
            optional={
                "jitter": st.sampled_from(["full", "equal", "decorrelated", "none"]),
                "max_attempts": st.integers(1, 1000),
            },
        ),
        "criteria": st.lists(lines, max_size=2),
        "secrets": st.dictionaries(names, st.just({"env": "A"}), max_size=2),
    },
)


@FEW
@given(scenarios)
def test_a_valid_scenario_dumps_and_loads_to_itself(said: dict[str, Any]) -> None:
    scenario = Scenario.model_validate(said)

    assert loads(dumps(scenario)) == scenario


@FEW
@given(scenarios)
def test_what_load_accepts_the_schema_accepts(said: dict[str, Any]) -> None:
    loads(dumps(Scenario.model_validate(said)))

    SCHEMA.validate(said)


@MANY
@given(st.one_of(st.text(max_size=200), st.binary(max_size=200)))
def test_any_text_is_a_scenario_or_a_fault(text: str | bytes) -> None:
    check(text)


keys = st.one_of(st.text(max_size=5), st.sampled_from(sorted(Scenario.model_fields)))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9), times, rates),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(keys, inner, max_size=3),
    ),
    max_leaves=9,
)


@MANY
@given(scenarios, st.data())
def test_any_value_anywhere_is_accepted_or_a_fault_in_its_place(
    said: dict[str, Any], data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(Scenario.model_fields)))

    check(yaml.safe_dump({**said, key: data.draw(values)}, allow_unicode=True))


def check(text: str | bytes) -> None:
    for functions in (True, False):
        try:
            loads(text, path="x.yaml", functions=functions)
        except ScenarioError as error:
            for fault in error.faults:
                assert str(fault).startswith("x.yaml")
                assert str(fault).isprintable()


@MANY
@given(st.integers(0, LONGEST_MS))
def test_a_duration_prints_what_it_reads(ms: int) -> None:
    assert Duration.parse(str(Duration(ms))) == Duration(ms)


@MANY
@given(rates)
def test_a_rate_prints_what_it_reads(text: str) -> None:
    rate = Rate.parse(text)

    assert Rate.parse(str(rate)) == rate
    assert rate.per_second > 0
