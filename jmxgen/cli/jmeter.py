"""`jmxgen jmeter`: the JMeter that jmxgen uses."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import click

from jmxgen.jmeter.versions import JMETER, SUPPORTED_JMETERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from jmxgen.jmeter.home import Home


@click.group()
def command() -> None:
    """Install or find the JMeter that jmxgen uses.

    JMETER_HOME and JAVA_HOME win where they are set.
    """


@command.command()
@click.option(
    "--version",
    type=click.Choice(SUPPORTED_JMETERS),
    default=JMETER,
    show_default=True,
    help="The version of JMeter to install.",
)
@click.option(
    "--repository",
    metavar="URL",
    envvar="JMXGEN_REPOSITORY",
    help="A Maven repository to use instead of Maven Central, such as a company's mirror. "
    "The jars must be the same: each is checked against its SHA-256 sum.",
)
@click.pass_obj
def install(obj: dict[str, bool] | None, version: str, repository: str | None) -> None:
    """Install JMeter with the WebSocket samplers into the user's cache folder.

    Nothing is downloaded twice; an interrupted install goes on where it stopped. JMXGEN_CACHE names another
    folder.
    """
    home = install_shown(version, repository=repository, quiet=bool(obj and obj["quiet"]))
    click.echo(str(home.path))


@command.command()
def home() -> None:
    """Print the folder of the JMeter that jmxgen uses."""
    click.echo(str(ready().path))


@command.command()
def version() -> None:
    """Print the versions of the JMeter, the plugin and the Java that jmxgen uses."""
    from jmxgen.jmeter.home import java_version

    found = ready()
    click.echo(
        f"JMeter {found.version}\nWebSocket samplers {found.plugin_version}\nJava {java_version(found)}"
    )


def ready(*, quiet: bool = False) -> Home:
    """Return the JMeter to use; jmxgen's own is made anew where a file of it is damaged.

    Raises:
        JMeterError: there is none, or it can't be made anew.
    """
    from jmxgen.cli.output import console
    from jmxgen.jmeter.home import DamagedHomeError, find

    try:
        return find()
    except DamagedHomeError as error:
        what = f"jmxgen: warning: {error.faults[0].what}: installing JMeter again"
        console(quiet=quiet).print(what, markup=False, soft_wrap=True)
        return install_shown(repository=os.environ.get("JMXGEN_REPOSITORY"), quiet=quiet)


def install_shown(version: str = JMETER, *, repository: str | None = None, quiet: bool = False) -> Home:
    """Install JMeter with a progress bar on a terminal, and plain lines elsewhere."""
    from jmxgen.cli.output import console
    from jmxgen.jmeter.install import install as install_home

    out = console(quiet=quiet)
    with _bar(out, f"JMeter {version}") as progress:
        return install_home(
            version,
            progress=progress,
            on_wait=lambda: out.print("jmxgen: another install is at work, waiting for it"),
            repository=repository,
        )


@contextlib.contextmanager
def _bar(out: Console, title: str) -> Iterator[Callable[[int, int], None] | None]:
    """Yield what shows the bytes done and in all; it appears with the first download."""
    if out.quiet or not out.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task(title, total=None, visible=False)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        yield progress
