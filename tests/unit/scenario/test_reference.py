"""docs/reference/scenario.md is what the models say."""

from __future__ import annotations

import re
from pathlib import Path

from jmxgen.scenario import reference
from jmxgen.scenario.schema import schema
from jmxgen.scenario.steps import KINDS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "scenario.md"


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference.render(), (
        "run python -m jmxgen.scenario.reference > docs/reference/scenario.md"
    )


def test_every_key_is_on_the_page_with_a_meaning() -> None:
    page = reference.render()
    for part in [schema(), *schema()["$defs"].values()]:
        for key, field in part.get("properties", {}).items():
            assert field["description"]
            assert f"`{key}`" in page or f"### {key}" in page


def test_every_step_has_a_section_and_every_link_a_target() -> None:
    page = reference.render()
    titles = {
        re.sub(r"[^a-z0-9 -]", "", t.lower()).replace(" ", "-") for t in re.findall(r"^#+ (.*)$", page, re.M)
    }

    assert set(KINDS) <= titles
    assert set(re.findall(r"\]\(#([^)]*)\)", page)) <= titles
