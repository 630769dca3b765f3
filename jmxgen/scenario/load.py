"""Scenario files -> `Scenario`: all that is wrong with a file, reported at once and in place."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from jmxgen.errors import Fault, Place, ScenarioError
from jmxgen.scenario import source, untrusted
from jmxgen.scenario.model import Scenario
from jmxgen.scenario.nodes import Node, Way, mapping, sequence
from jmxgen.scenario.sentences import complaints_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

MOST_FAULTS: Final = 100
_NO_STEP: Final = ("union_tag_not_found", "union_tag_invalid")


def load(path: Path, *, overrides: Iterable[str] = (), functions: bool = True) -> Scenario:
    """Read a scenario file.

    Args:
        path: a YAML file.
        overrides: `key.key=value` each; the value is read as YAML, null takes the key away.
        functions: False for a file from a stranger: JMeter functions in it are refused, and what else
            `untrusted` lists. Overrides are the user's own words.

    Raises:
        ScenarioError: with every fault of the file, each with its line and column.
    """
    return _scenario(source.read(path), tuple(overrides), functions=functions)


def loads(
    text: str | bytes, *, path: Path | str = "scenario", overrides: Iterable[str] = (), functions: bool = True
) -> Scenario:
    """Read a scenario from its YAML text; `path` is the name that faults bear. See `load`."""
    return _scenario(source.parse(text, path=path), tuple(overrides), functions=functions)


def _scenario(root: Node, overrides: Sequence[str], *, functions: bool) -> Scenario:
    refused = () if functions else tuple(untrusted.faults(root))
    if refused:
        raise ScenarioError.of(refused)
    for override in overrides:
        root = _overridden(root, override)
    if not isinstance(root.data, dict):
        raise ScenarioError(
            "a scenario is a mapping of keys to values", place=root.place, hint="see jmxgen init"
        )
    try:
        return Scenario.model_validate(root.data)
    except ValidationError as error:
        faults = [fault for details in error.errors(include_url=False) for fault in _faults(details, root)]
    ordered = sorted(
        dict.fromkeys(faults), key=lambda f: (f.place.line or 0, f.place.column or 0) if f.place else (0, 0)
    )
    more = len(ordered) - MOST_FAULTS
    if more > 0:
        ordered[MOST_FAULTS:] = [Fault(f"and {more} more errors", Place(root.place.path))]
    raise ScenarioError.of(ordered)


def _faults(details: ErrorDetails, root: Node) -> Iterable[Fault]:
    # A step's kind, which pydantic puts into the way as `<kind>`, is not a key of the file.
    here = tuple(step for step in details["loc"] if not (isinstance(step, str) and step.startswith("<")))
    for complaint in complaints_of(details):
        way = _existing(root, here + complaint.path)
        node, key = root.find(way)
        # An unknown key is named in the complaint: then the fault names the part that it stands in.
        stranger = details["type"] == "extra_forbidden" or (details["type"] in _NO_STEP and complaint.path)
        name = _dotted(here if details["type"] == "missing" else way[:-1] if stranger else way)
        place = key if stranger or details["type"] == "missing" else node.place
        yield Fault(f"{name}: {complaint.what}" if name else complaint.what, place, complaint.hint)


def _existing(root: Node, way: Way) -> Way:
    """Return the part of `way` that is written in the file."""
    node = root
    for index, step in enumerate(way):
        if step not in node.parts:
            return way[:index]
        node = node.parts[step]
    return way


def _dotted(way: Way) -> str:
    text = ""
    for step in way:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _overridden(root: Node, override: str) -> Node:
    name, equals, text = override.partition("=")
    place = Place("--set")
    way = tuple(int(part) if part.isdigit() and len(part) < 9 else part for part in name.strip().split("."))
    if not equals or "" in way:
        raise ScenarioError(
            f"{name!r}: an override is KEY.KEY=VALUE", place=place, hint="e.g. load.callers=2000"
        )
    value = source.parse(text, path=place.path) if text.strip() else Node(None, place)
    return _replaced(root, way, _placed(value, place), place)


def _placed(node: Node, place: Place) -> Node:
    """Return the node with the override's place throughout."""
    parts = {key: _placed(part, place) for key, part in node.parts.items()}
    return dataclasses.replace(node, place=place, parts=parts, keys=dict.fromkeys(node.keys, place))


def _replaced(node: Node, way: Way, value: Node, place: Place) -> Node:
    """Return the node with `value` at `way`; mappings on the way are made, list entries must exist."""
    if not way:
        return value
    step, rest = way[0], way[1:]
    parts = dict(node.parts)
    if isinstance(node.data, list):
        if step not in parts:
            raise ScenarioError(
                f"the list has no entry {step!r}", place=place, hint=f"it has {len(parts)}, from 0"
            )
        parts[step] = _replaced(parts[step], rest, value, place)
        return sequence(tuple(parts.values()), node.place)
    key = str(step)
    keys = {key: place, **node.keys} if rest else {**node.keys, key: place}
    parts[key] = _replaced(parts.get(key, Node(None, place)), rest, value, place)
    if not rest and value.data is None:
        del parts[key], keys[key]
    return mapping(parts, keys, node.place if isinstance(node.data, dict) else place)
