"""A variable is used that nothing in the plan defines.

Why: JMeter sends the reference as it stands: the server gets ${callr} as the caller's name, the same from
every caller, and refuses it or mistakes all callers for one.

Fix: correct the name, or define it: in User Defined Variables, a CSV Data Set, an extractor or a script

Source: JMeter's manual, functions and variables: undefined references are not changed
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import names
from jmxgen.lint.model import Hit, Severity, rule
from jmxgen.spelling import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


# Functions that are often written without their underscores.
_FUNCTIONS = frozenset(
    {"threadNum", "threadGroupName", "time", "UUID", "counter", "machineName", "machineIP", "Random"}
)


@rule("JX082", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    if not subject.defined.complete:
        return
    said: set[str] = set()
    for node, at, name in names.used(subject.tree):
        if name in subject.defined or name in said:
            continue
        said.add(name)
        yield Hit(node, f"nothing defines ${{{name}}}{_hint(subject, name)}", at)


def _hint(subject: Subject, name: str) -> str:
    if name in _FUNCTIONS:
        return f" (did you mean ${{__{name}}}?)"
    close = nearest(name, subject.defined.names)
    return f" (did you mean ${{{close}}}?)" if close else ""
