"""docs/reference/scenario.md, written from the models: `python -m jmxgen.scenario.reference > …` updates it.

A test compares the page with what this makes, so a key can't be added, renamed or redefined without its page.
"""

from __future__ import annotations

import inspect
import json
import types
import typing
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from jmxgen.scenario.amounts import Duration, Rate, Size, Span, Written
from jmxgen.scenario.frames import Awaited, Exchange, Match, Payload
from jmxgen.scenario.model import Scenario
from jmxgen.scenario.steps import STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

_INTRO: Final = """\
<!-- Written by python -m jmxgen.scenario.reference from the models' own descriptions: change those. -->
# The scenario file

A scenario is one YAML file: who calls, whom, how, and what counts as passed. `jmxgen init` writes one to
start from, `jmxgen init --schema` prints the JSON schema for an editor, `jmxgen generate` makes a JMeter
plan of it. All that is wrong with a file is reported at once, each fault with its line and column; an unknown
key is a fault.

- **Durations** are `500ms`, `5s`, `1m30s`, `2h`; **ranges** `1s..3s`, drawn evenly each time; **rates**
  `20/s`, `10/min`, `600/h`.
- **Texts** may hold JMeter's variables and functions: `${caller}`, `${__UUID}`, `${__P(name,default)}`.
  They are filled in; all else, backslashes too, is sent as written. In double quotes YAML reads `\\0` and
  `\\x1e`: a STOMP or SignalR message may end so and stays text. `generate --no-functions` refuses
  functions, for scenarios from strangers.
- **YAML** is that of version 1.2: `yes` and `on` are texts, `08` is a number. Tags and merge keys (`<<`)
  are not read, aliases are. A file has at most 256 kB, 40 levels and 20,000 values.
- **Secrets** are never in a plan: headers and such write `${__P(name)}`, and `secrets` tells where the
  value comes from when the plan runs.
- The variables `${ws_id}` (unique for each attempt to connect), `${ws_conn}`, `${ws_attempt}` and
  `${ws_call}` are the plan's own and may be used; names with `ws_` can't be set.
- `--set load.callers=2000` says a key instead of the file; list entries count from 0: `call.0.listen=3s`.
"""

_KINDS: Final = {
    Duration: "duration",
    Span: "duration or range",
    Rate: "rate",
    Size: "size",
    str: "text",
    int: "whole number",
    bool: "true or false",
}


def render() -> str:
    """Return the page as Markdown."""
    parts = "".join(_part(way, model) for way, model in _parts((), Scenario))
    steps = "".join(_step(step) for step in STEPS)
    shared = "".join(_section(f"### {title}", model) for title, model in _SHARED.items())
    return (
        f"{_INTRO}\n{parts}## Steps\n\nEach step is a mapping with one key that names its kind, and "
        f"a `label` for its samples where the step's own words won't do.\n\n{steps}{shared}".rstrip()
        + "\n"
    )


_SHARED: Final[dict[str, type[BaseModel]]] = {"Payloads": Payload, "What a frame is held against": Match}


def _parts(way: tuple[str, ...], model: type[BaseModel]) -> Iterator[tuple[tuple[str, ...], type[BaseModel]]]:
    """Yield each part of the scenario with its way, the steps left out."""
    yield way, model
    for key, field in _fields(model):
        inner = _model_in(field.annotation)
        if inner and key != "call":
            several = "[]" if typing.get_origin(_bare(field.annotation)) is tuple else ""
            named = ".<name>" if typing.get_origin(_bare(field.annotation)) is dict else ""
            yield from _parts((*way, f"{key}{several}{named}"), inner)


def _part(way: tuple[str, ...], model: type[BaseModel]) -> str:
    return _section(f"## `{'.'.join(way)}`" if way else "## The whole", model)


def _step(step: type[BaseModel]) -> str:
    (key, field), *more = ((k, f) for k, f in _fields(step) if k != "label")
    inner = _bare(field.annotation)
    text = f"### {key}\n\n{_doc(step)}\n\n"
    if not (isinstance(inner, type) and issubclass(inner, BaseModel)) or inner is Payload:
        also = "".join(f"\n\nBeside it `{k}`, a {_kind(f.annotation)}: {f.description}" for k, f in more)
        return f"{text}{field.description} A {_kind(inner)}.{also}{_example(key, field)}\n\n"
    return f"{text}{_table(inner)}{_example(key, field)}\n\n"


def _example(key: str, field: FieldInfo) -> str:
    shown = json.dumps({key: field.examples[0]}, ensure_ascii=False) if field.examples else ""
    return f"\n\nFor example `- {shown}`" if shown else ""


def _section(title: str, model: type[BaseModel]) -> str:
    return f"{title}\n\n{_doc(model)}\n\n{_table(model)}\n\n"


def _doc(model: type[BaseModel]) -> str:
    return " ".join(inspect.cleandoc(model.__doc__ or "").split())


def _table(model: type[BaseModel]) -> str:
    rows = [_row(key, field) for key, field in _fields(model)]
    if model in (Awaited, Exchange):  # what a frame is held against has its own table
        rows = [
            _row(key, field) for key, field in _fields(model) if key not in {k for k, _ in _fields(Match)}
        ]
        rows.append("| `contains`, `regex`, `json`, `equals` | | | [what the frame is held against]"
                    "(#what-a-frame-is-held-against); none: any frame will do | |")  # fmt: skip
    return "\n".join(("| key | type | default | meaning | example |", "|---|---|---|---|---|", *rows))


def _row(key: str, field: FieldInfo) -> str:
    cells = (
        f"`{key}`", _kind(field.annotation) + _limits(field), _default(field), field.description or "",
        f"`{_plain(field.examples[0])}`" if field.examples else "",
    )  # fmt: skip
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _fields(model: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    return [(field.alias or name, field) for name, field in model.model_fields.items()]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "*required*"
    default = field.default_factory if field.default is PydanticUndefined else field.default
    if default is None or callable(default) or default in ((), ""):
        return ""
    return f"`{_plain(default)}`"


def _plain(value: Any) -> str:
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, str):
        return value
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _limits(field: FieldInfo) -> str:
    low = next((m.ge for m in field.metadata if getattr(m, "ge", None) is not None), None)
    high = next((m.le for m in field.metadata if getattr(m, "le", None) is not None), None)
    if low is None:
        return ""
    return f", {low:,} to {high:,}" if high is not None else f", {low:,} or more"


def _bare(annotation: Any) -> Any:
    """Return an annotation without Annotated and `| None`."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _bare(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        rest = [a for a in typing.get_args(annotation) if a is not type(None)]
        return _bare(rest[0]) if len(rest) == 1 else annotation
    return annotation


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the part that a field holds, be it one, a list or a mapping of them."""
    bare = _bare(annotation)
    if typing.get_origin(bare) in (tuple, dict):
        arguments = typing.get_args(bare)
        return _model_in(arguments[0] if typing.get_origin(bare) is tuple else arguments[1])
    return bare if isinstance(bare, type) and issubclass(bare, BaseModel) else None


def _kind(annotation: Any) -> str:
    bare = _bare(annotation)
    origin = typing.get_origin(bare)
    if origin is typing.Literal:
        return " | ".join(f"`{choice}`" for choice in typing.get_args(bare))
    if origin is tuple:
        return f"list of {_kind(typing.get_args(bare)[0])}"
    if origin is dict:
        return f"names to {_kind(typing.get_args(bare)[1])}"
    if origin in (typing.Union, types.UnionType):
        return "[steps](#steps)"
    if bare is Payload:
        return "[payload](#payloads)"
    return _KINDS.get(bare, "mapping")


if __name__ == "__main__":
    import sys

    sys.stdout.write(render())
