"""`jmxgen simulate`: serve a faulty IVR over WebSocket."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import ssl


class _Simulate(click.Command):
    """A command whose help lists the faults that discovery finds."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from jmxgen.simulator import faults

        with formatter.section("Faults"):
            for kind in faults.registry().values():
                formatter.write_text(faults.usage(kind))
                with formatter.indentation():
                    formatter.write_text((kind.__doc__ or "").partition("\n")[0])


@click.command(cls=_Simulate)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes a free one."
)
@click.option("--protocol", default=None, metavar="NAME", help="ivr, audiohook, stomp, …; else by the path.")
@click.option(
    "--fault", "fault_texts", multiple=True, metavar="NAME[:KEY=VALUE,…]", help="A fault; may be repeated."
)
@click.option(
    "--timeline",
    type=click.Path(path_type=Path),
    help="Faults that come and go, in YAML, timed from the first upgrade request.",
)
@click.option(
    "--ping-interval", metavar="DURATION", help="Send pings that must be answered: the fault `pings`."
)
@click.option("--seed", type=int, help="Of the random choices of the faults; else another one each time.")
@click.option(
    "--truth", type=click.Path(path_type=Path), help="Write what became of each connection, as JSON lines."
)
@click.option(
    "--metrics",
    type=click.Path(path_type=Path),
    help="Write one CSV line per second with the server's state.",
)
@click.option(
    "--prometheus", type=click.IntRange(0, 65535), metavar="PORT", help="Serve metrics on a side port."
)
@click.option(
    "--tls", is_flag=True, help="Serve wss: with --cert and --key, or a certificate made by openssl."
)
@click.option("--cert", type=click.Path(path_type=Path), help="Certificate chain for --tls, PEM.")
@click.option("--key", type=click.Path(path_type=Path), help="Private key for --tls, PEM.")
def command(
    *,
    host: str,
    port: int,
    protocol: str | None,
    fault_texts: tuple[str, ...],
    timeline: Path | None,
    ping_interval: str | None,
    seed: int | None,
    truth: Path | None,
    metrics: Path | None,
    prometheus: int | None,
    tls: bool,
    cert: Path | None,
    key: Path | None,
) -> None:
    """Serve an IVR over WebSocket that fails in the ways you choose, and writes down how it failed.

    It stops on Ctrl-C or SIGTERM, and its files are complete then.
    """
    import asyncio

    from jmxgen.cli.output import check_outputs
    from jmxgen.errors import UsageError
    from jmxgen.simulator import faults, protocols, server
    from jmxgen.simulator import timeline as timelines

    if protocol is not None and protocol not in protocols.registry():
        raise UsageError(f"no protocol {protocol!r}", hint=f"known: {', '.join(protocols.registry())}")
    if host not in ("127.0.0.1", "::1", "localhost"):
        said = f"--host {host}: every machine that reaches this address can connect, without a password"
        click.echo(f"jmxgen: warning: {said}", err=True)
    check_outputs([truth, metrics], inputs=[path for path in (timeline, cert, key) if path])
    texts = [*fault_texts, *([f"pings:interval={ping_interval}"] if ping_interval else [])]
    options = server.Options(
        host=host,
        port=port,
        protocol=protocol,
        faults=faults.parse_all(texts),
        changes=timelines.load(timeline) if timeline else (),
        seed=seed,
        truth=truth,
        metrics=metrics,
        prometheus=prometheus,
        tls=_tls(cert, key) if tls or cert or key else None,
    )
    asyncio.run(server.run(options, _say))


def _say(line: str) -> None:
    click.echo(line)
    sys.stdout.flush()


def _tls(cert: Path | None, key: Path | None) -> ssl.SSLContext:
    from jmxgen.simulator import tls

    return tls.context(cert, key)
