"""The report: one HTML file that needs nothing else, and whose first screen answers what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from jmxgen import __version__
from jmxgen.analysis import advice, charts, words
from jmxgen.analysis.measures import callers
from jmxgen.analysis.report import besides, checks, headline, page, scenario, server_log, svg
from jmxgen.units import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.analysis.model import Analysis

_HEADINGS: Final = {
    "timeline": "Timeline",
    "threshold": "Closures by open connections",
    "rate": "Handshakes attempted and accepted",
    "idle": "Idle time when lost",
    "ages": "Age when lost",
    "leak": "Open and abandoned connections",
    "sessions": "Connections one by one",
    "latency": "Answer times",
    "server": "Both sides' counts",
}
_MOST_LABELS: Final = 200
# What of a scenario may stand in a report. Headers and payloads may not: they carry secrets.
_SETTINGS: Final = ("name", "load", "reconnect", "keep_alive", "criteria")
_TARGET_SETTINGS: Final = ("connect_timeout", "read_timeout")


def render(analysis: Analysis) -> str:
    """Return the report as one HTML document; see `page.render` for what may run in it."""
    counts = analysis.counts
    return page.render(
        "report.html.j2",
        run=analysis.run,
        counts=counts,
        verdict=analysis.verdict,
        hypotheses=[*analysis.hypotheses[:1], *words.rivals(analysis)],
        labels=_labels(analysis)[:_MOST_LABELS],
        more_labels=max(len(analysis.run.labels) - _MOST_LABELS, 0),
        charts=list(_charts(analysis)),
        server=server_log.section(analysis),
        callers=words.callers(callers.count(analysis.run)),
        headline=headline,
        besides=besides,
        most_advice=advice.MOST,
        analysis=analysis,
        measured=checks.unmeasured(analysis) is None,
        given=_given(analysis),
        at_concurrency=words.at_concurrency(analysis),
        rows=_rows(analysis),
        handshake_kinds=words.kinds(counts.handshake_kinds, counts.statuses, {}),
        data_kinds=words.kinds(counts.data_kinds, {}, counts.codes),
        settings=list(_settings(analysis)),
        start=iso(analysis.run.start_ms),
    )


def _given(analysis: Analysis) -> dict[str, str] | None:
    """Return the scenario's name and target for the first screen, None where no scenario was given."""
    said = analysis.run.scenario
    return {"name": scenario.name(said), "target": scenario.target(said)} if said else None


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
    labels = analysis.run.labels.sort_values("samples", ascending=False, kind="stable")
    return [{str(name): value for name, value in row.items()} for row in labels.to_dict("records")]


def _rows(analysis: Analysis) -> list[tuple[str, int, str]]:
    """Return what JMeter's errors are made of: (name, rows, what it means)."""
    run, counts = analysis.run, analysis.counts
    parts = [
        ("Closures", counts.handshake + counts.data, "the first row that noticed the end of a connection"),
        ("Aftermath", run.aftermath, "rows that only repeat an earlier closure, on a dead socket"),
        ("Stalls", run.stalls, "no answer in time, and no closure seen"),
        ("Unattributed", run.unattributed, "rows that can't be tied to a phase"),
    ]
    other = max(run.errors - sum(n for _, n, _ in parts), 0)
    parts.append(("Other errors", other, "transactions that repeat a sample, assertions, other samplers"))
    return [part for part in parts if part[1]]


def _settings(analysis: Analysis) -> Iterator[tuple[str, str]]:
    run = analysis.run
    yield "Result files", ", ".join(words.shown(name) for name in run.files)
    yield "Rows", f"{run.rows:,} read, {sum(run.skipped_rows.values()):,} skipped"
    for reason, n in run.skipped_rows.items():
        yield "Skipped", f"{n:,}: {words.shown(reason)}"
    plugins = ", ".join(words.shown(name) for name in run.dialects)
    yield "WebSocket plugin", plugins or "none known"
    said = run.scenario or {}
    target = said.get("target")
    if isinstance(target, Mapping):
        yield from _flat("target", {k: target[k] for k in _TARGET_SETTINGS if target.get(k) is not None})
    yield from _flat("", {key: said[key] for key in _SETTINGS if said.get(key) is not None})
    for name, version in run.machine.items():
        yield name, words.shown(version)
    yield "Made by", f"jmxgen {__version__}"


def _flat(prefix: str, value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, item in value.items():
        name = f"{prefix}.{key}" if prefix else words.shown(str(key))
        if isinstance(item, Mapping):
            yield from _flat(name, item)
        elif item not in (None, [], ()):
            yield name, words.shown(_setting(item))


def _setting(item: Any) -> str:
    if isinstance(item, bool):
        return "yes" if item else "no"
    return ", ".join(map(_setting, item)) if isinstance(item, (list, tuple)) else str(item)
