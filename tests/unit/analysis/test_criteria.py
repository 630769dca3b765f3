"""The language of criteria."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmxgen.analysis.criteria import evaluate, parse
from jmxgen.errors import UsageError

DOCUMENT: dict[str, Any] = {
    "seconds": 90.0,
    "connections": {"attempted": 200, "opened": 198, "closed": 197, "leaked": 0, "peak_open": 50},
    "closures": {
        "handshake": {"total": 2, "rate": 0.01, "kinds": {"rejected": 2}, "statuses": {"429": 2}},
        "data": {"total": 1, "rate": 1 / 198, "kinds": {"abnormal": 1}, "codes": {"1006": 1}},
    },
    "stalls": 0,
    "verdict": {"cause": "concurrency-cap", "side": "server", "confidence": 0.9, "evidence": {"limit": 120}},
    "hypotheses": [{"cause": "concurrency-cap", "score": 0.95}],
    "labels": [{"label": "open", "p95": 480.0, "max": None}, {"label": 'say "hi"', "p95": 3.0}],
}


@pytest.mark.parametrize(
    ("expression", "passed"),
    [
        ("closures.handshake.rate < 1%", False),
        ("closures.handshake.rate <= 1%", True),
        ("closures.handshake.rate <= 0.01", True),
        ("closures.data.total == 0", False),
        ("closures.data.total==0 or stalls == 0", True),
        ("closures.data.total == 0 or stalls == 0 and connections.leaked > 0", False),
        ("(closures.data.total == 1 or stalls > 5) and not connections.leaked > 0", True),
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
        ('hypotheses["concurrency-cap"].score > 90%', True),
        ("closures.handshake.statuses[429] == 2", True),
        ("closures.data.codes.1006 == 1", True),
        ("closures.data.total > 0.5", True),
    ],
)
def test_an_expression_is_judged_by_the_document(expression: str, passed: bool) -> None:
    assert evaluate(expression, DOCUMENT).passed is passed


def test_the_outcome_says_what_was_found() -> None:
    outcome = evaluate("closures.data.total == 0 and closures.handshake.rate < 1%", DOCUMENT)

    assert outcome.actual == "closures.data.total is 1, closures.handshake.rate is 0.01"


@pytest.mark.parametrize(
    ("expression", "passed"),
    [
        ("closures.handshake.statuses[503] == 0", True),  # a count that is not there is none
        ("closures.handshake.kinds.timeout > 0", False),
        ("verdict.evidence.rate_per_s < 10", False),  # unknown: no comparison holds
        ("verdict.evidence.rate_per_s >= 10", False),
        ('labels["close"].p95 < 500ms', False),
        ('labels["open"].max < 500ms', False),
        ('hypotheses["stall"].score > 0', False),
    ],
)
def test_what_the_document_does_not_say_is_none_or_makes_its_comparison_false(
    expression: str, passed: bool
) -> None:
    assert evaluate(expression, DOCUMENT).passed is passed


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("closures.handshak.rate < 1%", "did you mean 'handshake'"),
        ("closure.data.total == 0", "did you mean 'closures'"),
        ("labels['open'].p59 < 1s", "did you mean 'p99'"),
        ("verdict.cause == concurency-cap", "did you mean 'concurrency-cap'"),
        ("verdict.evidence.limt > 1", "did you mean 'limit'"),
        ("closures.handshake.statuses.abc == 1", "no 'abc'"),
        ("closures.handshake < 1%", "no single value"),
        ("closures.data.total", "a comparison must follow"),
        ("closures.data.total ==", "a value is missing"),
        ("closures.data.total == few", "is a number, not 'few'"),
        ("verdict.cause < healthy", "has no order"),
        ("(stalls == 0", r"a \) is missing"),
        ("stalls == 0)", "one too many"),
        ("stalls == 0 stalls == 1", "one too many"),
        ("stalls = 0", "can't read '= 0'"),
        ("labels['open.p95 < 1s", "can't read"),
        ("stalls == 5x", "can't read '5x'"),
        ("", "a name is missing"),
        ("and", "no 'and'"),
        ("not " * 200 + "stalls == 0", "nested too deep"),
        ("(" * 3000, "longer than"),
        ("__import__('os').system('true') == 0", "no '__import__'"),
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
        assert evaluate(text, DOCUMENT).passed in (True, False)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 400), st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
def test_an_order_and_its_contrary_never_agree(number: int, sign: str) -> None:
    comparison = f"connections.attempted {sign} {number}"

    assert evaluate(comparison, DOCUMENT).passed != evaluate(f"not {comparison}", DOCUMENT).passed
