"""Text of a scenario or a file becomes no path, no shell word, and no structure of what is written."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from lxml import etree

from jmxgen.cli import execute
from jmxgen.errors import ScenarioError
from jmxgen.scenario.load import loads
from tests import jtl_rows

ROOT = Path(__file__).parents[2]
SCENARIO = "name: {name}\ntarget: {{url: 'wss://127.0.0.1:1/'}}\nload: {{callers: 1}}\ncall: [listen: 1s]\n"
ATTACK = "\x1b]0;owned\x07\x9b2J<script>alert(1)</script>]]>&x;\u202e\r\n::error::x\n# x\n|x|![x](http://127.0.0.1:1/)`x`"
SHELLS = {"system", "popen", "getoutput", "getstatusoutput", "eval", "exec", "create_subprocess_shell"}


@pytest.mark.parametrize(
    "name",
    ["../../x", "a/b", "/etc/x", "..", "-rf", "$(touch x)", "a;b", "`x`", "a\\b", "a\nb", "a\0b", ".x", ""],
)
def test_a_name_that_would_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ScenarioError):
        loads(SCENARIO.format(name=json.dumps(name)))


def test_no_part_of_jmxgen_starts_a_shell_or_runs_text() -> None:
    calls = [
        (path, node)
        for folder in ("jmxgen", "analysis")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]

    assert len(calls) > 1000
    for path, call in calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        assert name not in SHELLS, f"{path}:{call.lineno}"
        assert not [word for word in call.keywords if word.arg == "shell"], f"{path}:{call.lineno}"
        assert not ast.unparse(call.func).startswith(("pickle.", "marshal.")), f"{path}:{call.lineno}"
        assert ast.unparse(call.func) not in ("yaml.load", "yaml.unsafe_load"), f"{path}:{call.lineno}"


def test_a_file_whose_name_is_a_shell_s_words_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "$(touch owned);`touch owned`|&'\"x.yaml"
    Path(name).write_text(SCENARIO.format(name="a"), encoding="utf-8")

    assert execute(["generate", name]) == 0

    assert not (tmp_path / "owned").exists()
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".jmx", ".properties", ".yaml"]


def test_text_of_results_is_text_in_junit_markdown_json_and_on_stdout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = [
        jtl_rows.opened(0),
        jtl_rows.used(10, label=ATTACK),
        jtl_rows.broken(2000, ATTACK, label=ATTACK),
        jtl_rows.used(3000, label="=cmd|' /C calc'!A1"),
    ]
    path = jtl_rows.file(tmp_path, hostile)
    targets = {name: tmp_path / f"out.{name}" for name in ("junit", "markdown", "json", "connections")}
    words = [word for name, target in targets.items() for word in (f"--{name}", str(target))]

    assert (
        execute(["analyze", str(path), *words, "--fail-on", f"labels[{json.dumps(ATTACK[:5])}].p95 > 1h"])
        == 99  # no label is called so: not judged
    )

    shown = capsys.readouterr()
    wrote = [shown.out, shown.err, *(target.read_text("utf-8") for target in targets.values())]
    for text in wrote:
        assert all(c.isprintable() or c in "\n\r" for c in text)
    etree.fromstring(targets["junit"].read_bytes())
    markdown = targets["markdown"].read_text("utf-8")
    assert "<script" not in markdown
    assert "![x](" not in markdown
    assert not [line for line in markdown.splitlines() if line.startswith(("::", "# x"))]
    json.loads(targets["json"].read_text("utf-8"))
