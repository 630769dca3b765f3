"""The language of criteria."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmxgen.analysis.criteria import parse
from jmxgen.errors import UsageError

DOCUMENT: dict[str, Any] = {
    "seconds": 90.0,
    "connections": {"attempted": 200, "opened": 198, "closed": 197, "leaked": 0, "peak_open": 50},
    "closures": {
        "handshake": {"total": 2, "rate": 0.01, "kinds": {"rejected": 2}, "statuses": {"429": 2}},
        "data": {"total": 1, "rate": 1 / 198, "kinds": {"abnormal": 1}, "codes": {"1006": 1}},
    },
    "stalls": 0,
    "callers": {"planned": 50, "reached": 48},
    "verdict": {"cause": "concurrency-cap", "side": "server", "confidence": 0.9, "evidence": {"limit": 120}},
    "hypotheses": [{"cause": "concurrency-cap", "probability": 0.95}],
    "labels": [{"label": "open", "p95": 480.0, "max": None}, {"label": 'say "hi"', "p95": 3.0}],
}


@pytest.mark.parametrize(
    ("expression", "passed"),
    [
        ("closures.handshake.rate < 1%", False),
        ("closures.handshake.rate <= 1%", True),
        ("closures.handshake.rate <= 0.01", True),
        ("closures.data.total == 0", False),
        ("closures.data.total==1", True),
        ("closures.data.total <= closures.handshake.total", True),
        ("callers.reached >= callers.planned", False),
        ('labels["open"].p95 < 500ms', True),
        ("labels['open'].p95 < 0.4s", False),
        ("labels.open.p95 < 1m30s", True),
        ("""labels['say "hi"'].p95 == 3""", True),
        ("seconds >= 1m30s", True),
        ("seconds < 90000ms", False),
        ("connections.leaked == 0", True),
        ("verdict.cause == concurrency-cap", True),
        ('verdict.cause != "healthy"', True),
        ("verdict.evidence.limit >= 120", True),
        ('hypotheses["concurrency-cap"].probability > 90%', True),
        ("closures.handshake.statuses[429] == 2", True),
        ("closures.data.codes.1006 == 1", True),
        ("closures.data.total > 0.5", True),
    ],
)
def test_an_expression_is_judged_by_the_document(expression: str, passed: bool) -> None:
    assert parse(expression).evaluate(DOCUMENT).holds is passed


@pytest.mark.parametrize(
    ("expression", "actual"),
    [
        ("closures.data.total == 0", "1"),
        ("closures.handshake.rate < 1%", "1%"),
        ("closures.data.rate < 1%", "0.5051%"),
        ('labels["open"].p95 > 1ms', "480 ms"),
        ("seconds > 1", "90 s"),
        ("verdict.cause == healthy", "concurrency-cap"),
        ("callers.reached >= callers.planned", "48, callers.planned 50"),
    ],
)
def test_the_outcome_shows_the_value_with_its_unit(expression: str, actual: str) -> None:
    assert parse(expression).evaluate(DOCUMENT).actual == actual


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("closures.handshake.statuses[503] == 0", True),  # a count that is not there is none
        ("closures.handshake.kinds.timeout > 0", False),
        ('hypotheses["stall"].probability > 0', False),  # a cause that is not listed has nothing for it
    ],
)
def test_a_count_that_did_not_occur_is_none(expression: str, holds: bool) -> None:
    assert parse(expression).evaluate(DOCUMENT).holds is holds


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("verdict.evidence.rate_per_s < 10", "concurrency-cap has no rate_per_s here"),
        ("verdict.evidence.rate_per_s >= 10", "concurrency-cap has no rate_per_s here"),
        ('labels["opne"].p95 < 500ms', "this run has no label 'opne': did you mean 'open'?"),
        ('labels["opne"].p95 >= 500ms', "this run has no label 'opne': did you mean 'open'?"),
        ('labels["open"].max < 500ms', "labels.open.max is unknown"),
        ("callers.planned == 3", "callers.planned is unknown"),
        ("callers.reached >= callers.planned", "callers.planned is unknown"),
    ],
)
def test_what_a_run_does_not_show_is_not_judged_either_way_round(expression: str, why: str) -> None:
    document = {**DOCUMENT, "callers": {"planned": None, "reached": 48}}

    outcome = parse(expression).evaluate(document)

    assert (outcome.holds, outcome.actual) == (None, why)


@pytest.mark.parametrize(
    "expression",
    ["closures.data.total > 0", "closures.data.total == 0", "closures.data.rate < 1%", "stalls == 0",
     "silent == 0", "connections.leaked == 0"],
)  # fmt: skip
def test_the_data_phase_is_not_judged_where_nothing_ever_opened(expression: str) -> None:
    document = {**DOCUMENT, "connections": {"attempted": 10, "opened": 0, "leaked": 0}}

    outcome = parse(expression).evaluate(document)

    assert (outcome.holds, outcome.actual) == (None, "no connection was opened")


@pytest.mark.parametrize("expression", ["closures.handshake.rate < 1%", "verdict.cause == healthy"])
def test_nothing_is_judged_where_nothing_was_attempted(expression: str) -> None:
    document = {**DOCUMENT, "connections": {"attempted": 0, "opened": 0}}

    assert parse(expression).evaluate(document).holds is None


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("closures.handshak.rate < 1%", "did you mean 'handshake'"),
        ("closure.data.total == 0", "did you mean 'closures'"),
        ("labels['open'].p59 < 1s", "did you mean 'p99'"),
        ("verdict.cause == concurency-cap", "did you mean 'concurrency-cap'"),
        ("verdict.evidence.limt > 1", "did you mean 'limit'"),
        ("closures.handshake.statuses.abc == 1", "no 'abc'"),
        ("closures.handshake < 1%", "not a single value"),
        ("closures.handshake.rate < 1", "between 0 and 1 .did you mean 1%"),
        ("verdict.confidence > 50", "did you mean 50%"),
        ('hypotheses["concurency-cap"].probability > 0', "did you mean 'concurrency-cap'"),
        ("verdict.cause == connections.leaked", "can't be compared"),
        ("complete == true", "not a single value"),
        ("closures.data.total", "a comparison must follow"),
        ("closures.data.total ==", "a value is missing"),
        ("closures.data.total == few", "is a number, not 'few'"),
        ("verdict.cause < healthy", "has no order"),
        (
            "stalls == 0 and closures.data.total == 0",
            "write two: 'stalls == 0' and 'closures.data.total == 0'",
        ),
        (
            "stalls > 0 or closures.data.total > 0",
            "write two: 'stalls > 0' and 'closures.data.total > 0'; all",
        ),
        ("not connections.leaked > 0", "write the contrary comparison"),
        ("(stalls == 0)", "parentheses can't be used"),
        ("stalls == 0 stalls == 1", "'stalls' is left over"),
        ("stalls = 0", "can't read '= 0'"),
        ("callers.reached >= 90%", "is a count, not '90%'"),
        ("closures.data.total < 1%", "compare closures.data.rate"),
        ("connections.leaked < 5s", "is a count, not '5s'"),
        ("labels['open.p95 < 1s", "can't read"),
        ("stalls == 5x", "can't read '5x'"),
        ("", "a name is missing"),
        ("and", "joins comparisons"),
        ("(" * 3000, "longer than"),
        ("__import__('os').system('true') == 0", "parentheses can't be used"),
        ("__import__ == 0", "no '__import__'"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(expression: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        parse(expression)

    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 600


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=60))
def test_any_text_is_judged_or_refused(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert parse(text).evaluate(DOCUMENT).holds in (True, False, None)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 400), st.sampled_from([("<", ">="), (">", "<="), ("==", "!=")]))
def test_an_order_and_its_contrary_never_agree(number: int, signs: tuple[str, str]) -> None:
    one, other = (parse(f"connections.attempted {sign} {number}").evaluate(DOCUMENT).holds for sign in signs)

    assert one is not other


def test_a_label_named_like_an_operator_can_be_named() -> None:
    document = {**DOCUMENT, "labels": [{"label": "and", "p95": 1.0}]}

    assert parse('labels["and"].p95 < 5').evaluate(document).holds is True
    assert parse("labels.and.p95 < 5").evaluate(document).holds is True
