"""One plan for several engines, so that together they do what the plan says.

Every engine runs the whole plan with the same properties (`-G`). What differs is the property ``__jm.D_TG``,
which JMeter sets on each engine to the engine's own name (RemoteJMeterEngineImpl.rconfigure). So a number
that is to be divided becomes a property by the engine's name, and all engines get all of them.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Final

from jmxgen.errors import PlanError
from jmxgen.jmeter.callers import callers_of, number, settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jmxgen.jmx.tree import Node, Tree

_NAMED: Final = re.compile(r"\$\{__P\(([^,(){}]+)(?:,([^,(){}]*))?\)\}")
_RATE: Final = re.compile(r"\brate\(\s*(\$\{[^{}]*\}|[\d.]+)\s*/")


@dataclasses.dataclass(frozen=True, slots=True)
class DataFile:
    """A CSV file of which each engine is to have its part, so that no line is used on two."""

    number: int
    name: str  # as the plan says it, its properties filled in
    header: bool  # whether the first line is a header, not data
    quoted: bool  # whether a line end in quotes belongs to the value


@dataclasses.dataclass(frozen=True, slots=True)
class Shared:
    """A plan for engines, and the properties that give each its part.

    An engine reads the part of a data file that its property (`part_name`) names, or else the whole file.
    """

    plan: bytes
    properties: Mapping[str, str]
    data: tuple[DataFile, ...] = ()


def share(plan: Tree, engines: Sequence[str], properties: Mapping[str, str]) -> Shared:
    """Divide a plan's callers, arrivals and data between engines.

    Args:
        plan: the plan; its tree is changed.
        engines: their names, as given to JMeter.
        properties: what `-J` and property files say.

    Raises:
        PlanError: a number of callers that can't be known before the run can't be divided.
    """
    from lxml import etree

    parts = {"engines": str(len(engines))}
    handed = 0  # callers beyond an even share so far: who got one fewer comes next
    for index, group in enumerate(node for node in plan.live() if node.role == "group"):
        if group.kind == "OpenModelThreadGroup":
            _share_arrivals(group, len(engines), properties)
            continue
        if group.kind in {"SetupThreadGroup", "PostThreadGroup"}:
            continue  # each engine prepares and tidies for itself
        total = callers_of(group, properties)
        if total is None:
            hint = "write a number, or a property with a number as default: ${__P(callers,500)}"
            raise PlanError("these callers can't be shared between engines", place=group.place, hint=hint)
        for engine, part in zip(engines, split(total, len(engines), handed), strict=True):
            parts[f"callers.{index}.{engine}"] = str(part)
        handed += total % len(engines)
        threads = group.prop("ThreadGroup.num_threads")
        if threads is not None:
            threads.text = f"${{__P(callers.{index}.${{__P(__jm.D_TG,)}},0)}}"
    data = tuple(_share_data(plan, properties))
    return Shared(etree.tostring(plan.root, xml_declaration=True, encoding="UTF-8"), parts, data)


def split(total: int, parts: int, first: int = 0) -> list[int]:
    """Divide `total` into `parts` that differ by one at most; the larger begin at part `first` (modulo)."""
    whole, rest = divmod(total, parts)
    return [whole + ((index - first) % parts < rest) for index in range(parts)]


def _share_arrivals(group: Node, engines: int, properties: Mapping[str, str]) -> None:
    schedule = group.prop("OpenModelThreadGroup.schedule")
    if schedule is None:
        return

    variables = settings(group.tree)

    def part(found: re.Match[str]) -> str:
        rate = number(found[1], properties, variables)
        if rate is None:
            hint = "write a number, or a property with a number as default"
            raise PlanError("this rate can't be shared between engines", place=group.place, hint=hint)
        return f"rate({rate / engines:.9g}/"

    schedule.text = _RATE.sub(part, schedule.text or "")


# ------ Data files


def part_name(number: int, engine: str) -> str:
    """Return the property that names an engine's part of a data file."""
    return f"data.{number}.{engine}"


def split_lines(content: bytes, parts: int, *, header: bool, quoted: bool) -> list[bytes]:
    """Deal the lines of a CSV file out in turn; each part has the header, if there is one.

    Args:
        content: of the file, in an encoding that is ASCII where ASCII is (not UTF-16).
        parts: how many.
        header: whether the first line goes to all.
        quoted: whether a line end in quotes belongs to the value.
    """
    records = list(_records(content, quoted=quoted))
    first, rest = (records[:1], records[1:]) if header else ([], records)
    return [b"".join([*first, *rest[index::parts]]) for index in range(parts)]


def _records(content: bytes, *, quoted: bool) -> Iterator[bytes]:
    pending = b""
    for line in content.splitlines(keepends=True):
        pending += line
        if not quoted or pending.count(b'"') % 2 == 0:
            yield pending if pending.endswith((b"\n", b"\r")) else pending + b"\n"
            pending = b""
    if pending:
        yield pending


def _share_data(plan: Tree, properties: Mapping[str, str]) -> Iterator[DataFile]:
    for index, node in enumerate(node for node in plan.live() if node.kind == "CSVDataSet"):
        field = node.prop("filename")
        name = filled(node.text("filename"), properties)
        if field is None or name is None or node.text("shareMode") == "shareMode.thread":
            continue  # each thread reads all lines by itself: there is nothing to share
        original = (field.text or "").strip()
        if "," in re.sub(r"\$\{[^}]*\}", "", original):
            continue  # a comma would end the function's argument
        field.text = f"${{__P({part_name(index, '${__P(__jm.D_TG,)}')},{original})}}"
        header = node.flag("ignoreFirstLine") or not node.text("variableNames")
        yield DataFile(index, name, header, node.flag("quotedData"))


def filled(text: str, properties: Mapping[str, str]) -> str | None:
    """Return a text with the values of the properties in it, None where more of JMeter's is in it."""
    done = _NAMED.sub(lambda found: properties.get(found[1], found[2] or ""), text)
    return None if "${" in done else done
