"""Plays the verdict of each recording of the tests back, and lists what came of it: docs/reproductions.md.

    python benchmarks/reproduce.py [--each]      one recording of each cause, or all of them

Each takes as long as its recording, and a real JMeter.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
RECORDED = ROOT / "tests" / "data" / "causes"
PAGE = ROOT / "docs" / "reproductions.md"
HEAD = """# Verdicts played back

Made by `python benchmarks/reproduce.py`: the verdict of a recording becomes faults of the simulator, which
meet the recorded load from a real JMeter. Alike means: the same cause, and the times of callers' first
closures agree (two-sample Kolmogorov-Smirnov test, p at least 0.01, phase by phase). The reasons are those
that `jmxgen reproduce` prints.

| recording | outcome |
|---|---|
"""


def main() -> None:
    """Play the recordings back and write the page."""
    found = sorted(RECORDED.glob("*/*/results.jtl.gz"))
    if "--each" not in sys.argv:
        found = list({path.parents[1]: path for path in reversed(found)}.values())[::-1]
    rows = []
    for path in found:
        name = path.parent.relative_to(RECORDED).as_posix()
        rows.append(f"| {name} | {outcome(path)} |")
        print(rows[-1], flush=True)
    PAGE.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")


def outcome(path: Path) -> str:
    """Return what `jmxgen reproduce` says first of a recording."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "jmxgen", "-q", "reproduce", str(path), "-o", f"{folder}/out"]
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT, timeout=600)
    lines = (done.stdout or done.stderr).strip().splitlines()
    said = [line for line in lines if line.startswith(("Alike", "Not alike")) or "can't be played" in line]
    return "; ".join(said or lines[-1:]).replace("|", "/")


if __name__ == "__main__":
    main()
