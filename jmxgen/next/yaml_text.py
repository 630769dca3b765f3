"""The next run as a scenario file: the scenario as YAML, a comment above each key that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jmxgen.errors import one_line
from jmxgen.scenario.dump import dumps
from jmxgen.scenario.load import loads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.next.changes import Change
    from jmxgen.scenario.model import Scenario


def render(scenario: Scenario, changes: Sequence[Change], head: Sequence[str]) -> str:
    """Return the changed scenario as YAML that `generate` takes as it is.

    Args:
        scenario: what was run.
        changes: what the next run changes.
        head: lines of comment above it all.

    Raises:
        ScenarioError: the changes make no scenario; that is a fault of jmxgen's.
    """
    overrides = [f"{change.key}={change.value}" for change in changes]
    text = dumps(loads(dumps(scenario), overrides=overrides))
    lines = text.splitlines()
    for line, why in sorted(_comments(text, changes), reverse=True):
        indent = " " * (len(lines[line]) - len(lines[line].lstrip(" ")))
        lines.insert(line, f"{indent}# {one_line(why)}")
    return "\n".join([*(f"# {one_line(line)}" for line in head), *lines]) + "\n"


def _comments(text: str, changes: Sequence[Change]) -> list[tuple[int, str]]:
    """Return (line, why) of each change that is still in the file."""
    import yaml

    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return [
        (_line(root, change.key.split(".")), change.why) for change in changes if change.value and change.why
    ]


def _line(node: Any, way: list[str]) -> int:
    """Return the line, from 0, on which the key at the end of a way is written."""
    import yaml

    line: int = node.start_mark.line
    for part in way:
        if isinstance(node, yaml.SequenceNode):
            node = node.value[int(part)]
            line = node.start_mark.line
            continue
        key, node = next(pair for pair in node.value if pair[0].value == part)
        line = key.start_mark.line
    return line
