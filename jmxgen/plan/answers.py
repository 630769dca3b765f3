"""What is taken from answers: which samples may have been the last answer before a step, and what it takes.

JMeter's post-processors stand under the sample that they look at. So what an `if` or a `set` wants is put
under every sample that can be the last one with an answer when the caller comes to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from jmxgen.errors import ScenarioError
from jmxgen.plan.model import Assertion, Element, JsonExtractor, RegexExtractor
from jmxgen.plan.texts import literal_regex, verbatim, verbatim_regex

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOTHING: Final = "__nothing__"


class Answers:
    """Which post-processors stand under which step, by the step's `id()`."""

    def __init__(self, steps: Sequence[Any]) -> None:
        self._takers: dict[int, list[Any]] = {}
        self._numbers: dict[int, int] = {}
        self._follow(steps, frozenset())

    def extractors(self, step: Any) -> tuple[Element, ...]:
        """Return what stands under the sample of a step whose answer later steps look at."""
        found: list[Element] = []
        for taker in self._takers.get(id(step), ()):
            found += _set(taker.set) if taker.kind == "set" else _choice(taker.condition, self.number(taker))
        return tuple(found)

    def number(self, step: Any) -> int:
        """Return the number of an `if`, from 1, by which its variables are named."""
        return self._numbers.setdefault(id(step), len(self._numbers) + 1)

    def _follow(self, steps: Sequence[Any], last: frozenset[int]) -> frozenset[int]:
        """Walk the steps with the ids of those that may have answered last; return the same after them."""
        for step in steps:
            if step.kind in ("expect", "request", "http"):
                last = frozenset({id(step)})
            elif step.kind == "set" and step.set.value is None:
                self._take(step, last)
            elif step.kind == "if":
                self._take(step, last)
                branches = (step.condition.then, step.condition.otherwise)
                last = frozenset[int]().union(*(self._follow(branch, last) for branch in branches))
            elif step.kind == "repeat":
                again = self._follow(step.repeat.steps, last)
                last = self._follow(step.repeat.steps, last | again)
        return last

    def _take(self, taker: Any, producers: frozenset[int]) -> None:
        if not producers:
            raise ScenarioError(
                f"nothing has been received yet that this {taker.kind!r} could look at",
                hint="put an expect, a request or an http step before it",
            )
        for producer in producers:
            takers = self._takers.setdefault(producer, [])
            if not any(taker is known for known in takers):
                takers.append(taker)


def when(number: int) -> str:
    """Return the condition of an `if` by its number."""
    return f"${{ws_if_{number}}}"


def when_not(number: int) -> str:
    """Return the opposite of `when`."""
    return f"${{ws_else_{number}}}"


def _set(source: Any) -> list[Element]:
    name, default = source.variable, _NOTHING if source.default is None else verbatim(source.default)
    extractor: Element
    if source.regex is not None:
        extractor = RegexExtractor(
            name=f"{name} is taken",
            variable=name,
            regex=verbatim_regex(source.regex),
            template=f"${source.group}$",
            default=default,
        )
    else:
        extractor = JsonExtractor(
            name=f"{name} is taken", variable=name, path=verbatim(source.json_path), default=default
        )
    if source.default is not None:
        return [extractor]
    found = Assertion(
        name=f"{name} was found",
        subject="variable",
        variable=name,
        texts=(_NOTHING,),
        negated=True,
        message=f"nothing found for the variable {name}",
    )
    return [extractor, found]


def _choice(choice: Any, number: int) -> list[Element]:
    """Return the extractors that set ws_if_N and ws_else_N to true or false."""
    elements: list[Element] = []
    source, hit = "", ("true", "false")
    if choice.json_path is not None:
        source = f"ws_json_{number}"
        elements.append(
            JsonExtractor(
                name=f"if {number} looks at {choice.json_path}",
                variable=source,
                path=verbatim(choice.json_path),
                default=_NOTHING,
            )
        )
        regex = f"^{literal_regex(choice.equals)}$" if choice.equals is not None else f"^{_NOTHING}$"
        hit = hit if choice.equals is not None else ("false", "true")
    else:
        regex = verbatim_regex(choice.regex) if choice.regex is not None else literal_regex(choice.contains)
    yes, no = hit
    wanted = [("ws_if", yes, no)] + ([("ws_else", no, yes)] if choice.otherwise else [])
    elements += [
        RegexExtractor(
            name=f"{variable[3:]} {number}",
            variable=f"{variable}_{number}",
            regex=regex,
            template=template,
            default=default,
            source_variable=source,
        )
        for variable, template, default in wanted
    ]
    return elements
