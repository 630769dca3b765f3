"""What the pictures of recorded runs say, and where their marks stand: structure, not pixels.

The verdict is that of `expected.json`, so that only a change of the pictures changes what is accepted here.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from jmxgen.analysis import charts, measures, metrics, reading
from jmxgen.analysis.model import Analysis, Verdict

HERE = Path(__file__).parent
RECORDINGS = HERE.parents[1] / "data" / "causes"
SVG = "{http://www.w3.org/2000/svg}"
STEP = 5  # points: marks that move by less look the same
STORIES = (
    "concurrency-cap/cap-503-generated",
    "handshake-rate-limit/rate-429-generated",
    "idle-timeout/idle-eof-generated",
    "max-session-age/age-reset-generated",
    "leaked-sessions/leaks-implicit",
    "mass-disconnect/mass-reset-generated",
    "processing-bottleneck/workers-generated-metrics",
    "reconnect-storm/storm-generated-no-jitter",
    "stall/silence-generated",
    "healthy/healthy-03",
)


def analysis(story: str) -> Analysis:
    folder = RECORDINGS / story
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    series = folder / "server.csv"
    read = reading.read(
        sorted(folder.glob("results.*")), metrics=metrics.read(series) if series.exists() else None
    )
    verdict = Verdict(
        cause=expected["cause"], side=expected["side"], phase=expected["phase"], confidence=0.9,
        finding=f"The finding of {story}", evidence=dict(evidence(expected["evidence"])), advice=(),
    )  # fmt: skip
    return Analysis(run=read, counts=measures.count(read), verdict=verdict, hypotheses=())


def evidence(expected: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, demand in expected.items():
        if "holds" not in demand:
            value = demand.get("value", demand.get("is"))
            at = "seconds" in demand  # a moment
            yield key, dt.datetime.fromtimestamp(value / 1000, dt.UTC).isoformat() if at else value


def structure(picture: bytes) -> Iterator[str]:
    """Yield the texts and the broken lines with their places, and how many marks of each colour there are."""
    root = etree.fromstring(picture)
    marks: collections.Counter[str] = collections.Counter()
    for element in root.iter(f"{SVG}text", f"{SVG}path", f"{SVG}use"):
        style = element.get("style", "")
        if element.tag == f"{SVG}text":
            x, y = place(element.get("transform", ""), element)
            yield f"{x:4d} {y:4d}  {''.join(element.itertext())}"
        elif element.tag == f"{SVG}use":
            marks[re.sub(r".*?fill: (#\w+).*|.*", r"\1", style, flags=re.DOTALL) or "line"] += 1
        elif "stroke-dasharray" in style:
            numbers = [float(n) for n in re.findall(r"-?[\d.]+", element.get("d", ""))]
            if len(numbers) == 4:
                yield "line " + " ".join(f"{rounded(n)}" for n in numbers)
    yield ", ".join(f"{number} marks {colour}" for colour, number in sorted(marks.items()))


def place(transform: str, element: etree._Element) -> tuple[int, int]:
    found = re.search(r"translate\(([-\d.]+)[ ,]+([-\d.]+)\)", transform)
    x, y = found.groups() if found else (element.get("x", "0"), element.get("y", "0"))
    return rounded(float(x)), rounded(float(y))


def rounded(number: float) -> int:
    return STEP * round(number / STEP)


@pytest.mark.parametrize("story", STORIES)
def test_the_pictures_of_a_recorded_run_are_as_accepted(
    story: str, accepted: Callable[[Path, str], None]
) -> None:
    run = analysis(story)
    lines = [f"# {' '.join(charts.kinds(run))}"]
    for kind in dict.fromkeys((charts.kinds(run)[0], "timeline")):
        lines += ["", f"## {kind}", charts.describe(run, kind), *structure(charts.draw(run, kind, "svg"))]

    accepted(HERE / f"{story.rpartition('/')[2]}.txt", "\n".join(lines) + "\n")


def test_a_timeline_without_a_limit_differs_in_its_structure() -> None:
    run = analysis(STORIES[0])
    plain = dataclasses.replace(run, verdict=dataclasses.replace(run.verdict, evidence={}))

    with_limit, without = (list(structure(charts.draw(one, "timeline", "svg"))) for one in (run, plain))

    assert any("limit" in line for line in with_limit)
    assert not any("limit" in line for line in without)
