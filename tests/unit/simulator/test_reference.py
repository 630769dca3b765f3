"""docs/reference/simulator.md is what the simulator does."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from jmxgen.simulator import faults, metrics, protocols, truth

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "simulator.md"
HEAD = "| fault | what it does | cause in the analysis |\n|---|---|---|\n"


def test_the_table_of_faults_is_that_of_the_code(accepted: Callable[[Path, str], None]) -> None:
    rows = [
        f"| `{faults.usage(kind)}` | {(kind.__doc__ or '').partition(chr(10))[0]} | {named(kind.cause)} |\n"
        for kind in faults.registry().values()
    ]
    page = PAGE.read_text(encoding="utf-8")
    table = re.compile(r"(<!-- faults[^\n]*\n).*(<!-- end -->)", re.DOTALL)
    assert table.search(page)

    accepted(PAGE, table.sub(lambda found: found[1] + HEAD + "".join(rows) + found[2], page))


def test_every_protocol_key_and_figure_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert metrics.HEADER in page
    for name in (*protocols.registry(), *truth.FIELDS):
        assert f"`{name}`" in page


def named(cause: str) -> str:
    return f"`{cause}`" if cause else ""
