"""`jmxgen generate`: turn a scenario into a JMeter plan and its properties."""

from __future__ import annotations

from pathlib import Path

import click

from jmxgen.cli import running


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="PLAN.jmx",
    help="Where the plan goes, PLAN.properties beside it (default: beside SCENARIO); - prints the plan.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY.KEY=VALUE",
    help="Override a key of the file, e.g. load.callers=2000; nothing after = removes the key. Repeatable.",
)
@running.no_functions_option
@click.pass_obj
def command(
    obj: dict[str, bool] | None,
    scenario: Path,
    *,
    output: Path | None,
    overrides: tuple[str, ...],
    no_functions: bool,
) -> None:
    """Turn the scenario file SCENARIO into a JMeter plan.

    Writes PLAN.jmx and PLAN.properties, which holds what can't be in a .jmx. Run them with `jmxgen run`, or
    with `jmeter -n -t PLAN.jmx -q PLAN.properties -l results.jtl`.
    """
    from jmxgen.cli import scenario as scenarios
    from jmxgen.cli.output import check_outputs, is_stdout, write, write_whole
    from jmxgen.errors import UsageError, one_line
    from jmxgen.jmx.properties import render_properties
    from jmxgen.jmx.render import render
    from jmxgen.plan.build import build

    path = output or scenario.parent / f"{scenario.stem}.jmx"
    beside = path.parent / f"{path.stem}.properties"
    if beside == path:
        raise UsageError(f"{path} is where the plan's properties go", hint="name the plan PLAN.jmx")
    if not is_stdout(output):
        check_outputs([path, beside], inputs=[scenario])
    read = scenarios.read(scenario, overrides=overrides, functions=not no_functions)
    # Absolute: the plugin looks for files where JMeter was started, not beside the plan. -Jfiles wins.
    plan = build(read, folder=scenario.parent.resolve().as_posix())
    content = render(plan)
    told = [*scenarios.warnings(read), *plan.note.splitlines()]
    if plan.secrets:
        told.append(
            f"needs the properties {', '.join(plan.secrets)}: `jmxgen run` reads them, JMeter takes -q FILE"
        )
    if is_stdout(output):
        write("-", content)
    else:
        write_whole(path, content, inputs=[scenario])
        write_whole(beside, render_properties(plan), inputs=[scenario])
        told.append(f"wrote {path} and {beside}")
    if not (obj and obj["quiet"]):
        for line in told:
            click.echo(one_line(line), err=True)
