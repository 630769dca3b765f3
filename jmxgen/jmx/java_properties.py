"""Java's .properties files, by the library javaproperties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import javaproperties

from jmxgen.errors import Place, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def read(path: Path) -> dict[str, str]:
    """Return what a properties file says.

    Raises:
        UsageError: it can't be read, or holds an escape that Java refuses.
    """
    try:
        return javaproperties.loads(path.read_text(encoding="latin-1"))
    except OSError as error:
        raise UsageError(f"can't be read: {error.strerror or error}", place=Place(path)) from error
    except javaproperties.InvalidUEscapeError as error:
        raise UsageError(f"is not a properties file: {error}", place=Place(path)) from error


def render(properties: Mapping[str, str]) -> str:
    """Write properties as ASCII lines `name=value`; any character may be in both."""
    return javaproperties.dumps(dict(properties), timestamp=False)
