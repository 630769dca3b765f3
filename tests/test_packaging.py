"""What ships: the wheel holds what the repository tracks, and works away from it."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from jmxgen.cli.init import SAMPLES

ROOT = Path(__file__).parent.parent


def call(*words: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(w) for w in words], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    # The sdist first and the wheel from it: so a file that the sdist loses is missed here.
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    return next(out.glob("*.whl"))


def tracked(*folders: str) -> set[str]:
    names = call("git", "ls-files", "-z", "--", *folders, cwd=ROOT).split("\0")
    return {name for name in names if name and not (ROOT / name).is_symlink()}


def test_the_wheel_holds_just_the_tracked_files(wheel: Path) -> None:
    names = {n for n in zipfile.ZipFile(wheel).namelist() if not n.split("/")[0].endswith(".dist-info")}

    expected = tracked("jmxgen") | {f"jmxgen/{name}" for name in tracked("analysis", "templates")}
    expected |= {f"jmxgen/samples/{path}" for path in SAMPLES.values()}
    assert names == expected


def test_the_sdist_holds_the_tests_and_samples(wheel: Path) -> None:
    with tarfile.open(next(wheel.parent.glob("*.tar.gz"))) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}

    assert tracked("tests", "samples", "docs") <= names


@pytest.mark.timeout(900)
def test_the_installed_wheel_generates_and_analyses_in_another_folder(wheel: Path, tmp_path: Path) -> None:
    call(sys.executable, "-m", "venv", tmp_path / "env", cwd=tmp_path)
    binaries = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    call(
        binaries / "python", "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel, cwd=tmp_path
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    call(binaries / "jmxgen", "init", "scenario.yaml", cwd=elsewhere)
    call(binaries / "jmxgen", "generate", "scenario.yaml", "-o", "plan.jmx", cwd=elsewhere)
    shown = call(binaries / "jmxgen", "analyze", ROOT / "samples" / "cap.jtl", "-o", "out", cwd=elsewhere)

    assert (elsewhere / "plan.jmx").stat().st_size > 0
    assert (elsewhere / "plan.properties").stat().st_size > 0
    assert (elsewhere / "out" / "report.html").stat().st_size > 0
    assert "concurrency-cap" in shown
