"""Next steps, chosen and worded for who reads them.

A reader whose plan jmxgen wrote changes a key of the scenario; any other changes an element of a JMeter plan.
Steps that use Genesys Cloud's API are for those who test Genesys Cloud.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST: Final = 3  # steps that are shown at first: more are not done
_GENESYS: Final = re.compile(
    r"genesys|purecloud|\bpure\.cloud\b|audiohook|\barchitect\b|\bgather input\b", re.IGNORECASE
)
_GENESYS_INTRODUCED: Final = "On Genesys Cloud: "


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """Something to do next, in the words of each reader; None where it is not for that reader."""

    text_for_scenario: str | None  # names keys of the scenario
    text_for_jmeter: str | None  # names elements of a JMeter plan
    genesys: bool = False  # uses Genesys Cloud's API
    asks_for_server_log: bool = False  # of no use to who gave it

    @classmethod
    def for_all(cls, text: str, *, genesys: bool = False, asks_for_server_log: bool = False) -> Step:
        """Return a step that is the same whoever wrote the plan."""
        return cls(text, text, genesys, asks_for_server_log)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Who reads the advice."""

    has_scenario: bool  # the plan is one of jmxgen's
    genesys: bool  # the system under test is Genesys Cloud
    has_server_log: bool = False  # it was given


def reader_of(scenario: Mapping[str, Any] | None, *, own_plan: bool, has_server_log: bool = False) -> Reader:
    """Return the reader of a run: by its scenario, whether jmxgen wrote its plan, and what else was given."""
    return Reader(
        has_scenario=bool(scenario) or own_plan,
        genesys=is_genesys(scenario),
        has_server_log=has_server_log,
    )


def is_genesys(scenario: Mapping[str, Any] | None) -> bool:
    """Say whether a scenario tests Genesys Cloud: by its name, description or target."""
    if not scenario:
        return False
    target = scenario.get("target")
    said = [scenario.get("name"), scenario.get("description")]
    if isinstance(target, dict):
        said += [target.get("url"), *(target.get("headers") or {})]
    return any(_GENESYS.search(str(text)) for text in said if text)


def for_reader(steps: Iterable[Step], reader: Reader) -> tuple[str, ...]:
    """Return the steps that are for a reader, in their order and each once; `MOST` are shown at first."""
    chosen: dict[str, None] = {}
    for step in steps:
        text = step.text_for_scenario if reader.has_scenario else step.text_for_jmeter
        given = step.asks_for_server_log and reader.has_server_log
        if text is not None and not given and (reader.genesys or not step.genesys):
            chosen.setdefault(_introduced(text) if step.genesys else text)
    return tuple(chosen)


def _introduced(text: str) -> str:
    """Return a step of Genesys Cloud's as such."""
    if "Genesys" in text[:40]:
        return text
    first = text[0] if text[:2].isupper() else text[0].lower()
    return f"{_GENESYS_INTRODUCED}{first}{text[1:]}"
