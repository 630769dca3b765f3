"""The JSON of Genesys Cloud's analytics queries: aggregates, observations, activity.

All of them answer {"results": [{"group": {…}, "data": […]}]}. In aggregates each of `data` has an interval
and metrics with stats.count; in observations each is a metric with stats.count, in activity one with count.
Groups are added up.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

from jmxgen.analysis.metrics.times import to_ms
from jmxgen.errors import Place, ResultError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What counts sessions that go on, then what counts them as they begin.
METRICS: Final = ("oFlow", "oInteracting", "oActive", "nFlow", "nConversations", "nConnected", "nOffered")
_TIMES: Final = ("time", "timestamp", "at", "date", "queriedAt", "polledAt", "observationDate", "eventTime")
_DEEPEST: Final = 4
_MOST: Final = 2**53  # no count is larger; an integer of hundreds of digits does not fit a float


def parse(text: str, *, path: Path | str, metric: str | None = None) -> list[tuple[float, float]]:
    """Return (ms since the epoch, value) of the JSON text of one or more answers.

    Args:
        text: a JSON value, or one a line.
        path: for the errors.
        metric: the metric wanted; else the first of METRICS that occurs, else the only one.

    Raises:
        ResultError: no JSON, not an answer of these queries, several unknown metrics, or no times.
    """
    found: dict[str, dict[float, float]] = {}
    try:
        for answer in _values(text, path):
            for name, at, value in _points(answer, math.nan, 0):
                series = found.setdefault(name, {})
                series[at] = series.get(at, 0.0) + value
    except RecursionError as error:
        raise ResultError("nested too deep to be an answer of Genesys", place=Place(path)) from error
    name = _choose(found, metric, path)
    rows = [(at, value) for at, value in found[name].items() if math.isfinite(at)]
    if not rows:
        raise ResultError(
            f"the values of {name} carry no time",
            place=Place(path),
            hint='write each poll with its time, as in {"time": "…", "response": {"results": …}}',
        )
    return rows


def _values(text: str, path: Path | str) -> Iterator[Any]:
    """Yield the JSON values of a text: the whole, the items of an array, or one a line."""
    try:
        whole = json.loads(text)
    except ValueError:
        pass
    else:
        yield from whole if isinstance(whole, list) else [whole]
        return
    lines = [line for line in text.splitlines() if line.strip()]
    for number, line in enumerate(lines, 1):
        try:
            yield json.loads(line)
        except ValueError as error:
            if number == len(lines) > 1:  # a torn last line
                return
            raise ResultError(f"no JSON: {error}", place=Place(path, number)) from error


def _points(answer: Any, at: float, depth: int) -> Iterator[tuple[str, float, float]]:
    """Yield (metric, ms, value) of an answer, wherever its results lie under a few wrappers."""
    if not isinstance(answer, dict) or depth > _DEEPEST:
        return
    at = next(
        (to_ms(str(answer[key])) for key in _TIMES if isinstance(answer.get(key), (str, int, float))), at
    )
    run = answer.get("results")
    if isinstance(run, list):
        for group in run:
            for item in _list(group, "data"):
                yield from _datum(item, at)
        return
    for inner in answer.values():
        yield from _points(inner, at, depth + 1)


def _datum(item: Any, at: float) -> Iterator[tuple[str, float, float]]:
    if not isinstance(item, dict):
        return
    if "metrics" in item:  # an aggregate: {"interval": "from/to", "metrics": […]}
        start, _, end = str(item.get("interval", "")).partition("/")
        begins, ends = to_ms(start), to_ms(end)
        middle = (begins + ends) / 2 if math.isfinite(ends) else begins
        for inner in _list(item, "metrics"):
            yield from _datum(inner, middle)
        return
    stats = item.get("stats")
    held: dict[str, Any] = stats if isinstance(stats, dict) else item
    value = held.get("count", held.get("current"))
    if (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and isinstance(item.get("metric"), str)
    ):
        yield item["metric"], at, float(value) if abs(value) < _MOST else math.nan


def _list(value: Any, key: str) -> list[Any]:
    items = value.get(key) if isinstance(value, dict) else None
    return items if isinstance(items, list) else []


def _choose(found: dict[str, dict[float, float]], wanted: str | None, path: Path | str) -> str:
    if not found:
        raise ResultError(
            "no answer of an analytics query in it",
            place=Place(path),
            hint='expected {"results": [{"data": [{"metric": …',
        )
    known = next((name for name in (wanted, *METRICS) if name in found), None)
    if wanted is not None and known != wanted:
        raise ResultError(
            f"no metric {wanted!r}", place=Place(path), hint=f"found: {', '.join(sorted(found)[:8])}"
        )
    if known is None and len(found) > 1:
        raise ResultError(
            f"which of these metrics counts conversations: {', '.join(sorted(found)[:8])}?",
            place=Place(path),
            hint=f"one of {', '.join(METRICS)} is taken by itself",
        )
    return known or next(iter(found))
