"""`analyze --next`: the next run as a file, a scenario or a hardened plan, where another run tells more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jmxgen.analysis.model import Analysis
    from jmxgen.scenario.model import Scenario


def source(target: Path, scenario: Path | None, results: Sequence[Path | str]) -> Path:
    """Return what the next run is made from: the scenario or plan that was run.

    Args:
        target: the file to write; .jmx for a plan.
        scenario: as `--scenario` named it.
        results: the files that are analysed; what `jmxgen run` left lies beside them.

    Raises:
        UsageError: there is none.
    """
    name = "plan.jmx" if _is_plan(target) else "scenario.yaml"
    if scenario and not _is_plan(target):
        return scenario
    beside = [path.parent / name for path in results if not isinstance(path, str)]
    found = next((path for path in beside if path.is_file()), None)
    if found is None:
        hint = (
            "give the results of `jmxgen run`, or --scenario"
            if name.endswith("yaml")
            else f"put {name} there"
        )
        raise UsageError(f"--next needs what was run, and there is no {name} beside the results", hint=hint)
    return found


def _is_plan(target: Path) -> bool:
    return target.suffix.lower() == ".jmx"


def write(target: Path, origin: Path, analysis: Analysis, inputs: Sequence[Path]) -> list[str]:
    """Write the next run, and return lines that say what it changes; or why nothing was written.

    Raises:
        ScenarioError: the scenario can't be read.
        PlanError: the plan can't be read.
    """
    if _is_plan(target):
        return _harden(target, origin, analysis, inputs)
    from jmxgen.cli import scenario as scenarios

    return _change(target, scenarios.read(origin), analysis, inputs)


def _change(target: Path, scenario: Scenario, analysis: Analysis, inputs: Sequence[Path]) -> list[str]:
    from jmxgen.cli.output import write_whole
    from jmxgen.next import changes, yaml_text

    wanted = changes.wanted(analysis, scenario)
    if isinstance(wanted, changes.Nothing):
        return [f"no next run was written: {wanted.words}"]
    verdict = analysis.verdict
    head = [f"The next run after a verdict of {verdict.cause}: {verdict.finding}."]
    write_whole(target, yaml_text.render(scenario, wanted, head), inputs=inputs)
    said = [f"{change.key}: {change.value}: {change.why}" for change in wanted if change.value]
    return [f"next run: {target}", *said]


def _harden(target: Path, plan: Path, analysis: Analysis, inputs: Sequence[Path]) -> list[str]:
    from jmxgen.cli.output import write_whole
    from jmxgen.harden import harden as core
    from jmxgen.jmx import tree
    from jmxgen.lint import properties as files

    given = files.beside(plan)
    stated = files.read(given) if given else {}
    hardened = core.harden(tree.read(plan), properties=stated)
    done = [change for change in hardened.changes if change.done]
    if analysis.verdict.cause == "healthy" or not done:
        why = "nothing failed" if analysis.verdict.cause == "healthy" else "the plan needs no hardening"
        return [f"no next run was written: {why}"]
    old = given.read_text(encoding="latin-1") if given else ""
    write_whole(target, hardened.plan, inputs=[plan, *inputs])
    if text := core.properties_text(old, hardened.properties, stated):
        write_whole(core.beside(target), text.encode("latin-1"), inputs=[plan, *inputs])
    return [f"next run: {target}", *(f"{change.place}: {change.rewrite}: {change.what}" for change in done)]
