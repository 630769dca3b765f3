"""Plays the verdict of each recording back, and lists what came of it: docs/reference/reproductions.md.

    python benchmarks/reproduce.py [--jobs 2]     play what has not been played yet, then write the page
    python benchmarks/reproduce.py --page         only write the page

Each takes as long as its recording, and a real JMeter. Outcomes are kept in build/reproductions, so that a
run that was interrupted goes on where it ended; without its folder there, a recording is played again.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "build" / "reproductions"
PAGE = ROOT / "docs" / "reference" / "reproductions.md"
HEAD = """# Verdicts played back

`jmxgen reproduce` turns the verdict of a recording into faults of the simulator, which meet the recorded
load from a real JMeter. Here is what came of the recordings of the tree: {summary}.
*Alike* means the same cause again, and callers' first closures at the same times to within a second (a
two-sample Kolmogorov-Smirnov test, p at least 0.01, phase by phase).

What is not alike is not always a wrong verdict. A reproduction knows a run only by its verdict and a few
figures of its load: all its calls are about as long, its server is as fast as the simulator, and where a
verdict only bounds a limit, its middle is played. The machine counts, too: these were played on two cores
that did other work as well. It does show where a verdict explains too little of what was recorded.

Made by `python benchmarks/reproduce.py`.

| recording | verdict | faults | outcome |
|---|---|---|---|
"""


def main() -> None:
    """Play the recordings back and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time")
    parser.add_argument("--page", action="store_true", help="only write the page")
    asked = parser.parse_args()
    names = [path.relative_to(ROOT) for path in recordings()]
    if not asked.page:
        left = [name for name in names if not outcome_file(name).exists()]
        with concurrent.futures.ThreadPoolExecutor(asked.jobs) as pool:
            for name, said in zip(left, pool.map(play, left), strict=True):
                print(f"{name}: {said}", flush=True)
    write_page(names)


def recordings() -> list[Path]:
    """Return the recorded results of tests and samples; those in which something failed come first."""
    data = ROOT / "tests" / "data"
    found = [*data.glob("causes/*/*/results.*"), *data.glob("server_logs/*/results.*")]
    found += (ROOT / "samples").glob("*.jtl*")
    return sorted(found, key=lambda path: ("healthy" in path.parts, path))


def outcome_file(name: Path) -> Path:
    """Return where the outcome of a recording is kept."""
    folder = name.parent.name if name.name.startswith("results") else name.name.partition(".")[0]
    return KEPT / folder / "reproduce.json"


def play(name: Path) -> str:
    """Play a recording back, and return the outcome in words."""
    kept = outcome_file(name)
    shutil.rmtree(kept.parent, ignore_errors=True)
    words = [sys.executable, "-m", "jmxgen", "-q", "reproduce", str(ROOT / name), "-o", str(kept.parent)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT, timeout=900)
    return read(name)["outcome"] if kept.exists() else done.stderr.strip().splitlines()[-1]


def read(name: Path) -> dict[str, Any]:
    """Return the outcome of a recording, as `reproduce` wrote it."""
    found: dict[str, Any] = json.loads(outcome_file(name).read_text(encoding="utf-8"))
    return found


def write_page(names: list[Path]) -> None:
    """Write the page of all outcomes; a recording that was not played is said to be so."""
    played = {name: read(name) for name in names if outcome_file(name).exists()}
    counts = Counter(found["outcome"] for found in played.values())
    left = len(names) - len(played)
    summary = (
        f"of {len(names)}, {counts['alike']} are alike, {counts['not alike']} are not, "
        f"{counts['not played']} can't be played" + (f", {left} were not played yet" if left else "")
    )
    rows = [row(name, played.get(name)) for name in names]
    PAGE.write_text(HEAD.format(summary=summary) + "\n".join(rows) + "\n", encoding="utf-8")


def row(name: Path, found: dict[str, Any] | None) -> str:
    """Return a recording's row."""
    shown = name.parent.relative_to("tests/data") if name.name.startswith("results") else name
    shown = Path(*shown.parts[1:]) if shown.parts[0] == "causes" else shown
    if found is None:
        return f"| {shown} | | | not played yet |"
    faults = ", ".join(f"`{fault}`" for fault in found["faults"]) or "none"
    cells = [str(shown), found["recording"]["cause"], faults, in_words(found)]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def in_words(found: dict[str, Any]) -> str:
    """Return an outcome with its reason, without the phases in which hardly anything happened."""
    if found["outcome"] != "alike":
        return str(found["words"])
    tests = [f"{test['phase']}: p = {test['p']:.2g}" for test in found["tests"] if test["p"] is not None]
    return f"Alike ({', '.join(tests) or 'hardly any closures in either'})"


if __name__ == "__main__":
    main()
