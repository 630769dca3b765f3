"""One probe of a search: the scenario at a load in a real JMeter, analysed, with its own report."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from typing import TYPE_CHECKING, Final

from jmxgen.errors import JMeterError, JmxgenError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from rich.console import Console

    from jmxgen.cli.prepare import Prepared
    from jmxgen.cli.running import Team
    from jmxgen.jmeter.home import Home
    from jmxgen.jmeter.run import OnPoll, Outcome
    from jmxgen.scenario.model import Scenario
    from jmxgen.search.model import Load, Probe, Try

_WAITS_S: Final = (0, 5, 10, 20, 40, 60, 60, 60)  # before each check whether the server is itself again
_MOST_CHECKING: Final = 10  # callers


class InterruptedSearchError(JmxgenError):
    """The user stopped a probe: its run is kept, and doesn't count."""

    exit_status = 130


@dataclasses.dataclass(frozen=True, kw_only=True)
class Prober:
    """Runs a scenario at loads.

    Attributes:
        path: the scenario.
        folder: the search's; each probe has its own in it.
        overrides: of the command line.
        criteria: what each run is held to.
    """

    path: Path
    folder: Path
    scenario: Scenario
    overrides: tuple[str, ...]
    functions: bool
    properties: Mapping[str, str]
    criteria: tuple[str, ...]
    home: Home
    team: Team
    out: Console

    def probe(self, step: Try, number: int, hold_s: float) -> Probe:
        """Run a load and return what came of it.

        Raises:
            InterruptedSearchError: the user stopped it.
            RunFailedError: JMeter failed.
        """
        from jmxgen.analysis.report import checks
        from jmxgen.cli.analysis import analyse, write_all
        from jmxgen.search import length, trials

        name = f"probes/{number:02}-{step.load.callers}"
        place = self._free(name)
        began = time.monotonic()
        ready, outcome = self._run(place, length.overrides(self.scenario, step.load, hold_s))
        analysis = analyse([outcome.jtl], scenario=ready.scenario, log=outcome.log, quiet=self.out.quiet)
        analysis = checks.judged(analysis, must_hold=self.criteria)
        write_all(analysis, place, inputs=[outcome.jtl])
        return trials.of_run(
            analysis, step.load, step.purpose, seconds=time.monotonic() - began,
            folder=place.relative_to(self.folder).as_posix(),
        )  # fmt: skip

    def recover(self, load: Load) -> int:
        """Wait until a few callers, one after the other, pass; return how many checks that took.

        Raises:
            JMeterError: the server isn't itself again after minutes.
        """
        from jmxgen.analysis import words
        from jmxgen.search import length

        callers = max(1, min(_MOST_CHECKING, load.callers // 10))
        check = dataclasses.replace(load, callers=callers)
        changes = (*length.overrides(self.scenario, check, 1), "load.hold=", f"load.ramp_up={callers}s")
        away = ""
        for number, wait_s in enumerate(_WAITS_S, 1):
            if wait_s:
                self.out.print(f"the server isn't itself again: waiting {wait_s} s", markup=False)
                time.sleep(wait_s)
            away = self._away()
            if not away and self._passes(self._free(f"checks/{len(self._checks()) + 1:02}"), changes):
                return number
        still = away or f"{words.count(callers, 'caller')} at a time still fail after the last probe"
        raise JMeterError(
            f"the server isn't itself again: {still}", hint="restart it, then go on with --resume"
        )

    def _away(self) -> str:
        """Return why the target can't even be connected to, "" where it can: no run is needed to see that."""
        from jmxgen.cli import target

        if self.scenario.target.proxy is not None:
            return ""
        try:
            target.reach(target.of_scenario(self.scenario, self.properties, None).endpoints)
        except JMeterError as error:
            return error.faults[0].what
        return ""

    def _passes(self, place: Path, changes: tuple[str, ...]) -> bool:
        from jmxgen.analysis import reading
        from jmxgen.analysis.measures import counts
        from jmxgen.jmeter.folder import has_samples

        _, outcome = self._run(place, changes)
        if not has_samples(outcome.jtl):
            return False
        found = counts.count(reading.read([outcome.jtl]))
        return found.opened > 0 and not found.handshake + found.data

    def _checks(self) -> list[Path]:
        return sorted((self.folder / "checks").glob("*"))

    def _free(self, name: str) -> Path:
        from jmxgen.cli.prepare import next_free

        return next_free(str(self.folder / name))  # an interrupted probe's folder stays

    def _run(self, place: Path, changes: tuple[str, ...]) -> tuple[Prepared, Outcome]:
        from jmxgen.cli import prepare, running

        ready = prepare.from_scenario(
            self.path,
            place,
            self.properties,
            (*self.overrides, *changes),
            functions=self.functions,
            yes=True,
            elsewhere=bool(self.team.engines),
        )
        if self.team.engines:
            ready = prepare.for_engines(ready, place, self.team.engines, self.out)
        with self._watching(ready) as on_poll:
            outcome = running.run_prepared(
                ready, place, self.home, out=self.out, on_poll=on_poll, team=self.team
            )
        if outcome.stopped_by == "user":
            raise InterruptedSearchError(f"Ctrl-C or SIGTERM ended {place.relative_to(self.folder)}")
        return ready, outcome

    @contextlib.contextmanager
    def _watching(self, ready: Prepared) -> Iterator[OnPoll | None]:
        """Show the run's figures on a terminal; elsewhere a probe is one line."""
        from jmxgen.cli import live

        if not self.out.is_terminal or self.out.quiet:
            yield None
            return
        with live.watching(self.out, planned_s=live.planned_seconds(ready.scenario)) as on_poll:
            yield on_poll
