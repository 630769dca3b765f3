"""`jmxgen generate`: turn a scenario into a JMeter plan and its properties."""

from __future__ import annotations

from pathlib import Path

import click


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
    help="Say it instead of the file, e.g. load.callers=2000; nothing after = takes a key away. Repeatable.",
)
@click.option(
    "--no-functions",
    is_flag=True,
    help="For a scenario from a stranger: refuse JMeter functions, secrets, and files outside its folder.",
)
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
    import sys

    from jmxgen.cli import scenario as scenarios
    from jmxgen.cli.output import write_whole
    from jmxgen.errors import UsageError
    from jmxgen.jmx.properties import render_properties
    from jmxgen.jmx.render import render
    from jmxgen.plan.build import build

    to_stdout = output is not None and str(output) == "-"
    path = scenario.with_suffix(".jmx") if output is None else output
    beside = path.with_suffix(".properties")
    if not to_stdout and beside == path:
        raise UsageError(f"{path} is where the plan's properties go", hint="name the plan PLAN.jmx")
    read = scenarios.read(scenario, overrides=overrides, functions=not no_functions)
    # Absolute: the plugin looks for files where JMeter was started, not beside the plan. -Jfiles wins.
    plan = build(read, folder=scenario.parent.resolve().as_posix())
    content = render(plan)
    if to_stdout:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    else:
        write_whole(path, content, inputs=[scenario])
        write_whole(beside, render_properties(plan), inputs=[scenario, path])
    if not (obj and obj["quiet"]):
        for line in plan.note.splitlines():
            click.echo(line, err=True)
        if not to_stdout:
            click.echo(f"wrote {path} and {beside}", err=True)
