"""What a rule is, what it looks at, and what it finds."""

from __future__ import annotations

import dataclasses
import enum
import functools
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from jmxgen.errors import Place
from jmxgen.lint import flow, retry, values
from jmxgen.lint.facts import Facts

if TYPE_CHECKING:
    from lxml import etree

    from jmxgen.jmx.tree import Node, Tree


class Severity(enum.IntEnum):
    """How bad a finding is; the order is what `--fail-on` compares."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()


@dataclasses.dataclass(frozen=True, eq=False)
class Subject:
    """What the rules look at: a plan, what its user states, and the JMeter properties that go with it."""

    tree: Tree
    facts: Facts = dataclasses.field(default_factory=Facts)
    properties: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def flows(self) -> list[flow.Flow]:
        """How each live thread group's callers go through it, and where connections stand meanwhile."""
        return list(flow.follow(self.tree))

    @functools.cached_property
    def retries(self) -> list[retry.Retry]:
        """The loop of every opener that has one."""
        return list(retry.retries(self))

    @functools.cached_property
    def variables(self) -> dict[str, str]:
        """The user-defined variables: name -> value as written, of the first that has it."""
        return {one.name: one.value for one in reversed(list(values.definitions(self)))}

    @functools.cached_property
    def _running(self) -> dict[Node, flow.Flow]:
        found: dict[Node, flow.Flow] = {}
        for one in self.flows:
            for node in one.visited:
                found.setdefault(node, one)
        return found

    def running(self) -> dict[Node, flow.Flow]:
        """Return each element that callers come by, with the first thread group whose callers do."""
        return self._running


@dataclasses.dataclass(frozen=True, slots=True)
class Hit:
    """One thing a rule has found: at which element or property of it, and what, in one sentence."""

    node: Node
    what: str
    at: etree._Element | None = None
    secret: bool = False  # the line holds one: it is not shown


Check = Callable[[Subject], Iterable[Hit]]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule: what it looks for, why that matters, who says so, and what mends it."""

    id: str
    name: str
    severity: Severity
    summary: str
    why: str
    source: str
    mend: str
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


def rule(
    code: str,
    name: str,
    severity: Severity,
    *,
    why: str,
    source: str,
    mend: str,
    hardened: bool = False,
) -> Callable[[Check], Rule]:
    """Make a rule, known as `code`, of the function below; `hardened`: `jmxgen harden` mends it.

    The function's docstring is the summary: one sentence that says what is wrong.
    """

    def make(check: Check) -> Rule:
        return Rule(
            id=code,
            name=name,
            severity=severity,
            summary=(check.__doc__ or "").strip(),
            why=why,
            source=source,
            mend=mend,
            hardened=hardened,
            check=check,
        )

    return make
