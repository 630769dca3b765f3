"""What the HTML pages share: templates, style, and a policy that lets nothing else in."""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib.resources
import re
from typing import TYPE_CHECKING, Any, Final

from jmxgen import __version__
from jmxgen.analysis import words

if TYPE_CHECKING:
    import jinja2


def render(template: str, **values: Any) -> str:
    """Return a page of templates/report as one HTML document with inline style and script.

    Its Content-Security-Policy lets nothing be loaded and nothing run but the script and style that it holds.
    All values are escaped but those that are marked as safe.
    """
    style, script = _file("report.css"), _file("report.js")
    policy = (
        "default-src 'none'; "
        f"style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    page = _environment().get_template(template)
    return page.render(policy=policy, style=style, script=script, version=__version__, words=words, **values)


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("jmxgen", "templates/report"),
        autoescape=True,  # the default would not know *.html.j2
        undefined=jinja2.StrictUndefined,
        finalize=_together,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["line"] = lambda text: words.shown(str(text))
    environment.filters["marked"] = _marked
    environment.filters["count"] = lambda value: f"{value:,}"
    environment.filters["number"] = lambda value: words.number(float(value))
    environment.filters["percent"] = words.percent
    return environment


_UNITS: Final = re.compile(r"(?<=\d) (?=(?:s|ms|min|h)\b)")


def _together(value: Any) -> Any:
    """Keep a number and its unit on one line; markup is left as it is."""
    return _UNITS.sub("\N{NO-BREAK SPACE}", value) if type(value) is str else value


def _marked(text: str) -> str:
    """Return text of jmxgen's own with what stands in backticks as code; the rest is escaped."""
    import markupsafe

    parts = words.shown(text).split("`")
    if len(parts) % 2 == 0:  # a lone backtick is a backtick
        return words.shown(text)
    code = markupsafe.Markup("<code>{}</code>")
    return markupsafe.Markup().join(
        code.format(part) if place % 2 else part for place, part in enumerate(parts)
    )


@functools.cache
def _file(name: str) -> Any:
    """Return a part of the page as it is shipped, marked as safe: it holds nothing of a run."""
    import markupsafe

    shipped = importlib.resources.files("jmxgen").joinpath("templates", "report", name)
    return markupsafe.Markup(shipped.read_text("utf-8"))  # noqa: S704


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
