"""Whole plans, compared with accepted ones. A script stands in them by its file's name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from jmxgen.jmx.properties import render_properties
from jmxgen.jmx.render import render
from jmxgen.jmx.scripts import script
from jmxgen.plan.build import build
from jmxgen.scenario.load import load

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/scenario.yaml"))


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: str(folder.name))
def test_a_scenario_becomes_the_accepted_plan(folder: Path, accepted: Callable[[Path, str], None]) -> None:
    plan = build(load(folder / "scenario.yaml"))

    accepted(folder / "plan.jmx", _without_scripts(render(plan)))
    accepted(folder / "plan.properties", render_properties(plan))


def _without_scripts(jmx: bytes) -> str:
    """Return the plan in its canonical form (C14N 2.0), each script replaced by its file's name."""
    scripts = {script(name): f"{name}.groovy" for name in ("caller", "messages", "setup", "stream")}
    root = etree.fromstring(jmx)
    for prop in root.iter("stringProp"):
        prop.text = scripts.get(prop.text or "", prop.text)
    return etree.tostring(root, method="c14n2").decode() + "\n"
