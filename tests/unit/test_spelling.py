from __future__ import annotations

from jmxgen.spelling import did_you_mean, nearest


def test_the_nearest_word_is_meant_or_none() -> None:
    assert nearest("calers", ("callers", "calls", "hold")) == "callers"
    assert nearest("xyz", ("callers",)) is None


def test_the_hint_names_the_word_or_says_otherwise() -> None:
    assert did_you_mean("calers", ("callers",), "none") == "did you mean 'callers'?"
    assert did_you_mean("xyz", ("callers",), "known: callers") == "known: callers"
