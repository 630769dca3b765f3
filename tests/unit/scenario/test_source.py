"""YAML with places, and YAML that means harm."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from jmxgen.errors import Place, ScenarioError
from jmxgen.scenario import source


def fault(text: str | bytes) -> str:
    with pytest.raises(ScenarioError) as caught:
        source.parse(text, path="x.yaml")
    return str(caught.value)


def test_every_key_and_value_has_its_place() -> None:
    root = source.parse("a: 1\nb:\n  - c: d\n    e: [f, g]\n", path="x.yaml")

    node, key = root.find(("b", 0, "e", 1))
    assert node.data == "g"
    assert node.place == Place("x.yaml", 4, 12)
    assert key == node.place
    assert root.find(("b", 0, "e"))[1] == Place("x.yaml", 4, 5)
    assert root.find(("b", 0, "nothing", 1))[0].place == Place("x.yaml", 3, 5)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("~", None),
        ("", None),
        ("0o17", 15),
        ("0x1F", 31),
        ("017", 17),
        ("-5", -5),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2020-01-01", "2020-01-01"),
        ("1e3", 1000.0),
        (".inf", float("inf")),
        ('"5"', "5"),
        ("!!str 5", "5"),
        ("!!int 5", 5),
        ("! 5", "5"),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    assert source.parse(f"a: {text}\n", path="x").data == {"a": value}


def test_keys_are_texts_as_they_are_written() -> None:
    assert source.parse("on: 1\n5: 2\nnull: 3\n1.0: 4", path="x").data == {
        "on": 1,
        "5": 2,
        "null": 3,
        "1.0": 4,
    }


def test_a_duplicate_key_names_both_places_and_others_are_told_too() -> None:
    with pytest.raises(ScenarioError) as caught:
        source.parse("a: 1\nb: {c: 1, c: 2}\na: 2\nd: !!python/name:os.system\n", path="x.yaml")

    assert [str(f) for f in caught.value.faults] == [
        "x.yaml:2:11: the key 'c' occurs twice (first at x.yaml:2:5)",
        "x.yaml:3:1: the key 'a' occurs twice (first at x.yaml:1:1)",
        "x.yaml:4:4: the tag '!!python/name:os.system' is not read (a scenario is plain YAML)",
    ]


def test_an_alias_repeats_a_value() -> None:
    assert source.parse("a: &x {b: 1}\nc: *x\n", path="x").data == {"a": {"b": 1}, "c": {"b": 1}}


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefghi", "bcdefghij", strict=True)
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LAUGHS, "this unfolds to more than 20000 values"),
        ("a: [" + "a," * 100_000 + "]", "this unfolds to more than 20000 values"),
        ("[" * 200_000, "nested deeper than 40 levels"),
        ("{a: " * 50_000, "nested deeper than 40 levels"),
        ("- " * 100_000, "nested deeper than 40 levels"),
        ("a: " + "x" * 300_000, "longer than a scenario can be"),
        ("a: &a [*a]", "x.yaml:1:8: *a holds itself"),
        ("a: *b", "x.yaml:1:4: *b names no anchor"),
        ("!!python/object/apply:os.system ['id']", "the tag '!!python/object/apply:os.system' is not read"),
        ("a: !!binary aGk=", "the tag '!!binary' is not read"),
        ("a: !!int x", "this is not a valid int"),
        ("a: !!set {b}", "the tag '!!set' is not read"),
        ("%TAG ! tag:x,2000:\n---\n!a b", "the tag 'tag:x,2000:a' is not read"),
        ("<<: {a: 1}", "merge keys are not read"),
        ("? [a]\n: b", "a key must be a text"),
        ("a: " + "9" * 5000, "a number of more than 1000 digits"),
        ("a: b\x00", "x.yaml:1:5: the character U+0000 can't stand in YAML"),
        ("a:\n  b: \x1b[31m", "x.yaml:2:6: the character U+001B can't stand in YAML"),
        (b"a: 1\nb: \xff", "x.yaml:2:4: this is not valid UTF-8"),
        ("a: 1".encode("utf-16"), "this is not valid UTF-8"),
        ('a: "\\ud800"', "this is not valid Unicode text"),
        ('"\\udfff": 1', "this is not valid Unicode text"),
        ("", "the scenario is empty"),
        ("# nothing\n", "the scenario is empty"),
        ("a: 1\n---\nb: 2", "x.yaml:2:1: a scenario is one document"),
        ("a:\n\tb: 1", "x.yaml:2:1: not valid YAML"),
        ("a: b: c", "x.yaml:1:5: not valid YAML: mapping values are not allowed here"),
        ('a: "', "a quote is not closed"),
        ('a: "\\U7FFFFFFF"', "not valid YAML"),
        ("%YAML 9.9\n---\na: 1", "not valid YAML"),
    ],
)
def test_hostile_and_broken_yaml_is_one_clear_line(text: str | bytes, told: str) -> None:
    line = fault(text)

    assert told in line
    assert line.startswith("x.yaml")
    assert "\n" not in line
    assert len(line) < 300


def test_a_byte_order_mark_is_passed_over() -> None:
    assert source.parse(b"\xef\xbb\xbfa: 1", path="x").data == {"a": 1}
    assert source.parse("\ufeffa: 1", path="x").data == {"a": 1}


def test_a_huge_file_is_read_no_further_than_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "big.yaml"
    with file.open("wb") as out:
        out.truncate(5_000_000_000)  # sparse
    begun = time.monotonic()

    with pytest.raises(ScenarioError, match="longer than a scenario can be"):
        source.read(file)

    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("name", ["", "none.yaml", "nul\0.yaml", "x" * 5000])
def test_what_is_no_readable_file_is_a_fault(tmp_path: Path, name: str) -> None:
    with pytest.raises(ScenarioError, match="can't read the scenario"):
        source.read(tmp_path / name)
