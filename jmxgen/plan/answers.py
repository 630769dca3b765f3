"""What is taken from answers: which samples may have been the last answer before a step, and what it takes.

JMeter's post-processors stand under the sample that they look at. So what an `if` or a `set` wants is put
under every sample that can be the last one with an answer when the caller comes to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.errors import ScenarioError
from jmxgen.plan.model import Assertion, Element, JsonExtractor, RegexExtractor
from jmxgen.plan.texts import literal_regex, verbatim, verbatim_regex
from jmxgen.scenario.steps import Expect, Http, If, Repeat, Request, Set, Stream

if TYPE_CHECKING:
    from jmxgen.plan.labels import Labelled, Steps

_NOTHING: Final = "__nothing__"


class Answers:
    """Which post-processors stand under which step, by the step's number."""

    def __init__(self, steps: Steps) -> None:
        self._takers: dict[int, dict[int, Labelled]] = {}
        self._http: set[int] = set()
        self._follow(steps, frozenset())

    def extractors(self, step: Labelled) -> tuple[Element, ...]:
        """Return what stands under the sample of a step whose answer later steps look at."""
        found: list[Element] = []
        for taker in self._takers.get(step.number, {}).values():
            match taker.step:
                case Set():
                    found += _set(taker.step.set)
                case If():
                    found += _choice(taker.step.condition, taker.number)
        return tuple(found)

    def _follow(self, steps: Steps, last: frozenset[int]) -> frozenset[int]:
        """Walk the steps with the numbers of those that may have answered last; return them after it."""
        for step in steps:
            match step.step:
                case Expect() | Request() | Http():
                    if isinstance(step.step, Http):
                        self._http.add(step.number)
                    last = frozenset({step.number})
                case Stream() if step.step.stream.until is not None:
                    last = frozenset({step.number})
                case Set() if step.step.set.value is None:
                    self._take(step, last)
                case If():
                    self._take(step, last)
                    last = self._follow(step.then, last) | self._follow(step.otherwise, last)
                case Repeat():
                    again = self._follow(step.then, last)
                    last = self._follow(step.then, last | again)
        return last

    def _take(self, taker: Labelled, producers: frozenset[int]) -> None:
        source = taker.step.set if isinstance(taker.step, Set) else None
        if source and (source.header or source.cookie) and not producers <= self._http:
            raise ScenarioError(
                "a header or cookie comes with an http step's answer, and here another was the last",
                hint="put the set right after the http step",
            )
        if not producers:
            raise ScenarioError(
                f"nothing has been received yet that this {taker.step.kind!r} could look at",
                hint="put an expect, a request or an http step before it",
            )
        for producer in producers:
            self._takers.setdefault(producer, {})[taker.number] = taker


def when(number: int) -> str:
    """Return the condition of an `if` by its number."""
    return f"${{ws_if_{number}}}"


def when_not(number: int) -> str:
    """Return the opposite of `when`."""
    return f"${{ws_else_{number}}}"


def _set(source: Set.Source) -> list[Element]:
    name, default = source.variable, _NOTHING if source.default is None else verbatim(source.default)
    extractor: Element
    if source.header is not None or source.cookie is not None:
        extractor = RegexExtractor(
            name=f"{name} is taken",
            variable=name,
            regex=_header_regex(source),
            template="$1$",
            default=default,
            headers=True,
        )
    elif source.regex is not None:
        extractor = RegexExtractor(
            name=f"{name} is taken",
            variable=name,
            regex=verbatim_regex(source.regex),
            template=f"${source.group}$",
            default=default,
        )
    else:
        extractor = JsonExtractor(
            name=f"{name} is taken", variable=name, path=verbatim(source.json_path or ""), default=default
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


def _header_regex(source: Set.Source) -> str:
    if source.header is not None:
        return rf"(?im)^{literal_regex(source.header)}:[ \t]*([^\r\n]*)"
    return rf"(?im)^Set-Cookie:[ \t]*{literal_regex(source.cookie or '')}=([^;\r\n]*)"


def _choice(choice: If.Choice, number: int) -> list[Element]:
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
        regex = (
            verbatim_regex(choice.regex) if choice.regex is not None else literal_regex(choice.contains or "")
        )
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
