"""What a search found, in words: one sentence, and a row for each probe."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from jmxgen.analysis import words
from jmxgen.search import causes, drift
from jmxgen.search.state import outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.search.model import Load, Probe
    from jmxgen.search.result import Search

_NO_CAUSE: Final = ("healthy", "unknown")
OUTCOMES: Final = {
    "holds": "holds",
    "clean": "no failure",  # too few trials to prove it by this run alone
    "undecided": "undecided",
    "fails": "FAILS",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """A probe in words."""

    number: str
    load: str
    purpose: str
    outcome: str
    handshake: str
    data: str
    peak: str
    cause: str
    took: str
    report: str  # the path of its report, relative to the search's


def sentence(search: Search) -> str:
    """Return what was found: "Holds 1,180 callers (3 of 3 runs), fails at 1,240 (concurrency cap), …"."""
    effort = [words.count(len(search.probes), "probe"), words.duration(round(search.seconds))]
    return words.shown(", ".join([*_found(search), *effort]))


def _found(search: Search) -> Iterator[str]:
    stop, last = search.stop, search.probes[-1] if search.probes else None
    if stop and last and stop.kind == "load-generator":
        yield f"The load generator gave way at {last.load} ({named(last)})"
    elif stop and last and stop.kind == "cause":
        blamed = next((p for p in reversed(search.probes) if causes.is_blamed(p)), last)
        yield f"Not a matter of capacity: {named(blamed)} at {blamed.load}"
    best, worst = search.holds, search.fails
    if best is not None:
        runs = words.count(len(search.runs(best)), "run")
        goal = ", the goal" if stop and stop.kind == "goal" else ""
        yield f"Holds {best}{goal} ({search.passed(best)} of {runs})"
    elif not stop or stop.kind not in ("cause", "load-generator"):
        yield "No load holds" if worst else "Nothing was found"
    if worst is not None and not (stop and stop.kind in ("cause", "load-generator")):
        yield f"fails at {_short(worst, best)} ({_why(search, worst)})"


def _short(worst: Load, best: Load | None) -> str:
    return f"{worst.callers:,}" if best is not None and worst.rate == best.rate else str(worst)


def _why(search: Search, load: Load) -> str:
    failed = [p for p in search.runs(load) if outcome([p], search.goal.demands) == "fails"]
    if not failed:
        return "undecided"
    if failed[-1].cause not in _NO_CAUSE:
        return named(failed[-1])
    above = [p for p in search.probes if p.load.callers > load.callers and p.cause not in _NO_CAUSE]
    nearest = min(above, key=lambda probe: probe.load.callers, default=None)
    more = f"; {named(nearest)} seen with {nearest.load}" if nearest else ""
    return f"{named(failed[-1])}{more}"


def named(probe: Probe) -> str:
    """Return a probe's cause as people say it, `concurrency cap`, else the criterion that it misses."""
    if probe.cause in _NO_CAUSE and probe.missed:
        return probe.missed[0].partition(" (")[0]
    return probe.cause.replace("-", " ")


def notes(search: Search) -> Iterator[str]:
    """Yield what to know beside the sentence."""
    if search.interrupted:
        yield f"interrupted: {search.interrupted}; --resume goes on"
    if search.stop and search.stop.words:
        yield search.stop.words
    if search.default_criteria:
        yield f"the scenario has no criteria; each probe is held to {' and '.join(search.criteria)}"
    best, worst = search.holds, search.fails
    if best and worst and any(causes.is_blamed(probe) for probe in search.runs(worst)):
        yield f"the verdict at {worst} is doubtful: fewer callers hold, so their number matters"
    if best is not None:
        peak = max(probe.peak_open for probe in search.runs(best))
        if peak < 0.9 * best.callers:
            what = words.count(peak, "connection")
            yield f"{best} had at most {what} open at once: between calls they have none"
    if said := drift.sentence(search.probes):
        yield said


def rows(search: Search) -> list[Row]:
    """Return each probe in words."""
    return [_row(number, probe, search) for number, probe in enumerate(search.probes, 1)]


def _row(number: int, probe: Probe, search: Search) -> Row:
    found = outcome([probe], search.goal.demands)
    shown = probe.cause if probe.cause not in _NO_CAUSE else ""
    because = [*probe.missed, *probe.not_judged][:1] if not shown else []
    return Row(
        number=str(number),
        load=str(probe.load),
        purpose=probe.purpose,
        outcome=OUTCOMES[found],
        handshake=f"{probe.handshake.failures:,} of {probe.handshake.trials:,}",
        data=f"{probe.data.failures:,} of {probe.data.trials:,}",
        peak=f"{probe.peak_open:,}",
        cause=words.shown(shown or (because[0] if because else "–")),
        took=words.duration(round(probe.seconds)),
        report=f"{probe.folder}/report.html",
    )


def text(search: Search) -> str:
    """Return the search as lines for a terminal."""
    head = Row(
        number="", load="load", purpose="why", outcome="outcome", handshake="handshakes failed",
        data="connections lost", peak="peak open", cause="cause", took="took", report="",
    )  # fmt: skip
    table = [head, *rows(search)]
    keys = ("number", "load", "outcome", "handshake", "data", "peak", "cause", "took", "purpose")
    right = {"number", "load", "handshake", "data", "peak", "took"}
    widths = {key: max(len(getattr(row, key)) for row in table) for key in keys}
    lines = [sentence(search), *(f"  {note}" for note in notes(search))]
    if not search.probes:
        return "\n".join(lines) + "\n"
    lines.append("")
    for row in table:
        cells = [
            getattr(row, key).rjust(widths[key]) if key in right else getattr(row, key).ljust(widths[key])
            for key in keys
        ]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return "\n".join(lines) + "\n"
