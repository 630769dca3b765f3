"""The waits of a call that can be changed in one place: each is a setting of the plan, with a -J name."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from jmxgen.plan.labels import labelled
from jmxgen.plan.model import Knob
from jmxgen.scenario.amounts import Span
from jmxgen.scenario.steps import Listen, Pause, Repeat

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jmxgen.plan.labels import Labelled, Steps
    from jmxgen.scenario.model import Scenario


@dataclasses.dataclass(frozen=True)
class Wait:
    """A `pause` or `listen` whose length is a setting of the plan, or two where it is drawn."""

    name: str  # what the settings' names begin with
    label: str
    low: int  # ms
    high: int

    @property
    def fixed(self) -> bool:
        """Whether there is nothing to draw."""
        return self.low == self.high

    @property
    def drawn(self) -> str:
        """The expression for its length in ms, drawn each time it is evaluated."""
        if self.fixed:
            return f"${{{self.name}_ms}}"
        return f"${{__Random(${{{self.name}_min_ms}},${{{self.name}_max_ms}})}}"

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """Its rows in the settings table."""
        if self.fixed:
            return (
                Knob(name=f"{self.name}_ms", default=str(self.low), meaning=f"ms, the wait: {self.label}"),
            )
        return (
            Knob(name=f"{self.name}_min_ms", default=str(self.low), meaning=f"ms, at least: {self.label}"),
            Knob(name=f"{self.name}_max_ms", default=str(self.high), meaning=f"ms, at most: {self.label}"),
        )

    def derived(self, slice_ms: int) -> tuple[tuple[str, str, str], ...]:
        """Return what follows from its settings where it is read in slices: name, value, description."""
        sure = f"${{{self.name}_ms}}" if self.fixed else f"${{{self.name}_min_ms}}"
        slices = f"({sure} + {slice_ms - 1}) / {slice_ms}"
        each = f"{sure} / ({sure} > 0 ? {slices} : 1)"
        found = [
            (
                f"{self.name}_slices",
                f"${{__jexl3({slices})}}",
                f"reads of at most {slice_ms} ms: {self.label}",
            ),
            (f"{self.name}_slice_ms", f"${{__jexl3({each})}}", "ms, each of them"),
        ]
        if not self.fixed:
            more = f"${{{self.name}_max_ms}} - {sure}"
            expression = f"${{__jexl3({more} > 0 ? {more} : 1)}}"
            found.append((f"{self.name}_more_ms", expression, "ms, at most, drawn and read after them"))
        return tuple(found)


def waits_of(scenario: Scenario) -> Mapping[int, Wait]:
    """Return the waits that are settings, by the number of their step.

    None where the scenario's own pings fall into waits: their places follow from its times.
    """
    steps = labelled(scenario.call)
    every = scenario.keep_alive.ping_every
    if every is not None and _longest(steps) >= every.ms:
        return {}
    found: dict[int, Wait] = {}
    names: set[str] = set()
    for step, span in _all(steps):
        name = _name(step, names)
        names.add(name)
        found[step.number] = Wait(name, step.label, span.low.ms, span.high.ms)
    return found


def _all(steps: Steps) -> Iterator[tuple[Labelled, Span]]:
    for step in steps:
        if span := _span(step):
            yield step, span
        yield from _all((*step.then, *step.otherwise))


def _span(step: Labelled) -> Span | None:
    match step.step:
        case Pause():
            return step.step.pause
        case Listen():
            return Span(step.step.listen, step.step.listen)
        case _:
            return None


def _longest(steps: Steps) -> int:
    """Return how long a caller can be quiet in these steps, in ms, if it sends nothing between its waits."""
    total = 0
    for step in steps:
        span = _span(step)
        total += span.high.ms if span else 0
        rounds = step.step.repeat.times if isinstance(step.step, Repeat) else 1
        total += rounds * _longest((*step.then, *step.otherwise))
    return total


def _name(step: Labelled, taken: set[str]) -> str:
    """Return a variable's name made of the step's label, that no other wait has."""
    name = re.sub(r"[^a-z0-9]+", "_", step.label.lower()).strip("_")
    if not name[:1].isalpha() or name.startswith("ws_"):
        name = f"wait_{name or step.number}"
    return name if name not in taken else f"{name}_{step.number}"
