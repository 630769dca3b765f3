"""docs/reference/messages.md lists every error that the code can tell, with what to do about it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "reference" / "messages.md"

# section -> (exit status, what its errors mean)
SECTIONS: Final = {
    "Usage": (2, "The command's words are off, or an output can't be written. Nothing was run."),
    "Criteria": (2, "A `criteria`, `--fail-on` or `--stop-on` expression can't be read or judged."),
    "Scenario": (
        2,
        "The scenario can't be read, or asks for what can't be done. All its faults are reported at once.",
    ),
    "Plan": (2, "A .jmx is not a plan, or can't be read or shared out."),
    "Simulator": (2, "The simulator could not start or died."),
    "Results": (
        3,
        "A results or metrics file can't be read. What can be read in part is read, and the rest counted.",
    ),
    "JMeter": (4, "JMeter or its Java is missing, damaged, or failed. What was measured until then is kept."),
}
CLASSES: Final = {
    "UsageError": "Usage", "ScenarioError": "Scenario", "Complaint": "Scenario", "PlanError": "Plan",
    "ResultError": "Results", "JMeterError": "JMeter", "_Sign": "JMeter", "SimulatorError": "Simulator",
}  # fmt: skip
# Faults are made without their class: by the part that makes them.
PARTS: Final = {
    "analysis/criteria": "Criteria", "jmxgen/scenario": "Scenario", "jmxgen/jmeter": "JMeter",
    "jmxgen/plan": "Scenario", "jmxgen/jmx": "Plan",
}  # fmt: skip
HEAD: Final = """# Messages

Made from the code by `pytest tests/docs --accept`. An error is one line on stderr, and never a traceback:

```text
jmxgen: error: FILE:LINE:COL: what is wrong (what to do)
```

FILE, LINE and COL stand where there is such a place; “…” below is a name, number or text of yours. Control
characters in them are shown as escapes. The exit status tells the kind; `jmxgen -v` adds the traceback.
"""

Values = dict[str, list[ast.expr]]


def texts(node: ast.expr | None, known: Values, depth: int = 0) -> list[str]:
    """Return what an expression can say, “…” for what only a run knows."""
    found = ["…"]
    match node:
        case ast.Constant(value=str(text)):
            found = [text]
        case ast.JoinedStr(values=parts):
            found = ["".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)]
        case ast.IfExp(body=one, orelse=other):
            found = texts(one, known, depth) + texts(other, known, depth)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            found = [a + b for a in texts(left, known, depth) for b in texts(right, known, depth)]
        case ast.Name(id=name) if name in known and depth < 3:
            found = [text for value in known[name] for text in texts(value, known, depth + 1)]
        case None | ast.Constant(value=None):
            found = [""]
    return found


def values(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        yield statement.targets[0].id, statement.value
    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
        yield statement.target.id, statement.value


def known_at(use: ast.stmt, statements: list[ast.stmt]) -> Values:
    """Return what names can stand for: each assignment so far, back to one that surely came before."""
    found: Values = {}
    sure: set[str] = set()
    for statement in sorted(statements, key=lambda one: -one.lineno):
        for name, value in values(statement):
            if statement.lineno <= use.lineno and name not in sure:
                found.setdefault(name, []).append(value)
                if statement.col_offset <= use.col_offset:
                    sure.add(name)
    return found


def section(call: ast.Call, place: str) -> str | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in CLASSES:
        return CLASSES[name]
    if name == "Fault" or (name == "error" and place.startswith("analysis/criteria")):
        return next((told for part, told in PARTS.items() if place.startswith(part)), None)
    return None


def messages() -> Iterator[tuple[str, str, str]]:
    """Yield (section, what, hint) of each error that the code makes."""
    for path in sorted([*(ROOT / "jmxgen").rglob("*.py"), *(ROOT / "analysis").rglob("*.py")]):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
        around = {node: statement for statement in statements for node in ast.walk(statement)}
        functions = [one for one in statements if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
        inside = {node: function for function in functions for node in ast.walk(function)}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            told = section(node, path.relative_to(ROOT).as_posix())
            first = 1 if getattr(node.func, "id", "") == "_Sign" else 0
            if told is None or len(node.args) <= first:
                continue
            named = {word.arg: word.value for word in node.keywords}
            second = getattr(node.func, "id", "") in ("_Sign", "Complaint") and len(node.args) > first + 1
            hint = node.args[first + 1] if second else named.get("hint")
            scope = [one for one in statements if one in tree.body or inside.get(one) is inside.get(node)]
            known = known_at(around[node], scope)
            for what in texts(node.args[first], known):
                for advice in texts(hint, known):
                    yield told, what, advice


def cell(text: str) -> str:
    text = re.sub(r"\{\d\}", "…", text.replace("{{", "{").replace("}}", "}"))
    return (
        " ".join(re.sub("…+", "…", text).split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
    )


def page() -> str:
    found = sorted({entry for entry in messages() if re.search(r"\w{2}", entry[1])})
    lines = [HEAD]
    for name, (status, meaning) in SECTIONS.items():
        lines += [
            f"## {name}: exit status {status}",
            "",
            meaning,
            "",
            "| message | what to do |",
            "|---|---|",
        ]
        lines += [f"| {cell(what)} | {cell(hint)} |" for told, what, hint in found if told == name]
        lines.append("")
    return "\n".join(lines)


def test_the_reference_of_messages_is_what_the_code_says(accepted: Callable[[Path, str], None]) -> None:
    accepted(PAGE, page())


def test_every_kind_of_error_has_messages() -> None:
    kinds = [told for told, _, _ in messages()]

    assert {name for name in SECTIONS if kinds.count(name) < 2} == set()
