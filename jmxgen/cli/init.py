"""`jmxgen init`: write a commented scenario to start from, or the schema of scenarios."""

from __future__ import annotations

from pathlib import Path

import click

TEMPLATES = (
    "ivr", "notifications", "audiohook", "socketio", "graphql-ws", "stomp", "signalr", "twilio-media",
)  # fmt: skip
SAMPLES = {  # name -> the file in jmxgen/samples
    "cap.jtl": "cap.jtl",
    "limit-conn.jtl.gz": "limit-conn.jtl.gz",
    "limit-conn-access.log.gz": "limit-conn-access.log.gz",
    "limit-conn-error.log.gz": "limit-conn-error.log.gz",
    "naive.jmx": "plans/naive.jmx",
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), required=False)
@click.option(
    "--template",
    type=click.Choice(TEMPLATES),
    default="ivr",
    show_default=True,
    help="ivr: one Gather Input; notifications: Genesys channels; audiohook and twilio-media: JMeter plays "
    "Genesys or Twilio; the others are named after their protocol.",
)
@click.option("--schema", is_flag=True, help="Print the JSON schema of scenarios instead, for an editor.")
@click.option(
    "--sample",
    type=click.Choice(tuple(SAMPLES)),
    help="Write a sample instead: results of a run against a cap (cap.jtl) or against nginx with its logs "
    "(limit-conn…), or a plan with faults (naive.jmx).",
)
@click.option("--force", is_flag=True, help="Write over a file that exists.")
@click.pass_obj
def command(
    obj: dict[str, bool] | None,
    file: Path | None,
    *,
    template: str,
    schema: bool,
    sample: str | None,
    force: bool,
) -> None:
    """Write a commented scenario to FILE (default: scenario.yaml; - is stdout).

    It runs as it is against `jmxgen simulate`: change the address and the steps to yours.
    """
    from jmxgen.cli.output import is_stdout, write
    from jmxgen.errors import Place, UsageError

    if schema:
        import json

        from jmxgen.scenario import schema as schemas

        content: bytes | str = json.dumps(schemas.schema(), indent=2, ensure_ascii=False) + "\n"
        target = file or Path("-")
    elif sample:
        from importlib import resources

        content = (resources.files("jmxgen") / "samples" / SAMPLES[sample]).read_bytes()
        target = file or Path(sample)
    else:
        from jmxgen.scenario import templates

        content = templates.read(template)
        target = file or Path("scenario.yaml")
    if not is_stdout(target) and target.exists() and not force:
        raise UsageError("already exists", place=Place(target), hint="use --force to overwrite it")
    write(target, content)
    if not is_stdout(target) and not (obj and obj["quiet"]):
        click.echo(f"wrote {target}", err=True)
