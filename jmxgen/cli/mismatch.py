"""Whether a scenario is the one that was run, as far as the results show it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from jmxgen.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jmxgen.analysis.model import Run
    from jmxgen.jmeter.record import Record
    from jmxgen.plan.model import Element
    from jmxgen.scenario.model import Scenario

_NAMED: Final = 3
_VARIABLE: Final = re.compile(r"\$\{.*?\}+")


def notes(run: Run, scenario: Scenario, records: Sequence[Record]) -> Iterator[str]:
    """Yield what differs between a scenario and a run: labels, callers, name, target.

    Args:
        run: what was observed.
        scenario: the scenario that is said to have been run.
        records: what `jmxgen run` left beside the results.
    """
    from jmxgen.analysis.measures import callers
    from jmxgen.analysis.report.scenario import address
    from jmxgen.plan.build import build

    seen = [str(label) for label in run.labels["label"]]
    strange = sorted(_unknown(seen, _names(build(scenario).tree)))
    if strange:
        named = ", ".join(repr(label) for label in strange[:_NAMED])
        more = ", …" if len(strange) > _NAMED else ""
        yield f"{len(strange)} of {len(seen)} labels are not those of its steps: {named}{more}"
    planned, reached = run.planned_callers, callers.count(run).reached
    if planned and reached > planned:
        yield f"it plans {planned:,} callers, and the results show {reached:,}"
    mine = {"name": scenario.name, "target": address(scenario.target.url)}
    for record in records:
        for key, recorded in (("name", record.scenario), ("target", record.target)):
            if recorded and recorded != mine[key]:
                yield f"its {key} is {mine[key]!r}, and {recorded!r} was run"


def warning(found: Iterable[str]) -> str | None:
    """Return what differs as one line, None where nothing does."""
    differences = "; ".join(found)
    return one_line(f"this scenario is not the one that was run: {differences}") if differences else None


def _names(element: Element) -> set[str]:
    """Return the names of an element and of all below it."""
    names = {element.name}
    for child in element.children:
        names |= _names(child)
    return names


def _unknown(labels: Iterable[str], names: Iterable[str]) -> set[str]:
    """Return the labels that no element can have written; a JMeter variable in a name is any text.

    Labels with an address in them are left out: JMeter names what a page embeds so.
    """
    parts = ([re.escape(part) for part in _VARIABLE.split(name)] for name in names)
    known = re.compile("|".join(".*".join(part) for part in parts), re.DOTALL)
    return {label for label in labels if "://" not in label and not known.fullmatch(label)}
