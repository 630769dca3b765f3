"""The faults, one module each. A new fault is one new file in this folder: it is found by discovery."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

from jmxgen.errors import UsageError
from jmxgen.simulator.faults.base import Fault
from jmxgen.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable


@functools.cache
def registry() -> dict[str, type[Fault]]:
    """Return the faults by the names that `--fault` knows them by."""
    found: dict[str, type[Fault]] = {}
    for module in pkgutil.iter_modules(__path__):
        content = vars(importlib.import_module(f"{__name__}.{module.name}"))
        for thing in content.values():
            if (
                isinstance(thing, type)
                and issubclass(thing, Fault)
                and thing.__module__ == content["__name__"]
            ):
                found |= {thing.name: thing} if thing is not Fault else {}
    return dict(sorted(found.items()))


def parse(text: str) -> Fault:
    """Return the fault of `NAME[:key=value[,key=value…]]`.

    Raises:
        UsageError: no such fault or key, a value that is none, or a key missing.
    """
    name, _, rest = text.partition(":")
    kind = registry().get(name)
    if kind is None:
        raise UsageError(f"no fault {name!r}", hint=_nearest(name, registry()))
    parsers = {field.name.replace("_", "-"): field for field in parameters(kind)}
    values: dict[str, Any] = {}
    for pair in rest.split(",") if rest else ():
        key, equals, value = pair.partition("=")
        field = parsers.get(key.replace("_", "-"))
        if field is None or not equals:
            raise UsageError(f"fault {name}: no key {key!r}", hint=_nearest(key, parsers))
        try:
            values[field.name] = field.metadata["parse"](value)
        except ValueError as error:
            raise UsageError(f"fault {name}: {key}={value} is not {error}") from error
    missing = [key for key, field in parsers.items() if _required(field) and field.name not in values]
    if missing:
        raise UsageError(f"fault {name}: {', '.join(missing)} missing", hint=f"as in {usage(kind)}")
    try:
        return kind(**values)
    except ValueError as error:
        raise UsageError(f"fault {name}: {error}") from error


def parse_all(texts: Iterable[str]) -> tuple[Fault, ...]:
    """Return the faults of several texts, in their order.

    Raises:
        UsageError: as `parse`, or a fault is given twice.
    """
    found: dict[str, Fault] = {}
    for text in texts:
        fault = parse(text)
        if fault.name in found:
            raise UsageError(f"fault {fault.name} is given twice", hint="one of a kind at a time")
        found[fault.name] = fault
    return tuple(found.values())


def parameters(kind: type[Fault]) -> list[dataclasses.Field[Any]]:
    """Return the parameters of a fault: the fields that can be given in its text."""
    own = kind.__annotations__  # dataclasses put the fields of the base class first
    return [
        field
        for name in own
        for field in dataclasses.fields(kind)
        if field.name == name and "parse" in field.metadata
    ]


def usage(kind: type[Fault]) -> str:
    """Return the fault's text with all its keys; those in brackets may be left out."""
    required = [f"{_key(field)}=…" for field in parameters(kind) if _required(field)]
    optional = [
        f"[,{_key(field)}={field.metadata['shown']}]" for field in parameters(kind) if not _required(field)
    ]
    if not required and optional:
        optional[0] = optional[0].replace("[,", "[", 1)
    return f"{kind.name}:{','.join(required)}{''.join(optional)}"


def _key(field: dataclasses.Field[Any]) -> str:
    return field.name.replace("_", "-")


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING


def _nearest(word: str, known: dict[str, Any]) -> str:
    return did_you_mean(word, known, f"known: {', '.join(known)}")
