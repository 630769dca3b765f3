"""Settings in pyproject.toml, facts, and properties files."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.errors import UsageError
from jmxgen.lint import config, facts, properties, registry


def settings(folder: Path, text: str) -> config.Config:
    (folder / "pyproject.toml").write_text(text)
    below = folder / "a" / "b"
    below.mkdir(parents=True)
    return config.find(below)


def test_settings_come_from_the_nearest_pyproject_above(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        '[tool.jmxgen.lint]\nignore = ["JX054"]\nfail-on = "error"\nfacts = {ping_interval = "45s"}\n',
    )

    assert found.ignore == ("JX054",)
    assert found.fail_on == "error"
    assert found.facts.ping_interval == 45


def test_a_pyproject_of_somebody_else_says_nothing(tmp_path: Path) -> None:
    assert settings(tmp_path, "[tool.other]\nx = 1\n") == config.Config()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tool.jmxgen.lint]\nignored = []", "did you mean 'ignore'"),
        ('[tool.jmxgen.lint]\nfail-on = "never ever"', "fail-on"),
        ('[tool.jmxgen.lint]\nselect = "JX001"', "not a list of rules"),
        ("[tool.jmxgen.lint]\nfacts = 3", "not a table"),
        ("[tool.jmxgen.lint.facts]\nping = 3", "unknown fact 'ping'"),
        ("[tool.jmxgen", "can't be read"),
    ],
)
def test_a_wrong_setting_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        settings(tmp_path, text)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("word", "value", "number"),
    [
        ("ping_interval", "1500ms", 1.5),
        ("ping-interval", "2m", 120),
        ("ping_interval", "20", 20),
        ("handshake_rate", "20/s", 20),
        ("handshake_rate", "300/m", 5),
        ("handshake_rate", "20", 20),
        ("ports", "100", 100),
    ],
)
def test_facts_are_read(word: str, value: str, number: float) -> None:
    assert getattr(facts.parse({word: value}), word.replace("-", "_")) == number


@pytest.mark.parametrize(
    ("word", "value"), [("ping_interval", "20/s"), ("ports", "20s"), ("handshake_rate", "-1"), ("ports", "")]
)
def test_a_value_that_is_none_is_refused(word: str, value: str) -> None:
    with pytest.raises(UsageError, match="such as"):
        facts.parse({word: value})


def test_rules_are_chosen_by_id_beginning_and_name() -> None:
    always = ["JX090", "JX091"]
    assert [one.id for one in registry.choose(["JX001", "tls-on-port-80"])] == ["JX001", "JX040", *always]
    assert [one.id for one in registry.choose(["jx05"], ["JX05", "JX090"])] == ["JX091"]
    assert registry.choose([], []) == registry.rules()


@pytest.mark.parametrize("word", ["JX999", "no-such-rule", ""])
def test_an_unknown_rule_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="--list"):
        registry.choose([word])


def test_properties_are_read_as_java_does(tmp_path: Path) -> None:
    path = tmp_path / "plan.properties"
    path.write_text("# no\n! no\na=1\n b : 2 \nc\\=d = 3\nlong=x,\\\n   y\nempty=\nspaced value\n")

    assert properties.read(path) == {
        "a": "1",
        "b": "2",
        "c=d": "3",
        "long": "x,y",
        "empty": "",
        "spaced": "value",
    }
    assert properties.beside(tmp_path / "plan.jmx") == path
    assert properties.beside(tmp_path / "other.jmx") is None
