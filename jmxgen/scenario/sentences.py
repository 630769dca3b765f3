"""pydantic's errors as plain sentences with hints."""

from __future__ import annotations

import types
import typing
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from jmxgen.scenario.faults import Complaint, WrongValueError
from jmxgen.scenario.model import Scenario
from jmxgen.scenario.steps import KINDS
from jmxgen.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic_core import ErrorDetails

_KINDS_OF_VALUE: Final = {
    "string_type": "a text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
    "tuple_type": "a list",
}


def complaints_of(error: ErrorDetails) -> tuple[Complaint, ...]:
    """Return what one of pydantic's errors says; each complaint's key leads on from the error's place."""
    kind, context = error["type"], error.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, WrongValueError):
        return cause.complaints
    if kind == "extra_forbidden":
        return (unknown_key(tuple(error["loc"])),)
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return (unknown_step(error["input"]),)
    if kind == "too_short" and len(error["input"]) >= context["min_length"]:
        return ()  # pydantic counts the entries without fault; those with a fault are reported already
    if kind in _KINDS_OF_VALUE:
        return (_wrong_kind(_KINDS_OF_VALUE[kind], error["input"]),)
    return (Complaint(*_limits(kind, context)),)


def _wrong_kind(wanted: str, value: object) -> Complaint:
    hint = None
    if wanted == "a text" and isinstance(value, bool | int | float):
        hint = "quote it"
    elif isinstance(value, str) and "${" in value:
        hint = "JMeter's variables can't stand here; set it as a property when the plan runs, with -J"
    elif isinstance(value, str) and wanted in ("a whole number", "true or false"):
        hint = "write it without quotes"
    elif wanted == "a list":
        hint = "begin each entry with -, or write [a, b]"
    return Complaint(f"this must be {wanted}, not {_kind_of(value)}", hint)


def _kind_of(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    kinds = {str: "a text", int: "a whole number", float: "a number", dict: "a mapping", list: "a list"}
    return kinds.get(type(value), "that")


def _limits(kind: str, context: Mapping[str, Any]) -> tuple[str, str | None]:  # noqa: PLR0911 - a table
    """Return sentence and hint for a missing key, a choice or a limit."""
    match kind:
        case "missing":
            return "this key is missing", None
        case "literal_error":
            return f"this must be {context['expected'].replace(chr(39), '')}", None
        case "greater_than_equal":
            return f"this must be {context['ge']} or more", None
        case "less_than_equal":
            return f"this must be {context['le']} or less", None
        case "too_short" | "string_too_short":
            return f"at least {context['min_length']} is needed here", None
        case "too_long" | "string_too_long":
            return f"this is too long: {context['max_length']} at most", None
        case "string_pattern_mismatch":
            return "this has characters that can't stand here", f"it must match {context['pattern']}"
        case _:
            return f"this can't be read ({kind})", None


def unknown_step(value: object) -> Complaint:
    """Return what is wrong with a step that names no kind, or several."""
    known = ", ".join(KINDS)
    if isinstance(value, str) and value in KINDS:
        return Complaint("a step is a mapping", f"write `{value}:`")
    if not isinstance(value, dict):
        return Complaint("a step is a mapping with one key", f"one of {known}")
    kinds = [key for key in value if key in KINDS]
    if len(kinds) > 1:
        return Complaint(
            f"this step is {' and '.join(kinds)} at once", "begin the next step with -", kinds[1]
        )
    unknown = [key for key in value if key != "label"]
    if not unknown:
        return Complaint("this step does nothing", f"add one of {known}")
    hint = did_you_mean(str(unknown[0]), KINDS, f"steps are {known}")
    return Complaint(f"unknown step {str(unknown[0])[:60]!r}", hint, unknown[0])


def unknown_key(way: tuple[str | int, ...]) -> Complaint:
    """Return the complaint about a key that no model knows, with the key that was likely meant."""
    key = str(way[-1])
    known = _keys(_model_at(way[:-1]))
    if elsewhere := _elsewhere(key):
        hint = f"did you mean {elsewhere}?"
    else:
        hint = did_you_mean(key, known, f"known here: {', '.join(known)}")
    return Complaint(f"unknown key {key[:60]!r}", hint)


def _keys(model: type[BaseModel] | None) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _elsewhere(key: str) -> str | None:
    """Return where a key belongs that stands in the wrong part."""
    if key in _keys(Scenario):
        return f"{key} at the top"
    for part in _keys(Scenario):
        if key in _keys(_model_at((part,))):
            return f"{part}.{key}"
    return f"the step {key!r}" if key in KINDS else None


def _model_at(way: Iterable[str | int]) -> type[BaseModel] | None:
    """Return the model that stands at a place of the scenario; pydantic puts a step's kind into `<>`."""
    here: Any = Scenario
    for step in way:
        if isinstance(step, str) and step.startswith("<"):
            here = KINDS.get(step.strip("<>"))
        elif isinstance(here, type) and issubclass(here, BaseModel):
            fields = {field.alias or name: field for name, field in here.model_fields.items()}
            here = _core(fields[str(step)].annotation) if step in fields else None
        else:
            here = _inner(here)
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None


def _core(annotation: Any) -> Any:
    """Return an annotation without Annotated and `| None`."""
    while True:
        origin = typing.get_origin(annotation)
        if origin is typing.Annotated:
            annotation = typing.get_args(annotation)[0]
        elif origin in (typing.Union, types.UnionType):
            rest = [a for a in typing.get_args(annotation) if a is not type(None)]
            if len(rest) != 1:
                return annotation
            annotation = rest[0]
        else:
            return annotation


def _inner(annotation: Any) -> Any:
    """Return what a list or mapping holds."""
    arguments = typing.get_args(annotation)
    if not arguments:
        return None
    return _core(arguments[1] if typing.get_origin(annotation) is dict else arguments[0])
