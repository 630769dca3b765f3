"""`jmxgen lint`: what in a plan will cause or hide dropped connections."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jmxgen.errors import Fault, PlanError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.jmx.tree import Tree
    from jmxgen.lint.config import Config
    from jmxgen.lint.model import Finding

FORMATS = ("text", "json", "sarif", "github", "gitlab")
_SCENARIOS = (".yaml", ".yml")
_FAIL_ON = ("error", "warning", "info", "never")


@click.command("lint")
@click.argument("plans", nargs=-1, type=click.Path(path_type=Path), metavar="FILE.jmx…")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How to write findings.",
)
@click.option("-o", "--output", default="-", metavar="FILE", help="Write to FILE instead of stdout.")
@click.option(
    "--select", multiple=True, metavar="RULE,…", help="Only these rules: ids, their beginnings, names."
)
@click.option("--ignore", multiple=True, metavar="RULE,…", help="Not these rules.")
@click.option(
    "--fail-on",
    type=click.Choice(_FAIL_ON),
    help="Exit 1 on findings at or above this severity.  [default: warning]",
)
@click.option("--set", "facts", multiple=True, metavar="FACT=VALUE", help="Supply a fact: ping_interval=30s.")
@click.option(
    "--properties",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="JMeter properties that the plan runs with; FILE.properties beside FILE.jmx is read anyway.",
)
@click.option("--list", "listing", is_flag=True, help="List the rules and exit.")
def command(
    *,
    plans: tuple[Path, ...],
    form: str,
    output: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: str | None,
    facts: tuple[str, ...],
    properties: tuple[Path, ...],
    listing: bool,
) -> int:
    """Find what in a .jmx will cause or hide dropped connections.

    Any plan of JMeter 2.13 to 5.6.3; a scenario.yaml stands for the plan that it makes. The rules are in
    docs/reference/lint-rules.md; settings can stand in [tool.jmxgen.lint] of pyproject.toml. Exits 1 on
    findings at or over --fail-on.
    """
    from jmxgen.cli.output import check_outputs, write
    from jmxgen.lint import config, registry

    settings = _settings(config.find(Path.cwd()), select, ignore, fail_on, facts)
    rules = registry.choose(settings.select, settings.ignore)
    if listing:
        lines = (f"{one.id}  {one.severity!s:<8} {one.name:<30} {one.summary}" for one in rules)
        write(output, "\n".join(lines))
        return 0
    if not plans:
        raise UsageError("no plan to check", hint="jmxgen lint FILE.jmx")
    check_outputs([output], inputs=plans)
    findings, faults = _check(plans, settings, properties)
    render = importlib.import_module(f"jmxgen.lint.formats.{form}").render
    if findings or not faults or form != "text":  # "nothing found" is not said of what can't be read
        write(output, render(findings), inputs=plans)
    if faults:
        raise PlanError.of(faults)
    return _status(findings, settings.fail_on)


def _settings(
    config: Config, select: Sequence[str], ignore: Sequence[str], fail_on: str | None, facts: Sequence[str]
) -> Config:
    """Lay the command line over the file's settings."""
    import dataclasses

    from jmxgen.lint import facts as known

    stated = {}
    for word in facts:
        name, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"--set {word!r} is not FACT=VALUE", hint="such as ping_interval=30s")
        stated[name.strip()] = value
    return dataclasses.replace(
        config,
        select=_words(select) or config.select,
        ignore=(*config.ignore, *_words(ignore)),
        fail_on=fail_on or config.fail_on,
        facts=known.parse(stated, base=config.facts),
    )


def _words(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


def _check(
    plans: Sequence[Path], settings: Config, properties: Sequence[Path]
) -> tuple[list[Finding], list[Fault]]:
    """Return the findings in all plans, and what keeps plans from being read."""
    from jmxgen.jmx import tree
    from jmxgen.lint import check, registry
    from jmxgen.lint import properties as files
    from jmxgen.lint.subject import Subject

    rules = registry.choose(settings.select, settings.ignore)
    findings: list[Finding] = []
    faults: list[Fault] = []
    for plan in plans:
        try:
            if plan.suffix.lower() in _SCENARIOS:
                read, stated = _made_of(plan)
            else:
                read = tree.read(plan)
                stated = files.read(beside) if (beside := files.beside(plan)) else {}
            for path in properties:
                stated.update(files.read(path))
            subject = Subject.of(read, facts=settings.facts, properties=stated)
        except PlanError as error:
            faults.extend(error.faults)
        else:
            findings.extend(check.check(subject, rules))
    return findings, faults


def _made_of(scenario: Path) -> tuple[Tree, dict[str, str]]:
    """Return the plan that a scenario makes, placed where `generate` would write it, and its properties."""
    import javaproperties

    from jmxgen.cli import scenario as scenarios
    from jmxgen.jmx import tree
    from jmxgen.jmx.properties import render_properties
    from jmxgen.jmx.render import render
    from jmxgen.plan.build import build

    plan = build(scenarios.read(scenario), folder=scenario.parent.resolve().as_posix())
    return tree.parse(render(plan), path=scenario.with_suffix(".jmx")), javaproperties.loads(
        render_properties(plan)
    )


def _status(findings: Sequence[Finding], fail_on: str) -> int:
    from jmxgen.lint.model import Severity

    if fail_on == "never":
        return 0
    return int(any(finding.rule.severity >= Severity[fail_on.upper()] for finding in findings))
