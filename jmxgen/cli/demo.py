"""`jmxgen demo`: the whole way against a faulty server on loopback; the server's own log is the judge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from jmxgen.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from jmxgen.analysis.model import Analysis
    from jmxgen.analysis.server_log import ServerView
    from jmxgen.jmeter.home import Home

# The server's faults: the cap, and now and then a reset, so that both phases are tried.
FAULTS: Final = ("cap:limit={cap}", "random:hazard=0.15/m")
CLOSE_ENOUGH: Final = 0.05  # of the cap: what the demo promises of the estimate

SCENARIO: Final = """\
name: demo
target:
  url: {url}
load:
  callers: {callers}
  ramp_up: 10s
  hold: 12s
reconnect: {{max_attempts: 4, base: 1s, cap: 8s, jitter: full}}
call:
  - request: {{send: '{{"type":"open"}}', contains: opened, within: 5s}}
  - listen: 3s                                  # a Gather Input: nobody presses a key
  - request: {{send: '{{"type":"dtmf","digit":"1"}}', contains: ok, within: 5s}}
  - listen: 6s
  - disconnect: {{code: 1000}}
"""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option(
    "--callers", type=click.IntRange(20, 2000), default=200, show_default=True, help="How many call."
)
@click.option(
    "--cap",
    type=click.IntRange(10, 2000),
    default=120,
    show_default=True,
    help="How many connections the server admits at once.",
)
@click.pass_obj
def command(obj: dict[str, bool] | None, folder: Path | None, callers: int, cap: int) -> int:
    """Run an end-to-end demo against a faulty server, from scenario to verdict.

    Starts the simulator with a cap on concurrent connections, generates a plan with more callers than the
    cap, runs it in a real JMeter (installed when missing), analyses the results, draws the failure timeline,
    and checks what the analysis says against what the server logged.

    FOLDER (default: jmxgen-demo, or the next free jmxgen-demo-N) receives the scenario, plan, JTL, JSON,
    pictures and HTML report.
    """
    from jmxgen.cli.jmeter import install_shown
    from jmxgen.cli.output import console

    quiet = bool(obj and obj["quiet"])
    out = console(quiet=quiet)
    place = _free(folder)
    home = install_shown(quiet=quiet)
    return _tell(_measure(place, home, callers=callers, cap=cap, out=out, quiet=quiet), folder=place)


def _free(folder: Path | None) -> Path:
    """Return the folder to use, which must not hold anything yet."""
    if folder is not None:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty", hint="name another folder")
        return folder
    from jmxgen.cli.prepare import next_free

    return next_free("jmxgen-demo")


def _measure(folder: Path, home: Home, *, callers: int, cap: int, out: Console, quiet: bool) -> Analysis:
    """Serve, generate, run, analyse, compare; everything lands in `folder`."""
    from jmxgen.cli import live
    from jmxgen.cli.analysis import analyse, write_all
    from jmxgen.cli.output import write_whole
    from jmxgen.jmeter.run import run
    from jmxgen.jmx.properties import render_properties
    from jmxgen.jmx.render import render
    from jmxgen.plan.build import build
    from jmxgen.scenario.load import load
    from jmxgen.simulator.process import simulation

    folder.mkdir(parents=True, exist_ok=True)
    log, file = folder / "truth.jsonl", folder / "scenario.yaml"
    faults = [fault.format(cap=cap) for fault in FAULTS]
    with simulation(
        faults=faults, truth=log, metrics=folder / "server.csv", options=["--seed", "1"]
    ) as server:
        out.print(f"A server on {server.url} admits {cap} connections at once; {callers} callers come.")
        write_whole(file, SCENARIO.format(url=server.url, callers=callers))
        scenario = load(file)
        plan = build(scenario)
        write_whole(folder / "plan.jmx", render(plan))
        write_whole(folder / "plan.properties", render_properties(plan))
        with live.watching(out, planned_s=live.planned_seconds(scenario)) as on_poll:
            outcome = run(
                folder / "plan.jmx",
                folder,
                home=home,
                property_file=folder / "plan.properties",
                callers=callers,
                on_poll=on_poll,
                on_interrupt=None if quiet else live.acknowledge,
            )
    analysis = analyse([outcome.jtl], scenario=scenario, log=outcome.log, server_log=[log], quiet=quiet)
    write_all(analysis, folder)
    return analysis


def _tell(analysis: Analysis, *, folder: Path) -> int:
    """Print the verdict and whether the server's log confirms it; return the exit status."""
    from jmxgen.cli.analysis import verdict_text

    view = analysis.run.server_log
    assert view is not None
    click.echo(verdict_text(analysis), nl=False)
    limit = analysis.verdict.evidence.get("limit")
    found = isinstance(limit, int | float) and abs(limit - view.peak_open) <= CLOSE_ENOUGH * view.peak_open
    click.echo("\nChecked against the server's own log:")
    for name, said, logged in _beside(analysis, view):
        # An end counts for JMeter when it next reads or writes: until then its count may be the higher.
        late = "   (JMeter notices ends later)" if name == "peak open" and said != logged else ""
        click.echo(f"  {name:<22} analysis {said:>6}   server {logged:>6}{late}")
    reached = view.joined + view.unmatched_lines
    click.echo(f"  {view.agreements} of {reached} connections have the same end on both sides")
    click.echo(
        f"\nAll of it is in {folder}{'/' if folder.name else ''}: open report.html, or timeline.png first."
    )
    return 0 if found and view.complete else 1


def _beside(analysis: Analysis, view: ServerView) -> tuple[tuple[str, object, int], ...]:
    """Return what the analysis says beside what the log says: its own figures, none of the analysis'."""
    counts, logged = analysis.counts, view.connections
    joined = logged["server_flags"] != ""
    refused = int((joined & logged["server_opened_at"].isna()).sum())
    lost = int(logged["server_flags"].astype(str).str.startswith("data").sum())
    return (
        ("connection limit", analysis.verdict.evidence.get("limit", "none"), view.peak_open),
        ("peak open", counts.peak_open, view.peak_open),
        ("attempts", counts.attempted - view.never_sent, view.joined + view.unmatched_lines),
        ("handshake closures", counts.handshake - view.never_sent, refused),
        ("data closures", counts.data, lost),
    )
