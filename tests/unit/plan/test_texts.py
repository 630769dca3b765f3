from __future__ import annotations

import re

import pytest

from jmxgen.plan.texts import literal_regex, parts, verbatim, verbatim_regex


def as_jmeter_reads(text: str) -> str:
    """What JMeter's FunctionParser makes of a text without functions that work: escapes resolved."""
    if "${" not in text:
        return text
    return re.sub(r"\\([\\,$])", r"\1", text)


def test_parts_keep_nested_expressions_whole() -> None:
    text = "a${__P(x,${y})}b${z}"

    assert list(parts(text)) == [("a", False), ("${__P(x,${y})}", True), ("b", False), ("${z}", True)]


def test_an_expression_that_is_not_closed_is_text() -> None:
    assert list(parts("a ${b")) == [("a ${b", False)]


@pytest.mark.parametrize(
    "text", [r"plain \\ \, \n", r'{"p":"C:\\dir","v":"${v}"}', r"${v} a, b\c \n", r"${v}\\"]
)
def test_a_text_reaches_the_wire_as_it_was_written(text: str) -> None:
    assert as_jmeter_reads(verbatim(text)) == text


def test_an_escaped_dollar_stays_jmeters_own_escape() -> None:
    assert verbatim(r"\${x} ${y}") == r"\${x} ${y}"


@pytest.mark.parametrize("text", ["a.b*c", r"(x] \d $", "é…"])
def test_a_literal_regex_matches_its_text_alone(text: str) -> None:
    assert re.fullmatch(literal_regex(text), text)
    assert not re.fullmatch(literal_regex(text), text.replace(text[-1], "#"))


def test_variables_in_a_literal_regex_are_escaped_as_it_runs() -> None:
    assert literal_regex("a.${v}") == r"a\\.${__escapeOroRegexpChars(${v},)}"


def test_backslashes_of_a_regex_with_a_variable_are_kept() -> None:
    assert as_jmeter_reads(verbatim_regex(r"${v}\.\$\\")) == r"${v}\.\$\\"


def test_a_control_character_is_made_as_the_plan_runs_and_keeps_backslashes() -> None:
    assert verbatim("a\\n{}\x1e") == "a\\\\n{}${__char(30)}"
    assert verbatim("CONNECT\n\n\0") == "CONNECT\n\n${__char(0)}"


def test_a_control_character_in_a_regex_is_written_as_its_number() -> None:
    assert literal_regex("{}\x1e") == r"\{\}\x1e"
    assert verbatim_regex("}\0$") == r"}\x00$"
