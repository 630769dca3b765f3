"""Variables that are used and set nowhere."""

from __future__ import annotations

import pytest

from jmxgen.scenario import templates
from jmxgen.scenario.load import loads
from jmxgen.scenario.variables import unset

SCENARIO = """
name: a
target: {url: "ws://x/${caler}", headers: {X-Id: "${ws_id} ${START.MS} ${__UUID} ${__P(a,b)}"}}
data: [{csv: a.csv, variables: [caller]}]
call:
  - repeat: {times: 2, steps: [{set: {variable: token, json: $.a}}]}
  - send: "${token} ${caller} ${other}"
"""


def test_a_misspelt_variable_is_found_with_the_one_that_was_meant() -> None:
    assert unset(loads(SCENARIO)) == {"caler": "caller", "other": None}


def test_nothing_is_said_where_a_file_names_its_own_variables() -> None:
    assert unset(loads(SCENARIO, overrides=["data.0.variables="])) == {}


@pytest.mark.parametrize("name", ["ivr", "notifications", "audiohook"])
def test_the_templates_set_what_they_use(name: str) -> None:
    assert unset(loads(templates.read(name))) == {}
