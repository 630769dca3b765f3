"""The loop of a search: ask what to try next, let the server recover, probe, write what is known."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Final

import click

from jmxgen.cli import status
from jmxgen.cli.probing import InterruptedSearchError
from jmxgen.errors import JmxgenError

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from jmxgen.cli.probing import Prober
    from jmxgen.search.model import Stop, Try
    from jmxgen.search.result import Search

_START_S: Final = 5.0  # about what JMeter's start and the analysis add to a probe
_CTRL_C: Final = "Ctrl-C between two probes"


def go_on(search: Search, prober: Prober) -> Search:
    """Probe until the search ends, is interrupted, or its budget is used up.

    Raises:
        JmxgenError: JMeter failed, or the server doesn't recover; what is known is written before.
    """
    from jmxgen.search import words
    from jmxgen.search.model import Stop
    from jmxgen.search.plan import next_step

    _save(search, prober.folder)  # --resume goes on even where the first probe is killed
    try:
        while True:
            step = next_step(search.probes, search.goal)
            if isinstance(step, Stop):
                return dataclasses.replace(search, stop=step)
            hold_s = _hold_s(search, prober, step)
            if out_of_time := _budget(search, prober, step, hold_s):
                return dataclasses.replace(search, stop=out_of_time)
            if step.load.callers > 1:  # a single caller is its own check
                search = _recovered(search, prober)
            search = _probed(search, prober, step, hold_s)
            _save(search, prober.folder)
    except InterruptedSearchError as error:
        return dataclasses.replace(search, interrupted=error.faults[0].what)
    except KeyboardInterrupt:
        return dataclasses.replace(search, interrupted=_CTRL_C)
    except JmxgenError as error:
        if search.probes:
            ended = dataclasses.replace(search, interrupted=error.faults[0].what)
            write(ended, prober.folder)
            click.echo(words.text(ended), nl=False)
        raise


def _hold_s(search: Search, prober: Prober, step: Try) -> float:
    from jmxgen.search import length

    longest = length.longest_hold_s(prober.scenario)
    return length.hold_s(step.load, search.probes, search.goal.demands, longest)


def _budget(search: Search, prober: Prober, step: Try, hold_s: float) -> Stop | None:
    """Return the end of the search where its budget has no room for this probe."""
    from jmxgen.search.model import Stop

    budget = search.source.budget_s
    pace = min(step.load.rate or prober.scenario.load.ramp_rate, prober.scenario.load.ramp_rate)
    if budget is None or search.seconds + step.load.callers / pace + hold_s + _START_S <= budget:
        return None
    words = f"the budget of {budget:,.0f} s has no room for another probe; --resume goes on"
    return Stop(kind="exhausted", words=words, holds=search.holds, fails=search.fails)


def _recovered(search: Search, prober: Prober) -> Search:
    """Wait until the server is itself again after a probe that didn't go well."""
    from jmxgen.search.state import outcome

    if not search.probes or outcome(search.probes[-1:], search.goal.demands) in ("holds", "clean"):
        return search
    began = time.monotonic()
    best = search.holds or dataclasses.replace(search.probes[-1].load, callers=1)
    checks = prober.recover(best)
    seconds = search.seconds + time.monotonic() - began
    return dataclasses.replace(search, checks=search.checks + checks, seconds=seconds)


def _probed(search: Search, prober: Prober, step: Try, hold_s: float) -> Search:
    from jmxgen.search import words

    number = len(search.probes) + 1
    prober.out.print(f"probe {number}: {step.load} ({step.purpose})", markup=False, soft_wrap=True)
    probe = prober.probe(step, number, hold_s)
    search = dataclasses.replace(
        search, probes=(*search.probes, probe), seconds=search.seconds + probe.seconds
    )
    row = words.rows(search)[-1]
    said = f"  {row.outcome}: {row.handshake} handshakes failed, {row.data} connections lost, {row.cause}"
    prober.out.print(said, markup=False, soft_wrap=True)
    return search


def _save(search: Search, folder: Path) -> None:
    from jmxgen.cli.output import write_whole
    from jmxgen.search import result

    write_whole(folder / result.FILE, result.render(search))


def write(search: Search, folder: Path) -> None:
    """Write the search's JSON, pictures and page."""
    from jmxgen.cli.output import write_whole
    from jmxgen.search import page, picture

    _save(search, folder)
    for form, content in picture.draw(search, ("png", "svg")).items():
        write_whole(folder / f"search.{form}", content)
    write_whole(folder / "search.html", page.render(search))


def conclude(search: Search, folder: Path, out: Console) -> int:
    """Write all that is known, print it, and return the exit code."""
    from jmxgen.search import words

    write(search, folder)
    click.echo(words.text(search), nl=False)
    out.print(f"report: {folder / 'search.html'}", markup=False, soft_wrap=True)
    if search.interrupted:
        return status.INTERRUPTED
    found = search.stop and search.stop.kind in ("goal", "limit") and search.holds
    return status.FINE if found else status.CRITERIA
