"""Memory that is kept, and given back: no result depends on it, with glibc or without."""

from __future__ import annotations

import ctypes

import pytest

from jmxgen.analysis import memory


def test_memory_is_kept_and_given_back_without_a_word() -> None:
    memory.keep_freed()
    memory.give_back()


@pytest.mark.parametrize("error", [OSError, TypeError])
def test_a_system_without_such_a_library_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def absent(_name: None) -> None:
        raise error

    monkeypatch.setattr(ctypes, "CDLL", absent)
    memory.keep_freed()
    memory.give_back()


def test_a_c_library_without_these_functions_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    memory.keep_freed()
    memory.give_back()
