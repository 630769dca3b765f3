"""The properties that a plan runs with: what its own file says of the plugin and of the results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.jmx import java_properties

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> dict[str, str]:
    """Return the entries of a Java properties file.

    Raises:
        UsageError: it can't be read.
    """
    return {name: value.strip() for name, value in java_properties.read(path).items()}


def beside(plan: Path) -> Path | None:
    """Return the properties file that goes with a plan, PLAN.properties, where there is one."""
    found = plan.with_suffix(".properties")
    return found if found.is_file() else None
