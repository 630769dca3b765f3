"""A key, token or password stands in the plan as literal text.

Why: Plans are committed, mailed and attached to issues; whoever has the file has the account. The default
of a property is in the plan, too.

Fix: read it from a property without a default: ${__P(api_key)}, given with -J or a properties file that
is not committed

Source: CWE-798, use of hard-coded credentials
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint.model import Hit, Severity, rule
from jmxgen.lint.secrets import Secret, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from jmxgen.lint.subject import Subject


@rule("JX061", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    by_place: dict[etree._Element, list[Secret]] = {}
    for secret in subject.secrets:
        by_place.setdefault(secret.at, []).append(secret)
    for at, found in by_place.items():
        name = found[0].name.rstrip("=")
        what = "a secret is" if len(found) == 1 else f"{len(found)} secrets are"
        yield Hit(found[0].node, f"{what} written into {name!r}", at, shown=shown(found))
