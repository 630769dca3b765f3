"""The Groovy scripts of templates/groovy, with what several of them share put in where they include it."""

from __future__ import annotations

import functools
from importlib import resources

import jinja2


@functools.cache
def script(name: str) -> str:
    """Return the text of the script `name`.groovy, ready for a plan."""
    return _environment().get_template(f"{name}.groovy").render()


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(_source),
        autoescape=False,  # noqa: S701 - Groovy, and no value goes in; the plan's own fragment escapes it
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )


def _source(name: str) -> str:
    return (resources.files("jmxgen.templates") / "groovy" / name).read_text(encoding="utf-8")
