"""Faults that come and go: a small YAML file, played from the first upgrade request on."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Any

from jmxgen.errors import Place, UsageError
from jmxgen.simulator import faults, values

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jmxgen.simulator.faults.base import Fault
    from jmxgen.simulator.simulator import Simulator


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class FaultChange:
    """What changes at one moment: faults end, then faults begin."""

    at: float  # seconds since the first upgrade request
    clear: tuple[str, ...] = ()
    set: tuple[Fault, ...] = ()


async def play(simulator: Simulator, changes: Sequence[FaultChange]) -> None:
    """Make the changes, each at its time, once the load has begun."""
    await simulator.load_begun.wait()
    begun = asyncio.get_running_loop().time()
    for change in sorted(changes, key=lambda change: change.at):
        await asyncio.sleep(begun + change.at - asyncio.get_running_loop().time())
        for name in change.clear:
            simulator.clear_fault(name)
        for fault in change.set:
            simulator.set_fault(fault)


def load(path: Path) -> tuple[FaultChange, ...]:
    """Return the changes of a timeline file: a list of `{at: 10s, set: [FAULT, …], clear: [NAME, …]}`.

    Raises:
        UsageError: the file can't be read, or an entry is none; it names the line.
    """
    import yaml

    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        entries = _entries(node, path)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"can't read the timeline: {error}", place=Place(path)) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Place(path, mark.line + 1, mark.column + 1) if mark else Place(path)
        raise UsageError(f"no YAML: {getattr(error, 'problem', error)}", place=place) from error
    return tuple(_change(entry, place) for entry, place in entries)


def _entries(node: Any, path: Path) -> list[tuple[Any, Place]]:
    """Return each entry's value and place."""
    import yaml

    if not isinstance(node, yaml.SequenceNode):
        raise UsageError("a timeline is a list of entries `- at: 10s`", place=Place(path, 1))
    return [
        (
            yaml.SafeLoader("").construct_document(entry),
            Place(path, entry.start_mark.line + 1, entry.start_mark.column + 1),
        )
        for entry in node.value
    ]


def _change(entry: Any, place: Place) -> FaultChange:
    if not isinstance(entry, dict) or "at" not in entry or set(entry) - {"at", "set", "clear"}:
        raise UsageError("an entry has `at`, and `set` or `clear`, and nothing else", place=place)
    try:
        at = values.duration(str(entry["at"]))
        started = tuple(faults.parse(text) for text in _texts(entry.get("set")))
    except ValueError as error:
        raise UsageError(f"at: {entry['at']} is not {error}", place=place) from error
    except UsageError as error:
        raise UsageError(error.faults[0].what, place=place, hint=error.faults[0].hint) from error
    cleared = _texts(entry.get("clear"))
    unknown = [name for name in cleared if name not in faults.registry()]
    if unknown:
        raise UsageError(f"no fault {unknown[0]!r} to clear", place=place)
    return FaultChange(at=at, clear=cleared, set=started)


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(text) for text in value) if isinstance(value, list) else (str(value),)
