"""`jmxgen harden`: rewrite a plan so that it survives refusals and leaves no connection behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from jmxgen.errors import UsageError, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jmxgen.harden.model import Change, Options


@click.command("harden")
@click.argument("plan", required=False, type=click.Path(path_type=Path), metavar="FILE.jmx")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="OUT.jmx", help="Where to write.")
@click.option("--diff", is_flag=True, help="Show the changes as a diff on stdout; without -o write nothing.")
@click.option(
    "--attempts", type=click.IntRange(1, 1000), default=6, show_default=True, help="Opens tried in all."
)
@click.option("--base", default="1s", show_default=True, metavar="TIME", help="The longest first wait.")
@click.option("--cap", default="60s", show_default=True, metavar="TIME", help="The longest wait of all.")
@click.option(
    "--give-up-on",
    default="401,403,404",
    show_default=True,
    metavar="CODES",
    help="HTTP codes not tried again.",
)
@click.option("--without", multiple=True, metavar="REWRITE,…", help="Leave a rewrite out; see --list.")
@click.option("--list", "listing", is_flag=True, help="List the rewrites and exit.")
def command(
    *,
    plan: Path | None,
    output: Path | None,
    diff: bool,
    attempts: int,
    base: str,
    cap: str,
    give_up_on: str,
    without: tuple[str, ...],
    listing: bool,
) -> int:
    """Rewrite a .jmx so that lint is quiet and its meaning unchanged.

    Opens are tried again with a jittered wait, connections are closed on every path, pings are answered. All
    else stays byte for byte. OUT.properties is written beside OUT.jmx: give it to JMeter with -q.
    """
    from jmxgen.cli.output import check_outputs
    from jmxgen.harden import harden as core
    from jmxgen.jmx import tree
    from jmxgen.lint import properties as files

    if listing:
        for name, (summary, _) in core.rewrites().items():
            click.echo(f"{name:<12} {summary}")
        return 0
    if plan is None:
        raise UsageError("no plan to harden", hint="jmxgen harden FILE.jmx -o OUT.jmx")
    if output is None and not diff:
        raise UsageError("no output given", hint="-o OUT.jmx, or --diff to look")
    given = files.beside(plan)
    inputs = [plan, *filter(None, [given])]
    check_outputs([output, output and core.beside(output)], inputs=inputs)
    stated = files.read(given) if given else {}
    options = _options(attempts, base, cap, give_up_on)
    left_out = [word.strip() for value in without for word in value.split(",") if word.strip()]
    read = tree.read(plan)
    hardened = core.harden(read, properties=stated, options=options, without=left_out)
    if output is not None:
        _write(output, hardened, inputs)
    if diff:
        click.echo(
            _diff(plan, read.source.decode(), tree.parse(hardened.plan, path=plan).source.decode()), nl=False
        )
    for line in _told(hardened.changes):
        click.echo(line, err=diff)
    return 0


def _options(attempts: int, base: str, cap: str, give_up_on: str) -> Options:
    from jmxgen.harden.model import Options

    codes = [word.strip() for word in give_up_on.split(",") if word.strip()]
    if not all(word.isdecimal() and len(word) == 3 for word in codes):
        raise UsageError(f"--give-up-on {give_up_on!r} is not a list of HTTP codes", hint="such as 401,403")
    return Options(
        attempts=attempts, base=_ms(base), cap=_ms(cap), give_up_on=tuple(int(word) for word in codes)
    )


def _ms(text: str) -> int:
    from jmxgen.lint.facts import seconds

    return round(seconds(text) * 1000)


def _write(output: Path, hardened: object, inputs: list[Path]) -> None:
    from jmxgen.cli.output import write_whole
    from jmxgen.harden import harden as core
    from jmxgen.lint import properties as files

    assert isinstance(hardened, core.Hardened)
    given = files.beside(inputs[0])
    old = given.read_text(encoding="latin-1") if given else ""
    text = core.properties_text(old, hardened.properties, files.read(given) if given else {})
    write_whole(output, hardened.plan, inputs=inputs)
    if text:
        write_whole(core.beside(output), text.encode("latin-1"), inputs=inputs)


def _diff(plan: Path, before: str, after: str) -> str:
    import difflib
    import io
    import sys

    # As files have them: str.splitlines would end lines at more characters than a newline.
    old, new = (list(io.StringIO(text, newline="\n")) for text in (before, after))
    lines = difflib.unified_diff(old, new, str(plan), f"{plan} (hardened)")
    if sys.stdout.isatty():  # a file takes the bytes as they are; a plan's text must not move a cursor
        return "".join(f"{one_line(line.rstrip())}\n" for line in lines)
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _told(changes: Iterable[Change]) -> list[str]:
    changes = list(changes)
    done = [
        f"{change.place}: {change.rewrite}: {change.what} ({change.path})"
        for change in changes
        if change.done
    ]
    left = [
        f"{change.place}: {change.rewrite}: left alone: {change.what} ({change.path})"
        for change in changes
        if not change.done
    ]
    counts = f"{len(done)} change{'s' * (len(done) != 1)}, {len(left)} left alone"
    return [one_line(line) for line in (*done, *left, counts)]
