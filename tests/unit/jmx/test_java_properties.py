from __future__ import annotations

from pathlib import Path

import javaproperties
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmxgen.errors import UsageError
from jmxgen.jmx import java_properties as properties


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1\n", {"a": "1"}),
        ("a : 1\r\nb 2\n\n", {"a": "1", "b": "2"}),
        ("# no\n! no\n  a = 1 \n", {"a": "1 "}),
        ("a=1,\\\n   2\n", {"a": "1,2"}),
        ("a\\=b=c\\\\\n", {"a=b": "c\\"}),
        ("a=caf\\u00e9", {"a": "café"}),
        ("alone", {"alone": ""}),
    ],
)
def test_properties_are_read_as_java_reads_them(text: str, expected: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "a.properties"
    path.write_bytes(text.encode("latin-1"))

    assert properties.read(path) == expected


def test_an_escape_that_java_refuses_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.properties"
    path.write_text("a=\\u00zz")

    with pytest.raises(UsageError, match="is not a properties file: "):
        properties.read(path)


def test_what_is_written_is_ascii_and_one_line_a_property() -> None:
    text = properties.render({"a b": "x\ny=1", "é": " lead\U0001f600"})
    assert text == "a\\ b=x\\ny\\=1\n\\u00e9=\\ lead\\ud83d\\ude00\n"


@given(
    st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8")))
)
def test_reading_gives_back_what_was_written(values: dict[str, str]) -> None:
    assert javaproperties.loads(properties.render(values)) == values
