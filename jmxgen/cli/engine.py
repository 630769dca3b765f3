"""`jmxgen engine`: a remote JMeter engine for `run --remote`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--port",
    type=click.IntRange(0, 65534),
    default=1099,
    show_default=True,
    help="Where it listens; the port after it is used too. 0 takes free ones.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address of this machine where it listens, and by which the other side reaches it.",
)
@click.option(
    "--callers",
    type=click.IntRange(min=1),
    help="How many callers it shall carry, for the size of its Java machine.  [default: 1000]",
)
@click.option(
    "--files",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Where it finds the files that a scenario names, its own part of a CSV file say.  "
    "[default: where they are for jmxgen run]",
)
@click.option(
    "--log",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Its log.  [default: jmeter-engine-PORT.log]",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="JMXGEN_ENGINE_KEY",
    help="The folder with the key that both sides share. Made when missing; copy it to the other machines.  "
    "[default: in the user's cache folder]",
)
@click.option("--insecure", is_flag=True, help="No TLS: whoever reaches the port can run any code here.")
@click.pass_obj
def command(
    obj: dict[str, bool] | None,
    *,
    port: int,
    host: str,
    callers: int | None,
    files: Path | None,
    log: Path | None,
    key: Path | None,
    insecure: bool,
) -> None:
    """Serve as a remote JMeter engine for `run --remote`.

    It listens on loopback unless --host says otherwise, and talks TLS with a key that both sides share. It
    runs the part of each plan that it is given, until Ctrl-C.
    """
    import os

    from jmxgen.cli.jmeter import ready
    from jmxgen.cli.output import console
    from jmxgen.cli.run import warn_of_shortages
    from jmxgen.jmeter import engine_key, engine_server, preflight, sizing

    out = console(quiet=bool(obj and obj["quiet"]))
    jmeter = ready(quiet=out.quiet)
    first, second = (engine_server.free_port(), engine_server.free_port()) if port == 0 else (port, port + 1)
    warn_of_shortages(callers, out)
    if insecure:
        out.print(
            "jmxgen: warning: --insecure: JMeter listens on all addresses of this machine, and whoever "
            f"reaches port {first} can run any code here",
            markup=False,
            soft_wrap=True,
        )
    server = engine_server.Server(
        host=host,
        port=first,
        data_port=second,
        files=files,
        log=log or Path(f"jmeter-engine-{first}.log"),
        key=None if insecure else engine_key.keys(jmeter, key),
    )
    arguments = sizing.java_arguments(
        callers, available_mb=preflight.available_memory_mb(), environment=os.environ
    )

    def on_ready() -> None:
        click.echo(f"engine {host}:{first}")
        if server.key:
            out.print(f"key {server.key.parent}", markup=False, soft_wrap=True)

    engine_server.serve(server, jmeter, arguments, on_ready=on_ready)
