"""What every test may use: the accepted-output mechanism."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# No timing is an assertion: a busy machine is no failure. CI repeats its examples, a developer looks further.
settings.register_profile("jmxgen", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("jmxgen")

Golden = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept", action="store_true", help="rewrite the accepted outputs with the actual ones"
    )


@pytest.fixture
def accepted(request: pytest.FixtureRequest) -> Golden:
    """Compare text with an accepted file, print the difference, or rewrite the file under `--accept`."""
    accept = request.config.getoption("--accept")

    def compare(path: Path, actual: str) -> None:
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        if expected == actual:
            return
        if accept:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, encoding="utf-8")
            return
        difference = "\n".join(
            difflib.unified_diff(
                expected.splitlines(), actual.splitlines(), "accepted", "actual", lineterm=""
            )
        )
        pytest.fail(f"{path} differs (accept with pytest --accept):\n{difference}", pytrace=False)

    return compare
