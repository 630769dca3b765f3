"""What a rule is, and what it finds. A rule is one file of `jmxgen.lint.rules`."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from jmxgen.lint.subject import Subject

if TYPE_CHECKING:
    from lxml import etree

    from jmxgen.errors import Place
    from jmxgen.jmx.tree import Node


class Severity(enum.IntEnum):
    """How bad a finding is; the order is what `--fail-on` compares."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()


@dataclasses.dataclass(frozen=True, slots=True)
class Hit:
    """One thing a rule has found: at which element or property of it, and what, in one sentence."""

    node: Node
    what: str
    at: etree._Element | None = None
    shown: str | None = None  # what to show instead of the plan's line


Check = Callable[[Subject], Iterable[Hit]]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule: what it looks for, why that matters, who says so, and how to fix it."""

    id: str
    name: str
    severity: Severity
    summary: str
    why: str
    fix: str
    source: str
    hardened: bool
    check: Check


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """A rule's finding, with the place in the file, the element's path of labels and the offending line."""

    rule: Rule
    what: str
    place: Place
    path: str
    line: str


def rule(code: str, severity: Severity, *, hardened: bool = False) -> Callable[[Check], Rule]:
    """Make a rule, known as `code`, of the function below; `hardened`: `jmxgen harden` fixes it.

    All words come from the file: its name is the rule's, the first line of its docstring the summary, and
    the docstring's paragraphs that begin with ``Why:``, ``Fix:`` and ``Source:`` the rest.
    """

    def make(check: Check) -> Rule:
        module = sys.modules[check.__module__]
        summary, *parts = inspect.cleandoc(module.__doc__ or "").split("\n\n")
        words = {label: " ".join(text.split()) for label, _, text in (part.partition(":") for part in parts)}
        return Rule(
            id=code,
            name=check.__module__.rpartition(".")[2].replace("_", "-"),
            severity=severity,
            summary=" ".join(summary.split()),
            why=words["Why"],
            fix=words["Fix"],
            source=words["Source"],
            hardened=hardened,
            check=check,
        )

    return make
