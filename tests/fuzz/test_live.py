"""Each reader is fuzzed for a few seconds in every run, from where earlier runs have come.

With one seed, so that a run can be repeated; `run.py` without one looks further.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NAMES = sorted(path.stem.removeprefix("harness_") for path in HERE.glob("harness_*.py"))
SECONDS = 10


@pytest.mark.skipif(not importlib.util.find_spec("atheris"), reason="atheris has no wheel for this machine")
@pytest.mark.parametrize("name", NAMES)
def test_fuzzing_gets_nothing_through_a_reader(name: str, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    shutil.copytree(HERE / "corpus" / name, corpus)

    done = subprocess.run(
        [
            sys.executable,
            str(HERE / "run.py"),
            name,
            "--seconds",
            str(SECONDS),
            "--seed",
            "1",
            "--corpus",
            str(corpus),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert re.search(r"Done [1-9]\d* runs", done.stderr)
