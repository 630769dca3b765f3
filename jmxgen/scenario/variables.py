"""The variables that a scenario uses and sets."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from jmxgen.spelling import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.scenario.model import Scenario

_USED: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_.]*)\}")
# Set by JMeter itself (user manual, "Predefined Variables"), or by the plan.
_GIVEN: Final = re.compile(r"__.*|ws_.*|(?:TEST)?START\.(?:MS|YMD|HMS)|JMeterThread\..*")


def unset(scenario: Scenario) -> dict[str, str | None]:
    """Return the variables that are used and set nowhere, each with the one that was likely meant.

    JMeter sends such a `${name}` as it is written. Where a CSV file's own first line names its variables,
    nothing can be said, and nothing is returned.
    """
    if any(not table.variables for table in scenario.data):
        return {}
    said = scenario.model_dump(mode="json", by_alias=True, exclude_unset=True)
    known = {name for table in scenario.data for name in table.variables} | set(_set_by(said["call"]))
    used = dict.fromkeys(_USED.findall(json.dumps(said, ensure_ascii=False)))
    return {name: nearest(name, known) for name in used if name not in known and not _GIVEN.fullmatch(name)}


def _set_by(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _set_by(item)
    elif isinstance(value, dict):
        if isinstance(value.get("set"), dict):
            yield value["set"]["variable"]
        for item in value.values():
            yield from _set_by(item)
