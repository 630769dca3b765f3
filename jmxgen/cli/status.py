"""The exit codes of all commands; docs/reference/exit-codes.md shows this table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FINE: Final = 0
FINDINGS: Final = 1
USAGE: Final = 2
RESULTS: Final = 3
JMETER: Final = 4
CRITERIA: Final = 99  # as k6 has it, so that a pipeline can distinguish missed criteria from a crash
INTERRUPTED: Final = 130  # 128 + SIGINT, as a shell has it

MEANINGS: Final[Mapping[int, str]] = {
    FINE: "The command did what was asked. Criteria, if there are any, are met.",
    FINDINGS: "`lint` found something at or above `--fail-on`, or `compare` found a regression.",
    USAGE: "The command line, scenario or plan is wrong.",
    RESULTS: "Results can't be read, or measure nothing: no WebSocket connection was attempted.",
    JMETER: "JMeter or its Java failed or is missing, or an output can't be written. Results stay.",
    CRITERIA: (
        "A criterion is missed or not judged, `--stop-on` ended the run, `search` found no limit, or a "
        "reproduction is not like its recording."
    ),
    INTERRUPTED: "Ctrl-C or SIGTERM ended the run early. What was measured is kept and marked as incomplete.",
}
