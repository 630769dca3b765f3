"""The page of the rules is as the rules say, and the rules say what a page needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from jmxgen.lint import registry
from jmxgen.lint.model import Rule
from tests.unit.lint import page
from tests.unit.lint.pairs import all_pairs


def test_the_page_is_as_the_rules_say(accepted: Callable[[Path, str], None]) -> None:
    accepted(page.PAGE, page.render(registry.rules(), all_pairs()))


@pytest.mark.parametrize("rule", registry.rules(), ids=lambda rule: rule.id)
def test_a_rule_says_all_that_a_reader_needs(rule: Rule) -> None:
    assert re.fullmatch(r"JX\d{3}", rule.id)
    assert re.fullmatch(r"[a-z0-9-]+", rule.name)
    assert rule.summary.endswith(".")
    assert len(rule.why) > 60
    assert rule.source
    assert not rule.fix.endswith(".")


def test_links_lead_to_headings() -> None:
    text = page.PAGE.read_text(encoding="utf-8")

    headings = {line[3:].replace(" ", "-").lower() for line in text.splitlines() if line.startswith("## ")}

    assert set(re.findall(r"\(#([^)]+)\)", text)) <= headings
