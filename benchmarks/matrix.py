"""Writes docs/reference/confusion-matrix.md: the verdicts on the recorded runs of every cause.

python benchmarks/matrix.py [--check]
"""

from __future__ import annotations

import argparse
import collections
import datetime as dt
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.recorded import Recorded, recordings
from jmxgen.cli.output import write_whole

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "confusion-matrix.md"

TEXT = """\
<!-- Written by `make matrix` (benchmarks/matrix.py): record or mend, then run it again. -->
# Confusion matrix

How often the verdict is right on runs of a real JMeter whose cause is known, because the
[simulator](simulator.md) was told to fail that way and logged each connection. All of it is in
`tests/data/causes`: results, the server's log, and what the verdict must say.
`python benchmarks/record_causes.py tests/data/causes` records it anew; `make matrix` judges it and writes
this page.

- **{named} of {runs}** verdicts name the true cause; {right} of them have the side, the phase and all
  estimates right as well.
- **{equal:,} of {attempts:,}** connections end as the server logged it: phase, kind, HTTP status, close code.

## Verdicts

{matrix}

## Each run

Estimates may be off by 5% (limits, times, numbers), 15% (rates) or 1 s (moments). `holds`: all that such
a plan can tell is an interval, which must hold the true value. ✗ marks a verdict that is wrong in any of it.

{details}
"""


def page(runs: list[Recorded]) -> str:
    """Return the page."""
    wrong = {run.name: run.wrong() for run in runs}
    return TEXT.format(
        named=sum(run.analysis.verdict.cause == run.expected["cause"] for run in runs),
        runs=len(runs),
        right=sum(not lines for lines in wrong.values()),
        equal=sum(run.server.agreements for run in runs),
        attempts=sum(len(run.truth) for run in runs),
        matrix="\n".join(_matrix(runs)),
        details="\n".join(_details(runs, wrong)),
    )


def _matrix(runs: list[Recorded]) -> list[str]:
    """Return the table: one row a true cause, one column a verdict that was given."""
    counts = collections.Counter((run.expected["cause"], run.analysis.verdict.cause) for run in runs)
    truths = list(dict.fromkeys(run.expected["cause"] for run in runs))
    said = [*truths, *sorted({verdict for _, verdict in counts} - set(truths))]
    lines = [
        "| truth \\ verdict | " + " | ".join(said) + " |",
        "|---|" + "--:|" * len(said),
    ]
    for truth in truths:
        cells = (_cell(counts[truth, verdict], truth == verdict) for verdict in said)
        lines.append(f"| `{truth}` | " + " | ".join(cells) + " |")
    return lines


def _cell(count: int, diagonal: bool) -> str:
    return "" if not count else f"**{count}**" if diagonal else str(count)


def _details(runs: list[Recorded], wrong: dict[str, list[str]]) -> list[str]:
    lines = [
        "| run | plan | faults | connections | equal | verdict | confidence | estimate | truth |",
        "|---|---|---|--:|--:|---|--:|---|---|",
    ]
    for run in runs:
        verdict, expected = run.analysis.verdict, run.expected
        faults = "<br>".join(f"`{fault}`" for fault in expected["faults"])
        known = expected["evidence"] if verdict.cause == expected["cause"] else {}
        mark = "" if not wrong[run.name] else " ✗"
        lines.append(
            f"| {run.name} | {expected['plan']} | {faults} | {len(run.truth):,} | "
            f"{run.server.agreements:,} | {verdict.cause}{mark} | {verdict.confidence:.2f} | "
            + "<br>".join(f"{key} {_shown(verdict.evidence.get(key))}" for key in known)
            + " | "
            + "<br>".join(_demand(key, demand) for key, demand in expected["evidence"].items())
            + " |"
        )
    return lines


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "–".join(_shown(part) for part in value)
    if isinstance(value, str) and value[:2] == "20" and "T" in value:
        return dt.datetime.fromisoformat(value).strftime("%H:%M:%S.%f")[:-5]
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def _demand(key: str, demand: dict[str, Any]) -> str:
    if "seconds" in demand:
        at = dt.datetime.fromtimestamp(demand["value"] / 1000, tz=dt.UTC)
        return f"{key} {at.strftime('%H:%M:%S.%f')[:-5]}"
    if "holds" in demand:
        return f"{key} holds {_shown(demand['holds'])}"
    return f"{key} {_shown(demand.get('value', demand.get('is')))}"


def main() -> int:
    """Write the page, or say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether the page is up to date")
    chosen = parser.parse_args()
    text = page(list(recordings()))
    if chosen.check:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text else 1
    write_whole(PAGE, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
