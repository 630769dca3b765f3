"""A scenario from a stranger can't call JMeter's functions, take secrets, or reach files elsewhere."""

from __future__ import annotations

import pytest

from jmxgen.errors import ScenarioError
from jmxgen.scenario.load import loads

LEAST = "name: a\ntarget: {url: 'ws://x/${caller}'}\ncall: [listen: 1s]\n"


def told(text: str, *overrides: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        loads(text, path="x", functions=False, overrides=overrides)
    return [str(fault) for fault in caught.value.faults]


# Each is a call for JMeter's FunctionParser, or might become one beside other text.
@pytest.mark.parametrize(
    "text",
    [
        "${__groovy(1)}",
        "${__UUID}",
        "${ __groovy(1)}",
        r"${\_\_groovy(1)}",
        r"\${__groovy(1)}",
        r"\\${__groovy(1)}",
        "$${__groovy(1)}",
        "${a}${__groovy(1)}",
        "${a${__groovy(1)}}",
        "${__eval(${a})}",
        "${${a}}",
        "${a b}",
        "${a(1)}",
        "${",
        "${a",
        "x$",
        "${a}$",
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        "description: {}",
        "load: {{handshake_rate: {}}}",
        "criteria: [{}]",
        "data: [{{csv: a, delimiter: {}}}]",
        "reconnect: {{{}: 1}}",
        "keep_alive: {{{}: 1}}",
    ],
)
def test_a_function_is_refused_wherever_it_stands(text: str, place: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"

    found = told(LEAST + place.format(quoted) + "\n")

    assert any(f.startswith("x:4:") and "functions are turned off" in f for f in found)


def test_plain_variables_stay() -> None:
    scenario = loads(LEAST + "description: 'costs 5 $ for ${caller} and $caller {x}'\n", functions=False)

    assert scenario.description.startswith("costs")


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../a.csv",
        "a/../../b",
        r"..\a",
        r"C:\a",
        "C:a",
        r"\\host\share\a",
        "${a}",
        "~/a",
        r"\a",
    ],
)
def test_a_file_elsewhere_is_refused(path: str) -> None:
    found = told(LEAST + f"data: [{{csv: '{path}'}}]\n")

    assert "an untrusted scenario may name only files in its own folder" in found[-1]
    assert told(LEAST.replace("listen: 1s", f"send: {{file: '{path}'}}"))
    assert told(LEAST.replace("}\ncall", f", tls: {{keystore: '{path}'}}}}\ncall"))


def test_secrets_are_refused_unless_the_user_gives_them() -> None:
    (found,) = told(LEAST + "secrets: {a: {env: AWS_SECRET_ACCESS_KEY}}\n")
    assert found.startswith("x:4:1: an untrusted scenario may not name secrets of this machine")

    given = loads(
        LEAST,
        functions=False,
        overrides=["secrets.key.env=MINE", "target.headers.X-API-KEY=${__P(key)}"],
    )
    assert given.secrets["key"].env == "MINE"


def test_trusted_scenarios_may_do_all_that() -> None:
    loads(LEAST + "description: ${__groovy(1)}\ndata: [{csv: /tmp/a.csv}]\nsecrets: {a: {env: A}}\n")
