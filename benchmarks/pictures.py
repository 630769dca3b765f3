"""Draws the pictures of the docs anew: docs/img/demo-timeline.png and docs/img/read-*.png.

    python benchmarks/pictures.py

The first is of `jmxgen demo` with a real JMeter, the others of recorded runs in tests/data/causes. Those of
the proof are drawn by proof.py.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.recorded import DATA, Recorded
from jmxgen.analysis import charts
from jmxgen.cli.output import write_whole

IMAGES: Final = Path(__file__).parents[1] / "docs" / "img"
# The kinds that docs/how-to/read-the-pictures.md explains, and a recording that each shows well.
READ: Final[dict[charts.Kind, str]] = {
    "threshold": "concurrency-cap/cap-eof-transaction-xml",
    "rate": "handshake-rate-limit/rate-429-generated",
    "idle": "idle-timeout/idle-eof-generated",
    "ages": "max-session-age/age-reset-generated",
    "leak": "leaked-sessions/leaks-implicit",
    "sessions": "mass-disconnect/mass-reset-generated",
}


def main() -> None:
    """Draw all of them."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "jmxgen", "demo", f"{folder}/demo"], check=True)
        write_whole(IMAGES / "demo-timeline.png", Path(folder, "demo", "timeline.png").read_bytes())
    for kind, name in READ.items():
        recorded = Recorded(DATA / name)
        if recorded.wrong_cause():
            sys.exit(
                f"{name} is taken for {recorded.analysis.verdict.cause}: choose a recording that shows {kind}"
            )
        write_whole(IMAGES / f"read-{kind}.png", charts.draw(recorded.analysis, kind, "png"))


if __name__ == "__main__":
    main()
