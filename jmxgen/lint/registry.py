"""Finds the rules: every `Rule` in the modules of `jmxgen.lint.rules`. A new rule is a new file there."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING

import jmxgen.lint.rules
from jmxgen.errors import UsageError
from jmxgen.lint.model import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALWAYS = frozenset({"not-checked", "connection-ids"})


@functools.cache
def rules() -> tuple[Rule, ...]:
    """Return all rules, by id."""
    found: dict[str, Rule] = {}
    for module in pkgutil.iter_modules(jmxgen.lint.rules.__path__):
        for value in vars(importlib.import_module(f"jmxgen.lint.rules.{module.name}")).values():
            if isinstance(value, Rule):
                assert found.setdefault(value.id, value) is value, f"two rules are called {value.id}"
    return tuple(found[code] for code in sorted(found))


def choose(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Return the rules to run: those selected (all, when none is), without those ignored.

    Both take ids, names and the beginnings of ids: ``JX04``. What says that something was not checked runs
    with any selection, unless it is ignored by its id or name: silence must not read as approval.

    Raises:
        UsageError: a word names no rule.
    """
    wanted = {rule for word in select for rule in _named(word)} or set(rules())
    wanted |= {rule for rule in rules() if rule.name in _ALWAYS}
    unwanted = {rule for word in ignore for rule in _named(word)}
    return tuple(rule for rule in rules() if rule in wanted and rule not in unwanted)


def _named(word: str) -> list[Rule]:
    found = [rule for rule in rules() if rule.name == word or rule.id.startswith(word.upper())]
    if not found or not word:
        raise UsageError(f"no rule is called {word!r}", hint="jmxgen lint --list")
    return found
