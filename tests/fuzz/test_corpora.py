"""What fuzzing has found worth keeping is replayed in every run (see run.py for more of it)."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NAMES = sorted(path.stem.removeprefix("harness_") for path in HERE.glob("harness_*.py"))


def harness(name: str) -> Callable[[bytes], None]:
    spec = importlib.util.spec_from_file_location(f"harness_{name}", HERE / f"harness_{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[bytes], None] = module.one_input
    return found


@pytest.mark.parametrize("name", NAMES)
def test_no_kept_input_gets_through_a_reader(name: str) -> None:
    one_input = harness(name)
    kept = sorted((HERE / "corpus" / name).iterdir())

    assert kept
    for path in kept:
        one_input(path.read_bytes())
