"""Reading of JMeter's properties files: what a plan's own file says of the plugin and of the results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.errors import Place, UsageError
from jmxgen.jmx import java_properties

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> dict[str, str]:
    """Return the entries of a Java properties file.

    Raises:
        UsageError: it can't be read.
    """
    try:
        text = path.read_text(encoding="latin-1")
    except OSError as error:
        raise UsageError(f"can't be read: {error.strerror or error}", place=Place(path)) from error
    return {name: value.strip() for name, value in java_properties.parse(text).items()}


def beside(plan: Path) -> Path | None:
    """Return the properties file that goes with a plan, PLAN.properties, where there is one."""
    found = plan.with_suffix(".properties")
    return found if found.is_file() else None
