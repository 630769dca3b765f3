"""Samplers name their connection by an id, which releases of the plugin ignore.

Why: Several connections per thread exist only in the plugin's branch multiple-connections. Releases up to
1.3.1 ignore the id and keep one connection per thread: each open drops the one before it at TCP level, a
1006 for the server.

Fix: install a build of that branch on every machine, or give each connection a thread of its own

Source: plugin, branch multiple-connections: README and sample 'Multiple connections.jmx'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX091", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    named = [node for node in subject.running if elements.has_id(node)]
    if named:
        what = "the ids need the plugin's branch multiple-connections (releases up to 1.3.1 ignore them)"
        count = f"{len(named)} sampler{'s' * (len(named) != 1)} with ids"
        yield Hit(
            named[0], f"{what}; not checked: opens and closes of {count}", named[0].prop("connectionId")
        )
