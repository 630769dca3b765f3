"""Recorded runs of every cause (tests/data/causes): read, judged, and held against what must be found."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jmxgen.analysis import metrics, reading, server_log
from jmxgen.analysis.model import Analysis, Verdict
from jmxgen.analysis.verdict import judge
from jmxgen.simulator.truth import TruthRow

DATA = Path(__file__).parents[1] / "tests" / "data" / "causes"


@dataclasses.dataclass(frozen=True)
class Recorded:
    """One recording: its folder, made by benchmarks/record_causes.py."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name, which says the fault and the style of the plan."""
        return self.folder.name

    @functools.cached_property
    def expected(self) -> dict[str, Any]:
        """What the verdict must say: cause, side, phase, evidence; and which plan met which faults."""
        found: dict[str, Any] = json.loads((self.folder / "expected.json").read_text(encoding="utf-8"))
        return found

    @functools.cached_property
    def truth(self) -> tuple[TruthRow, ...]:
        """What the server logged, a row per connection."""
        with gzip.open(self.folder / "truth.jsonl.gz", "rt", encoding="utf-8") as file:
            return tuple(TruthRow(**json.loads(line)) for line in file)

    @functools.cached_property
    def analysis(self) -> Analysis:
        """The verdict on the recorded results."""
        series = self.folder / "server.csv"
        return judge(
            reading.read(
                sorted(self.folder.glob("results.*")),
                metrics=metrics.read(series) if series.exists() else None,
            )
        )

    @functools.cached_property
    def server(self) -> server_log.ServerView:
        """What the server's log says of each connection."""
        return server_log.read(self.analysis.run.connections, [self.folder / "truth.jsonl.gz"])

    def wrong_cause(self) -> bool:
        """Return whether the verdict names another cause than the one that was recorded."""
        return self.analysis.verdict.cause != str(self.expected["cause"])

    def wrong_estimates(self) -> list[str]:
        """Return what a verdict of the right cause estimates wrongly, a line each."""
        if self.wrong_cause():
            return []
        verdict = self.analysis.verdict
        return [
            f"{key} is {verdict.evidence.get(key)}, not {demand}"
            for key, demand in self.expected["evidence"].items()
            if not meets(verdict, key, demand)
        ]


def meets(verdict: Verdict, key: str, demand: dict[str, Any]) -> bool:
    """Say whether a piece of evidence is as demanded: equal, near enough, or an interval around it."""
    found = verdict.evidence.get(key)
    if found is None:
        return False
    if "is" in demand:
        return bool(found == demand["is"])
    if "holds" in demand:
        return bool(found[0] <= demand["holds"] <= found[1])
    value = float(demand["value"])
    if "seconds" in demand:
        at = dt.datetime.fromisoformat(found).timestamp() * 1000
        return abs(at - value) <= 1000 * float(demand["seconds"])
    return abs(float(found) - value) <= float(demand["within"]) * value


def recordings(folder: Path = DATA) -> Iterator[Recorded]:
    """Return all recordings, by cause and name."""
    return (Recorded(path.parent) for path in sorted(folder.glob("*/*/expected.json")))
