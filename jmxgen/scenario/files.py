"""The files that a scenario names, seen from another folder."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from jmxgen.scenario.model import Scenario

if TYPE_CHECKING:
    from pathlib import Path


def rebased(scenario: Scenario, source: Path, target: Path) -> Scenario:
    """Return the scenario with its relative files named as from `target`, where the plan will lie.

    Paths with variables and absolute ones stay. Where the folders can't be related (two drives), paths become
    absolute. A secret's file is read from the scenario's folder, so it stays too.

    Args:
        scenario: as loaded.
        source: the scenario's folder.
        target: the plan's folder.
    """
    if source.resolve() == target.resolve():
        return scenario
    said: dict[str, Any] = scenario.model_dump(mode="json", by_alias=True, exclude_unset=True)
    for table in said.get("data", ()):
        table["csv"] = _moved(table["csv"], source, target)
    tls = said["target"].get("tls")
    if tls:
        tls["keystore"] = _moved(tls["keystore"], source, target)
    return Scenario.model_validate({**said, "call": _payloads_moved(said["call"], source, target)})


def _payloads_moved(value: Any, source: Path, target: Path) -> Any:
    if isinstance(value, list):
        return [_payloads_moved(item, source, target) for item in value]
    if not isinstance(value, dict):
        return value
    moved = {k: v if k == "headers" else _payloads_moved(v, source, target) for k, v in value.items()}
    if isinstance(moved.get("file"), str):
        moved["file"] = _moved(moved["file"], source, target)
    return moved


def _moved(path: str, source: Path, target: Path) -> str:
    if "${" in path or PurePath(path).is_absolute():
        return path
    file = source.resolve() / path
    try:
        return PurePath(os.path.relpath(file, target.resolve())).as_posix()
    except ValueError:
        return file.as_posix()
