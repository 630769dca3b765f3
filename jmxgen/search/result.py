"""A search as a value: its goal, every probe, what it ended with; and how it goes to JSON and back."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import TYPE_CHECKING, Any, Final

from jmxgen.errors import Place, ResultError
from jmxgen.search import bounds, drift
from jmxgen.search.model import Demand, Goal, Load, Probe, Stop, Trials
from jmxgen.search.state import View, outcome

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA: Final = "jmxgen.search/1"
FILE: Final = "search.json"
_MOST_CALLERS: Final = 1_000_000


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """The scenario that is probed, as the command line named it: what --resume goes on with."""

    path: str
    digest: str = ""  # SHA-256 of the scenario: probes of another are not of this search
    overrides: tuple[str, ...] = ()
    functions: bool = True
    budget_s: float | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """A search, ended or not.

    Attributes:
        name: the scenario's.
        target: its address, without anything secret.
        criteria: what each probe is held to.
        default_criteria: whether the scenario has none, and `trials.DEFAULT` took their place.
        checks: runs of a few callers between probes, which showed whether the server was itself again.
        stop: None while it goes on, and where it was interrupted.
        interrupted: why it ended early, "" where it did not.
        seconds: of all probes and checks.
    """

    source: Source
    name: str
    target: str
    goal: Goal
    criteria: tuple[str, ...]
    default_criteria: bool = False
    probes: tuple[Probe, ...] = ()
    checks: int = 0
    stop: Stop | None = None
    interrupted: str = ""
    seconds: float = 0.0

    @property
    def holds(self) -> Load | None:
        """The highest load that holds, or of which nothing failed."""
        return View(self.probes, self.goal).holding if self.probes else None

    @property
    def fails(self) -> Load | None:
        """The smallest load that fails."""
        return View(self.probes, self.goal).failing if self.probes else None

    def runs(self, load: Load) -> tuple[Probe, ...]:
        """Return the probes of a load."""
        return View(self.probes, self.goal).of(load)

    def passed(self, load: Load) -> int:
        """Return how many runs of a load didn't fail."""
        return sum(outcome([probe], self.goal.demands) != "fails" for probe in self.runs(load))


def render(search: Search) -> str:
    """Return a search as JSON text, version 1; unknown numbers are null."""
    stop = search.stop
    value = {
        "schema": SCHEMA,
        "source": dataclasses.asdict(search.source),
        "scenario": search.name,
        "target": search.target,
        "goal": dataclasses.asdict(search.goal),
        "criteria": list(search.criteria),
        "default_criteria": search.default_criteria,
        "outcome": stop.kind if stop else "interrupted" if search.interrupted else "running",
        "words": stop.words if stop else search.interrupted,
        "holds": _load(search, search.holds),
        "fails": _load(search, search.fails),
        "drift": drift.sentence(search.probes),
        "checks": search.checks,
        "seconds": round(search.seconds, 1),
        "probes": [_probe(probe, search) for probe in search.probes],
    }
    return json.dumps(value, indent=2, allow_nan=False) + "\n"


def _load(search: Search, load: Load | None) -> dict[str, Any] | None:
    if load is None:
        return None
    return {**dataclasses.asdict(load), "runs": len(search.runs(load)), "passed": search.passed(load)}


def _probe(probe: Probe, search: Search) -> dict[str, Any]:
    bound = {
        phase: [bounds.lower(run.failures, run.trials), bounds.upper(run.failures, run.trials)]
        for phase in ("handshake", "data")
        for run in [probe.handshake if phase == "handshake" else probe.data]
    }
    value = dataclasses.asdict(probe) | {"outcome": outcome([probe], search.goal.demands), "bounds": bound}
    value["interval"] = [x if math.isfinite(x) else None for x in probe.interval] if probe.interval else None
    return value


def read(folder: Path) -> Search:
    """Return the search that a folder holds, to go on with it.

    Raises:
        ResultError: it holds none that can be read.
    """
    path = folder / FILE
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if value["schema"] != SCHEMA:
            raise ValueError(f"its schema is {value['schema']!r}, not {SCHEMA!r}")
        return _search(value)
    except OSError as error:
        hint = "--resume takes the folder of a search"
        raise ResultError(f"can't be read: {error.strerror}", place=Place(path), hint=hint) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ResultError(f"is not a search of this version: {error}", place=Place(path)) from error


def _search(value: dict[str, Any]) -> Search:
    source = {**value["source"], "overrides": tuple(value["source"]["overrides"])}
    goal = value["goal"]
    return Search(
        source=Source(**source),
        name=str(value["scenario"]),
        target=str(value["target"]),
        goal=Goal(**{**goal, "demands": tuple(Demand(**demand) for demand in goal["demands"])}),
        criteria=tuple(map(str, value["criteria"])),
        default_criteria=bool(value["default_criteria"]),
        probes=tuple(_read_probe(dict(probe)) for probe in value["probes"]),
        checks=int(value["checks"]),
        seconds=float(value["seconds"]),
    )


def _read_probe(value: dict[str, Any]) -> Probe:
    del value["outcome"], value["bounds"]
    low_high = value["interval"]
    load = Load(**value["load"])
    if not 1 <= load.callers <= _MOST_CALLERS or not (load.rate is None or load.rate > 0):
        raise ValueError(f"no probe has a load of {load}")
    return Probe(
        **{
            **value,
            "load": load,
            "handshake": _read_trials(value["handshake"]),
            "data": _read_trials(value["data"]),
            "missed": tuple(value["missed"]),
            "not_judged": tuple(value["not_judged"]),
            "interval": tuple(low_high) if low_high and None not in low_high else None,
        }
    )


def _read_trials(value: dict[str, Any]) -> Trials:
    found = Trials(**value)
    if not 0 <= found.failures <= found.trials:
        raise ValueError(f"{found.failures} of {found.trials} trials can't have failed")
    return found
