"""Programs that tests run beside Python: a browser, a proxy, a display."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def program(*names: str) -> str:
    """Return the path of the first of these programs that is installed; skip the test where none can be.

    What is missing is installed by `make programs`, which knows the packages and needs root and apt. CI never
    skips: there a missing program is a failure.
    """
    if not any(map(shutil.which, names)):
        subprocess.run(["make", "--silent", "programs"], cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    for path in filter(None, map(shutil.which, names)):
        return path
    missing = f"{names[0]} is not installed: `make programs` as root, or your system's package"
    if os.environ.get("CI"):
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)
