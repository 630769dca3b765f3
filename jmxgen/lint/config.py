"""``[tool.jmxgen.lint]`` in the pyproject.toml nearest above the working folder."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jmxgen.errors import Place, UsageError
from jmxgen.lint import facts
from jmxgen.lint.facts import Facts
from jmxgen.spelling import did_you_mean

FAIL_ON = ("error", "warning", "info", "never")


@dataclasses.dataclass(frozen=True, slots=True)
class Config:
    """What the file says; for each setting there is an option on the command line, which wins."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str = "warning"
    facts: Facts = dataclasses.field(default_factory=Facts)


def find(folder: Path) -> Config:
    """Return the settings for a run in `folder`: of the nearest pyproject.toml, in it or above it.

    Raises:
        UsageError: the file is not TOML, or has a setting that lint doesn't know.
    """
    path = next((file for up in (folder, *folder.parents) if (file := up / "pyproject.toml").is_file()), None)
    if path is None:
        return Config()
    try:
        tool = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"can't be read: {error}", place=Place(path)) from error
    section = tool.get("jmxgen", {}).get("lint", {}) if isinstance(tool, Mapping) else {}
    return _config(section, path)


def _config(section: Mapping[str, Any], path: Path) -> Config:
    known = ["select", "ignore", "fail-on", "facts"]
    for key in section:
        if key not in known:
            hint = did_you_mean(key, known, f"one of {', '.join(known)}")
            raise UsageError(f"[tool.jmxgen.lint] has no setting {key!r}", place=Place(path), hint=hint)
    fail_on = str(section.get("fail-on", "warning"))
    if fail_on not in FAIL_ON:
        raise UsageError(
            f"fail-on = {fail_on!r} is not a severity", place=Place(path), hint=f"one of {', '.join(FAIL_ON)}"
        )
    stated = section.get("facts", {})
    if not isinstance(stated, Mapping):
        raise UsageError("[tool.jmxgen.lint] facts is not a table", place=Place(path))
    return Config(
        select=_words(section, "select", path),
        ignore=_words(section, "ignore", path),
        fail_on=fail_on,
        facts=facts.parse(stated),
    )


def _words(section: Mapping[str, Any], key: str, path: Path) -> tuple[str, ...]:
    value = section.get(key, [])
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise UsageError(
            f"[tool.jmxgen.lint] {key} is not a list of rules", place=Place(path), hint='["JX054"]'
        )
    return tuple(value)
