"""What commands that run a plan in a real JMeter share: their options, the engines, and the run itself."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from jmxgen.cli.prepare import Prepared
    from jmxgen.jmeter.home import Home
    from jmxgen.jmeter.record import Record
    from jmxgen.jmeter.run import OnPoll, Outcome

overrides_option = click.option(
    "--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Change a key of the scenario."
)
no_functions_option = click.option(
    "--no-functions",
    is_flag=True,
    help="For a scenario from a stranger: refuse JMeter functions, secrets, and files outside its folder.",
)
key_option = click.option(
    "--key",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="JMXGEN_ENGINE_KEY",
    help="The folder with the key that the engines share.  [default: in the user's cache folder]",
)
insecure_option = click.option("--insecure", is_flag=True, help="Talk to the engines without TLS.")


@dataclasses.dataclass(frozen=True, slots=True)
class Team:
    """The engines to run on, none for this machine alone, and how to talk to them."""

    engines: tuple[str, ...] = ()
    key: Path | None = None
    insecure: bool = False

    @classmethod
    def of(cls, remote: str | None, key: Path | None, *, insecure: bool) -> Team:
        """Return the team that `--remote HOST:PORT,…` names."""
        engines = tuple(name.strip() for name in (remote or "").split(",") if name.strip())
        return cls(engines, key, insecure)


def run_prepared(
    ready: Prepared,
    folder: Path,
    home: Home,
    *,
    out: Console,
    on_poll: OnPoll | None,
    team: Team = Team(),
    record: Record | None = None,
) -> Outcome:
    """Run what was prepared in a real JMeter; Ctrl-C is acknowledged on the terminal.

    Raises:
        RunFailedError: JMeter failed.
    """
    from jmxgen.cli import live
    from jmxgen.jmeter.run import run

    return run(
        ready.plan,
        folder,
        home=home,
        properties=ready.properties,
        property_file=ready.property_file,
        remote=team.engines,
        key=team.key,
        insecure=team.insecure,
        callers=ready.callers,
        record=record,
        on_poll=on_poll,
        on_interrupt=None if out.quiet else live.acknowledge,
    )
