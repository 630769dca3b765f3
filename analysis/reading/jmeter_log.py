"""What a run's jmeter.log says of the machine and the versions: a results file has no word on them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_HEAD_BYTES: Final = 1 << 18  # JMeter logs all this before its first sample
_SOON_MS: Final = 3_600_000.0  # the first row comes that soon after the start, or the log is another run's

# What the log says -> where it says so.
_SAID: Final = {
    "JMeter": re.compile(r"\.JMeter: Version (\S+)"),
    "WebSocket samplers": re.compile(r"jmeter-websocket-samplers-([\w.-]+)\.jar"),
    "Java": re.compile(r"\.JMeter: java\.version=(\S+)"),
    "System": re.compile(r"\.JMeter: os\.name=([^\r\n]+)"),
    "Processors": re.compile(r"\.JMeter: Available Processors =(\d+)"),
    "Java's memory": re.compile(r"\.JMeter: Max memory\s*=(\d+)"),
}
_BEGAN: Final = re.compile(r"\.JMeter: Running test \((\d{10,16})\)")


def read(log: Path, start_ms: float) -> dict[str, str]:
    """Return what a run's jmeter.log says, nothing where it is missing or another run's.

    Args:
        log: the file.
        start_ms: when the first sample began, ms since the epoch.

    Returns:
        What it says, by its name for people: JMeter, WebSocket samplers, Java, System, Processors, Java's
        memory; each only where the log has it.
    """
    try:
        with log.open("rb") as file:
            head = file.read(_HEAD_BYTES).decode("utf-8", "replace")
    except OSError:
        return {}
    return said(head, start_ms)


def said(head: str, start_ms: float) -> dict[str, str]:
    """Return what the beginning of a jmeter.log says; see `read`."""
    began = _BEGAN.search(head)
    if began is None or not 0 <= start_ms - float(began[1]) <= _SOON_MS:
        return {}
    found = {name: match[1] for name, pattern in _SAID.items() if (match := pattern.search(head))}
    memory = found.get("Java's memory")
    return found | ({"Java's memory": f"{int(memory) >> 20:,} MiB"} if memory else {})
