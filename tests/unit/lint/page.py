"""The rules and their pairs of plans as a page of the documentation.

``python -m tests.unit.lint.page`` writes docs/reference/lint-rules.md; a test keeps it as this writes it.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lxml import etree

from jmxgen.jmx import tree
from jmxgen.jmx.tree import Node
from jmxgen.lint import registry
from jmxgen.lint.facts import Facts
from jmxgen.lint.model import Rule
from jmxgen.lint.secrets import MASK, find
from tests.unit.lint.pairs import Pairs, all_pairs

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "lint-rules.md"

_HEAD = """\
# The rules of `jmxgen lint`

Each finding names a rule. Run only some: `--select JX00 --ignore JX054`; or for good, in `pyproject.toml`:

```toml
[tool.jmxgen.lint]
ignore = ["JX054"]
fail-on = "error"          # error, warning (the default), info or never

[tool.jmxgen.lint.facts]   # what a plan can't say
ping_interval = "30s"
handshake_rate = "20/s"
```

`not checked: …` (JX090, JX091) is reported with any selection, unless you ignore the rule by its id: that
nothing is found must not read as approval. A properties file beside the plan (`plan.properties` for
`plan.jmx`) is read with it; name others with `--properties`. Each rule is a file in `jmxgen/lint/rules`; this
page is made from those files and from the plans that test them.

## Facts

Rules that depend on the server or the machine take these, from `--set NAME=VALUE` or the table above.

| fact | default | what it is |
|---|---|---|
"""


def render(rules: Sequence[Rule], pairs: Pairs) -> str:
    """Return the page, in Markdown."""
    facts = "".join(_fact(field) for field in dataclasses.fields(Facts))
    table = "".join(f"| [{r.id}](#{_anchor(r)}) | {r.severity} | {r.summary} |\n" for r in rules)
    listed = f"\n## All rules\n\n| rule | severity | what is wrong |\n|---|---|---|\n{table}"
    return _HEAD + facts + listed + "".join(_rule(rule, *pairs[rule.id]) for rule in rules)


def _fact(field: dataclasses.Field[float]) -> str:
    value = f"{field.default:g}" if isinstance(field.default, (int, float)) else ""
    suffix = {"rate": "/s", "duration": "s", "count": ""}[field.metadata["unit"]]
    return f"| `{field.name}` | {value}{suffix} | {field.metadata['says']} |\n"


def _anchor(rule: Rule) -> str:
    return f"{rule.id}-{rule.name}".lower()


def _rule(rule: Rule, broken: Sequence[bytes], near: Sequence[bytes]) -> str:
    harden = " `jmxgen harden` does this." if rule.hardened else ""
    return (
        f"\n## {rule.id} {rule.name}\n\n{rule.summary} ({rule.severity})\n\n"
        f"**Why it matters.** {rule.why}\n\n**Fix.** {rule.fix[0].upper()}{rule.fix[1:]}.{harden}\n\n"
        f"**Example.** Found in the plan with the lines marked `-`, not in the one with `+`:\n\n"
        f"```diff\n{_difference(broken[0], near[0])}\n```\n\n"
        f"**Source.** {rule.source}.\n"
    )


def _difference(broken: bytes, near: bytes) -> str:
    before, after = list(_outline(broken)), list(_outline(near))
    lines = difflib.ndiff(before, after)
    return "\n".join(line.rstrip() for line in lines if not line.startswith("?"))


def _outline(source: bytes) -> Iterator[str]:
    """Yield a line per element with the properties that it has, nested as in JMeter's tree; no secrets."""
    read = tree.parse(source, path="plan.jmx")
    masked = {secret.at: secret.value for secret in find(read)}
    for node in read.walk():
        values = ", ".join(_values(node, masked))
        if node.kind == "TestPlan" and not values:
            continue
        depth = sum(1 for above in node.ancestors() if above.kind != "TestPlan")
        label = node.kind if node.name in {"", node.kind} else f"{node.kind} {node.name!r}"
        off = "" if node.enabled else " (disabled)"
        yield "  " * depth + label + off + (f": {values}" if values else "")


def _values(node: Node, masked: Mapping[etree._Element, str]) -> Iterator[str]:
    for at in node.properties():
        name, text = (at.get("name") or "").rpartition(".")[2], at.text or ""
        if at in masked:
            text = text.replace(masked[at], MASK)
        shown = f"{name}={' '.join(text.split())}"
        if not len(at) and text.strip() and shown not in _USUAL and name not in _UNSHOWN:
            yield shown


# What all plans of the pairs have, and JMeter's own bookkeeping.
_UNSHOWN = frozenset({"scriptLanguage", "comments", "serverAddress", "requestPayload"})
_USUAL = frozenset(
    [
        "on_sample_error=continue",
        "continue_forever=false",
        "loops=1",
        "num_threads=1",
        "ramp_time=1",
        "path=/",
        "server=h",
        "createNewConnection=false",
        "requestData=hello",
        "statusCode=1000",
        "cacheKey=true",
    ]
)

if __name__ == "__main__":
    PAGE.write_text(render(registry.rules(), all_pairs()), encoding="utf-8")
