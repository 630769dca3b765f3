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
from jmxgen.analysis.model import Analysis, Hypothesis, Phase, Verdict
from jmxgen.simulator.runs import Fault
from tests import made
from tests.unit.analysis.simulated import Load, simulate

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
    "crash",
    "outage",
    "port-closed",
    "two-faults",
    "small",
    "2000-callers-for-an-hour",
)


def verdict(cause: str, phase: Phase, **evidence: Any) -> Verdict:
    return Verdict(
        cause=cause, side="server", phase=phase, confidence=0.9, finding=f"The finding of {cause}",
        evidence=evidence, advice=(),
    )  # fmt: skip


# Stories that no recording tells: a load, its faults, and the verdict that is right.
SIMULATED: dict[str, tuple[Load, tuple[str | Fault, ...], Verdict]] = {
    "crash": (
        Load(callers=60, ramp_s=10, length_s=40),
        (Fault(name="outage", values={"form": "refused", "at": 20.0, "lasts": None, "loses": "reset"}),),
        verdict("outage", "both", **{"from": "2026-05-28T20:27:00.000Z", "until": None}),
    ),
    "outage": (
        Load(callers=60, ramp_s=10, length_s=60),
        ("outage:at=20s,lasts=15s,form=502",),
        verdict(
            "outage", "handshake", **{"from": "2026-05-28T20:27:00.000Z", "until": "2026-05-28T20:27:15Z"}
        ),
    ),
    "port-closed": (
        Load(callers=20, ramp_s=5, length_s=20),
        (Fault(name="outage", values={"form": "refused", "at": 0.0, "lasts": None}),),
        verdict("outage", "handshake", **{"from": "2026-05-28T20:26:40.000Z", "until": None}),
    ),
    "two-faults": (
        Load(callers=80, ramp_s=15, length_s=60, think=(2.0, 14.0)),
        ("cap:limit=40", "idle:limit=10s"),
        dataclasses.replace(
            verdict("idle-timeout", "data", seconds=10.0, interval=[9.9, 10.1]),
            also=(
                Hypothesis(
                    cause="concurrency-cap",
                    side="server",
                    phase="handshake",
                    finding="The second finding",
                    evidence={"limit": 45, "interval": [41, 46]},
                ),
            ),
        ),
    ),
    "small": (
        Load(callers=5, ramp_s=5, length_s=20),
        ("cap:limit=3",),
        verdict("concurrency-cap", "handshake", limit=3, interval=[3, 3]),
    ),
}


def simulated(story: str) -> Analysis:
    load, faults, said = SIMULATED[story]
    read = simulate(*faults, load=load)
    return Analysis(run=read, counts=measures.count(read), verdict=said, hypotheses=())


def analysis(story: str) -> Analysis:
    if story == "2000-callers-for-an-hour":
        return made.long_cap()
    if story in SIMULATED:
        return simulated(story)
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
    drawn = charts.kinds(run)[0], "timeline", *(("threshold",) if run.verdict.also else ())
    for kind in dict.fromkeys(drawn):
        lines += ["", f"## {kind}", charts.describe(run, kind), *structure(charts.draw(run, kind, "svg"))]

    accepted(HERE / f"{story.rpartition('/')[2]}.txt", "\n".join(lines) + "\n")


def test_a_timeline_without_a_limit_differs_in_its_structure() -> None:
    run = analysis(STORIES[0])
    plain = dataclasses.replace(run, verdict=dataclasses.replace(run.verdict, evidence={}))

    with_limit, without = (list(structure(charts.draw(one, "timeline", "svg"))) for one in (run, plain))

    assert any("limit" in line for line in with_limit)
    assert not any("limit" in line for line in without)
