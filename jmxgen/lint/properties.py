"""Reading of JMeter's properties files: what a plan's own file says of the plugin and of the results."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jmxgen.errors import Place, UsageError

if TYPE_CHECKING:
    from pathlib import Path

_ENTRY = re.compile(r"\s*((?:[^\s=:\\]|\\.)+)\s*[=:\s]\s*(.*)")
_CONTINUED = re.compile(r"(?<!\\)((?:\\\\)*)\\\n[ \t\f]*")


def read(path: Path) -> dict[str, str]:
    """Return the entries of a Java properties file.

    Raises:
        UsageError: it can't be read.
    """
    try:
        text = path.read_text(encoding="latin-1")
    except OSError as error:
        raise UsageError(f"can't be read: {error.strerror or error}", place=Place(path)) from error
    lines = _CONTINUED.sub(r"\1", text.replace("\r\n", "\n")).split("\n")
    entries = (_ENTRY.fullmatch(line) for line in lines if not line.lstrip().startswith(("#", "!")))
    return {re.sub(r"\\(.)", r"\1", one[1]): one[2].strip() for one in entries if one is not None}


def beside(plan: Path) -> Path | None:
    """Return the properties file that goes with a plan, PLAN.properties, where there is one."""
    found = plan.with_suffix(".properties")
    return found if found.is_file() else None
