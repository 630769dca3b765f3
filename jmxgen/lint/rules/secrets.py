"""Secrets that stand in the plan. What they are is never said: a finding goes to logs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.model import Subject

_WORDS = (
    r"authorization|api[-_]?key|(?:access|auth|bearer|id|refresh)[-_]?token|token|secret|password|passwd|pwd"
)
_NAME = re.compile(
    rf"(?:^|[-_.\s]|[a-z](?=[A-Z]))(?:{_WORDS}|(?:client|app)[-_]?secret|x-api-key)$", re.IGNORECASE
)
_QUERY = re.compile(rf"[?&](?:{_WORDS})=([^&\s$<]{{4,}})", re.IGNORECASE)
_JSON = re.compile(rf"""["'](?:[a-z_-]*(?:{_WORDS}))["']\s*:\s*["']([^"'$]{{3,}})["']""", re.IGNORECASE)
# Their texts are patterns of what an answer has, not what is sent.
_PATTERNS = re.compile(r"(?:Extractor|Assertion|PostProcessor|Filter)$")
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.")
_PLACEHOLDER = re.compile(
    r"(?:bearer\s+|basic\s+)?"
    r"(?:x+|\*+|\.+|<.*>|\[.*\]|\{.*\}|change[-_ ]?me|todo|none|null|your.*|example.*|placeholder)?",
    re.IGNORECASE,
)


@rule(
    "JX061",
    "secret-in-plan",
    Severity.WARNING,
    why="Plans are committed, mailed and attached to issues; whoever has the file has the account.",
    source="CWE-798, use of hard-coded credentials",
    mend="read it from a property: ${__P(api_key)}, given with -J or a properties file that is not committed",
)
def secret_in_plan(subject: Subject) -> Iterator[Hit]:
    """A key, token or password stands in the plan as literal text."""
    for node in subject.tree.walk():
        for name, at in _named_values(node):
            if _NAME.search(name) and _literal(at.text or ""):
                yield Hit(node, f"the value of {name!r} is written into the plan", at, secret=True)
        if _PATTERNS.search(node.kind):
            continue
        for at in node.properties():
            if at.tag == "stringProp" and _in_text(at.text or ""):
                yield Hit(node, f"a secret stands in the text of {at.get('name')!r}", at, secret=True)


def _named_values(node: Node) -> Iterator[tuple[str, etree._Element]]:
    """Yield headers, arguments and passwords: what they are called, and the element with the value."""
    for entry in node.element.iter("elementProp"):
        found = {(child.get("name") or "").rpartition(".")[2]: child for child in entry}
        label, value = found.get("name"), found.get("value")
        if label is not None and value is not None and "name" in found:
            yield label.text or "", value
        password = found.get("password")
        if entry.get("elementType") == "Authorization" and password is not None:
            yield "password", password


def _literal(value: str) -> bool:
    value = value.strip()
    return not elements.varies(value) and _PLACEHOLDER.fullmatch(value) is None


def _in_text(text: str) -> bool:
    if _JWT.search(text):
        return True
    found = [match[1] for pattern in (_QUERY, _JSON) for match in pattern.finditer(text)]
    return any(_literal(value) for value in found)
