"""The report: one HTML file that needs nothing else, and whose first screen answers what happened."""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib.resources
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from jmxgen import __version__
from jmxgen.analysis import charts
from jmxgen.analysis.report import json, svg, words
from jmxgen.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    import jinja2

    from jmxgen.analysis.model import Analysis

_HEADINGS: Final = {
    "timeline": "Failure timeline",
    "threshold": "Closure rate against concurrency",
    "handshakes": "Handshakes asked for and admitted",
    "ages": "Ages and idle times at closure",
    "sessions": "First and last lost connections",
    "latency": "Answer times",
}
# What of a scenario may stand in a report. Headers and payloads may not: they carry secrets.
_SETTINGS: Final = ("name", "load", "reconnect", "keep_alive", "criteria")
_TARGET_SETTINGS: Final = ("connect_timeout", "read_timeout")


def render(analysis: Analysis) -> str:
    """Return the report as one HTML document with inline SVG, CSS and script.

    Its Content-Security-Policy lets nothing be loaded and nothing run but the script and style that it holds.
    All text of results and scenarios is escaped.
    """
    style, script = _file("report.css"), _file("report.js")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            policy=_policy(style, script),
            style=style,
            script=script,
            version=__version__,
            run=analysis.results,
            counts=analysis.counts,
            verdict=analysis.verdict,
            hypotheses=analysis.hypotheses,
            labels=_labels(analysis),
            charts=list(_charts(analysis)),
            at_concurrency=words.at_concurrency(analysis),
            rows=_rows(analysis),
            handshake_kinds=words.kinds(analysis.counts.handshake_kinds, analysis.counts.statuses, {}),
            data_kinds=words.kinds(analysis.counts.data_kinds, {}, analysis.counts.codes),
            settings=list(_settings(analysis)),
            start=json.iso(analysis.results.start_ms),
            words=words,
        )
    )


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("jmxgen", "templates/report"),
        autoescape=True,  # the default would not know report.html.j2
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["line"] = lambda text: one_line(str(text))
    environment.filters["number"] = lambda value: words.number(float(value))
    environment.filters["percent"] = words.percent
    return environment


@functools.cache
def _file(name: str) -> Any:
    """Return a part of the report as it is shipped, marked as safe: it holds nothing of a run."""
    import markupsafe

    shipped = importlib.resources.files("jmxgen").joinpath("templates", "report", name)
    return markupsafe.Markup(shipped.read_text("utf-8"))  # noqa: S704


def _policy(style: str, script: str) -> str:
    return (
        "default-src 'none'; "
        f"style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _charts(analysis: Analysis) -> Iterator[dict[str, Any]]:
    import markupsafe

    for kind in charts.kinds(analysis):
        described = charts.describe(analysis, kind)
        pictures = {}
        for name, narrow in (("wide", False), ("narrow", True)):
            drawn = charts.draw(analysis, kind, "svg", heading=False, narrow=narrow)
            key = f"{kind}-{name}"
            picture = svg.inline(drawn, key=key, title=_HEADINGS[kind], description=described)
            # Made by lxml from matplotlib's elements: text in it is escaped.
            pictures[name] = markupsafe.Markup(picture)  # noqa: S704
        yield {"kind": kind, "heading": _HEADINGS[kind], "described": described, **pictures}


def _labels(analysis: Analysis) -> list[dict[str, Any]]:
    labels = analysis.results.labels.sort_values("samples", ascending=False, kind="stable")
    return [{str(name): value for name, value in row.items()} for row in labels.to_dict("records")]


def _rows(analysis: Analysis) -> list[tuple[str, int, str]]:
    """Return what JMeter's errors are made of: (name, rows, what it means)."""
    results, counts = analysis.results, analysis.counts
    parts = [
        ("Closures", counts.handshake + counts.data, "the first row that noticed the end of a connection"),
        ("Aftermath", results.aftermath, "rows that only repeat an earlier closure, on a dead socket"),
        ("Stalls", results.stalls, "no answer in time, on a connection that lived on"),
        ("Unattributed", results.unattributed, "rows that can't be tied to a phase"),
    ]
    other = max(results.errors - sum(n for _, n, _ in parts), 0)
    parts.append(("Other errors", other, "transactions that repeat a sample, assertions, other samplers"))
    return [part for part in parts if part[1]]


def _settings(analysis: Analysis) -> Iterator[tuple[str, str]]:
    results = analysis.results
    yield "Result files", ", ".join(one_line(name) for name in results.files)
    yield "Rows", f"{results.rows:,} read, {sum(results.skipped_rows.values()):,} skipped"
    for reason, n in results.skipped_rows.items():
        yield "Skipped", f"{n:,}: {one_line(reason)}"
    plugins = ", ".join(one_line(name) for name in results.dialects)
    yield "Sampler rows of", plugins or "no known WebSocket plugin"
    scenario = results.scenario or {}
    target = scenario.get("target")
    if isinstance(target, Mapping):
        yield from _flat("target", {k: target[k] for k in _TARGET_SETTINGS if target.get(k) is not None})
    yield from _flat("", {key: scenario[key] for key in _SETTINGS if scenario.get(key) is not None})
    yield "Made by", f"jmxgen {__version__}"


def _flat(prefix: str, value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, item in value.items():
        name = f"{prefix}.{key}" if prefix else one_line(str(key))
        if isinstance(item, Mapping):
            yield from _flat(name, item)
        elif item is not None:
            yield name, one_line(", ".join(map(str, item)) if isinstance(item, (list, tuple)) else str(item))
