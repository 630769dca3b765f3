"""The command line: one module a command, imported when it is called, and the one error boundary."""

from __future__ import annotations

import importlib
import signal
import sys
from typing import TYPE_CHECKING, Any

import click

import jmxgen
from jmxgen.errors import JmxgenError
from jmxgen.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

# name -> the line in `jmxgen --help`; each command is `command` in jmxgen/cli/<name>.py
COMMANDS = {
    "demo": "Run an end-to-end demo against a faulty server, from scenario to verdict.",
    "init": "Write a commented scenario to start from.",
    "generate": "Turn a scenario into a JMeter plan.",
    "lint": "Find what in a .jmx will cause or hide dropped connections.",
    "harden": "Rewrite a .jmx so that lint is quiet and its meaning unchanged.",
    "run": "Run a scenario or plan in a real JMeter.",
    "analyze": "Explain why connections dropped, from JMeter's results.",
    "search": "Find the highest number of callers that holds, led by the verdict.",
    "reproduce": "Play a verdict back against the simulator, beside the recording.",
    "plot": "Draw one picture of a run.",
    "compare": "Show what changed between runs.",
    "simulate": "Serve a faulty IVR over WebSocket.",
    "engine": "Serve as a remote JMeter engine for `run --remote`.",
    "jmeter": "Install or find the JMeter that jmxgen uses.",
}


class _LazyGroup(click.Group):
    """A group whose commands are imported when used, so that `--help` costs no more than click."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args[:1] == ["help"]:  # jmxgen help [COMMAND]
            args = [*args[1:], "--help"]
        elif args == ["version"]:
            args = ["--version"]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"jmxgen.cli.{cmd_name}").command
        _accept_amounts(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        told = not ctx.resilient_parsing  # a shell that completes wants no error
        if told and args and args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = did_you_mean(args[0], COMMANDS, "see jmxgen --help")
            raise click.UsageError(f"no command {args[0]!r} ({hint})")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _accept_amounts(command: click.Command) -> None:
    """Let -q and -v follow a command's name, too; the help of jmxgen itself lists them."""
    if isinstance(command, click.Group):
        for child in command.commands.values():
            _accept_amounts(child)
        return
    for short, name in (("-q", "quiet"), ("-v", "verbose")):
        if all(name != parameter.name for parameter in command.params):
            command.params.append(
                click.Option(
                    [short, f"--{name}"], is_flag=True, hidden=True, expose_value=False, callback=_note
                )
            )


def _note(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and isinstance(ctx.obj, dict) and param.name:
        ctx.obj[param.name] = True
        if param.name == "verbose":
            _log()


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from jmxgen.jmeter.versions import JMETER, WEBSOCKET_SAMPLERS

    click.echo(f"jmxgen {jmxgen.__version__} (JMeter {JMETER}, WebSocket samplers {WEBSOCKET_SAMPLERS})")
    ctx.exit()


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the versions of jmxgen, JMeter and the plugin.",
)
@click.option("-q", "--quiet", is_flag=True, help="Only results and errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say what is done, and show tracebacks.")
@click.pass_context
def main(ctx: click.Context, quiet: bool, verbose: bool) -> None:
    """Generate JMeter plans for WebSocket load tests, run them, and explain why connections dropped."""
    ctx.obj = {"quiet": quiet, "verbose": verbose}
    if verbose:
        _log()


def _log() -> None:
    import logging

    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stderr)


def execute(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status: the one place where errors become text."""
    verbose = bool({"-v", "--verbose"} & set(arguments))
    try:
        outcome: Any = main.main(args=list(arguments), prog_name="jmxgen", standalone_mode=False)
    except JmxgenError as error:
        if verbose:
            raise
        for fault in error.faults:
            click.echo(f"jmxgen: error: {fault}", err=True)
        return error.exit_status
    except click.exceptions.NoArgsIsHelpError as help_wanted:
        click.echo(help_wanted.format_message(), err=True)
        return 2
    except click.ClickException as error:
        click.echo(f"jmxgen: error: {error.format_message()}", err=True)
        return 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("jmxgen: stopped", err=True)
        return 128 + signal.SIGINT
    return outcome if isinstance(outcome, int) else 0
