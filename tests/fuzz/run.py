"""Coverage-guided fuzzing of one reader: `python tests/fuzz/run.py scenario --seconds 60`.

Needs atheris, which comes with the extra `dev` where it has a wheel. It starts from corpus/NAME, adds what
reaches new code there, and ends with a traceback and the input where a harness lets anything through but the
errors that a reader promises. In every test run `test_corpora.py` replays the corpora, without atheris, and
`test_live.py` fuzzes each reader for some seconds.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def main() -> None:
    """Fuzz until the time is over."""
    atheris: Any = importlib.import_module("atheris")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "name", choices=sorted(p.stem.removeprefix("harness_") for p in HERE.glob("harness_*.py"))
    )
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="default: corpus/NAME")
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    chosen = parser.parse_args()
    sys.path[:0] = [str(HERE), str(HERE.parent.parent)]
    with atheris.instrument_imports(include=["jmxgen"]):
        harness = importlib.import_module(f"harness_{chosen.name}")
        for path in sorted((HERE / "corpus" / chosen.name).iterdir()):
            harness.one_input(path.read_bytes())  # what is imported only when it is used is followed too
    corpus = chosen.corpus or HERE / "corpus" / chosen.name
    atheris.Setup(
        [
            sys.argv[0],
            f"-max_total_time={chosen.seconds}",
            f"-seed={chosen.seed}",
            "-max_len=8192",
            "-timeout=120",
            str(corpus),
        ],
        harness.one_input,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
