"""The rules as a page of the documentation. A test keeps docs/reference/lint-rules.md as this writes it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.lint.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.lint.model import Rule

_HEAD = """\
# The rules of `jmxgen lint`

Each finding names a rule. Run some only: `--select JX00 --ignore JX054`; for good, in `pyproject.toml`:

```toml
[tool.jmxgen.lint]
ignore = ["JX054"]
fail-on = "error"          # error, warning (the default), info or never

[tool.jmxgen.lint.facts]   # what a plan can't say
ping_interval = "30s"
handshake_rate = "20/s"
```

A properties file that stands beside the plan (`plan.properties` for `plan.jmx`) is read with it; name
others with `--properties`.

## Facts

Rules that depend on the server or the machine take these, from `--set NAME=VALUE` or the table above.

| fact | default | what it is |
|---|---|---|
"""


def render(rules: Sequence[Rule]) -> str:
    """Return the page, in Markdown."""
    facts = "".join(_fact(field) for field in dataclasses.fields(Facts))
    table = "".join(f"| [{r.id}](#{_anchor(r)}) | {r.severity} | {r.summary} |\n" for r in rules)
    listed = f"\n## All rules\n\n| rule | severity | what is wrong |\n|---|---|---|\n{table}"
    return _HEAD + facts + listed + "".join(_rule(rule) for rule in rules)


def _fact(field: dataclasses.Field[float]) -> str:
    value = f"{field.default:g}" if isinstance(field.default, (int, float)) else ""
    suffix = {"rate": "/s", "duration": "s", "count": ""}[field.metadata["unit"]]
    return f"| `{field.name}` | {value}{suffix} | {field.metadata['says']} |\n"


def _anchor(rule: Rule) -> str:
    return f"{rule.id}-{rule.name}".lower()


def _rule(rule: Rule) -> str:
    harden = "`jmxgen harden` mends it." if rule.hardened else "Mended by hand."
    return (
        f"\n## {rule.id} {rule.name}\n\n{rule.summary} ({rule.severity})\n\n"
        f"**Why it matters.** {rule.why}\n\n**Mend.** {rule.mend[0].upper()}{rule.mend[1:]}. {harden}\n\n"
        f"**Source.** {rule.source}.\n"
    )
