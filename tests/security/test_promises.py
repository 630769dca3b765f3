"""The page on security names the tests that show its promises: they exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "security.md"
ROW = re.compile(r"^\|[^|]+\| `(tests/[\w/]+\.py)` \| (.+) \|$", re.MULTILINE)


def test_the_tests_that_the_page_names_exist() -> None:
    named = [
        (file, test)
        for file, tests in ROW.findall(PAGE.read_text(encoding="utf-8"))
        for test in re.findall(r"`(test_\w+)`", tests)
    ]

    assert len(named) > 40
    missing = [
        (file, test)
        for file, test in named
        if f"def {test}(" not in (ROOT / file).read_text(encoding="utf-8")
    ]
    assert not missing


def test_the_page_names_every_file_of_security_tests() -> None:
    page = PAGE.read_text(encoding="utf-8")

    for path in Path(__file__).parent.glob("test_*.py"):
        assert path == Path(__file__) or f"tests/security/{path.name}" in page
