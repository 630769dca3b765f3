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
    if str(target) == "-":
        raise UsageError("--next writes a file, and the verdict goes to stdout", hint="--next next.yaml")
    if scenario and not _is_plan(target):
        return scenario
    folders = [path.parent for path in results if not isinstance(path, str)]
    names = ["plan.jmx"] if _is_plan(target) else ["scenario.yaml", "plan.jmx"]
    found = next((place for name in names for folder in folders if (place := folder / name).is_file()), None)
    if found is None:
        hint = "put plan.jmx there" if _is_plan(target) else "put it there, or give --scenario"
        what = f"there is no {' or '.join(names)} beside the results"
        raise UsageError(f"--next needs what was run, and {what}", hint=hint)
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
    if _is_plan(origin):
        scenario, notes = _rebuilt(origin)
    else:
        from jmxgen.cli import scenario as scenarios

        scenario, notes = scenarios.read(origin), []
    return _change(target, scenario, analysis, inputs, notes)


def _rebuilt(plan: Path) -> tuple[Scenario, list[str]]:
    """Return the scenario that can be read from a plan, and what to know of it.

    Raises:
        PlanError: there is none.
    """
    import yaml

    from jmxgen.errors import Place, PlanError, ScenarioError
    from jmxgen.next import from_plan
    from jmxgen.scenario.load import loads

    value, notes = from_plan.rebuild(plan)
    try:
        scenario = loads(yaml.safe_dump(value, sort_keys=False))
    except ScenarioError as error:
        what = f"no scenario can be made from this plan: {error.faults[0].what}"
        hint = "give --scenario, or let --next write a plan (.jmx)"
        raise PlanError(what, place=Place(plan), hint=hint) from error
    about = f"Rebuilt from {plan.name}: what its samplers send and when; answers are not checked."
    return scenario, [about, *notes]


def _change(
    target: Path, scenario: Scenario, analysis: Analysis, inputs: Sequence[Path], notes: Sequence[str]
) -> list[str]:
    from jmxgen.cli.output import write_whole
    from jmxgen.next import changes, yaml_text

    wanted = changes.wanted(analysis, scenario)
    if isinstance(wanted, changes.Nothing):
        return [f"no next run was written: {wanted.words}"]
    verdict = analysis.verdict
    head = [f"The next run after a verdict of {verdict.cause}: {verdict.finding}.", *notes]
    write_whole(target, yaml_text.render(scenario, wanted, head), inputs=inputs)
    said = [f"{change.key}: {change.value}: {change.why}" for change in wanted if change.value]
    return [f"next run: {target}", *said, *notes]


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
