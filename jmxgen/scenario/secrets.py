"""The values of a scenario's secrets, from the environment or from files that only their owner reads.

They go to JMeter as a property file (`-q`) with tight permissions, never as `-J`: a process list shows those.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Final

from jmxgen.errors import Fault, Place, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jmxgen.scenario.target import Secret

MAX_BYTES: Final = 64 * 1024


def resolve(secrets: Mapping[str, Secret], *, folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets' values by name, which is also the name of their JMeter property.

    Args:
        secrets: those of a scenario.
        folder: the scenario's folder, where relative files are looked for.
        environment: `os.environ`.

    Raises:
        ScenarioError: with a fault for each one that is missing, empty, or readable by others.
    """
    values: dict[str, str] = {}
    faults: list[Fault] = []
    for name, secret in secrets.items():
        found = (
            _from_file(name, folder / secret.file)
            if secret.file
            else _from_environment(name, secret, environment)
        )
        if isinstance(found, Fault):
            faults.append(found)
        else:
            values[name] = found
    if faults:
        raise ScenarioError.of(faults)
    return values


def _from_environment(name: str, secret: Secret, environment: Mapping[str, str]) -> str | Fault:
    value = environment.get(secret.env or "", "")
    return value or Fault(
        f"the secret {name!r} has no value", hint=f"set the environment variable {secret.env}"
    )


def _from_file(name: str, path: Path) -> str | Fault:
    place = Place(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES)
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no such path"
        return Fault(f"can't read the secret {name!r}: {reason}", place)
    if stat.S_IMODE(mode) & 0o077:
        return Fault(f"others can read the secret {name!r}", place, f"chmod 600 {path.name}")
    try:
        line = content.decode("utf-8-sig").partition("\n")[0].strip()
    except UnicodeDecodeError:
        return Fault(f"the secret {name!r} is no UTF-8 text", place)
    return line or Fault(f"the secret {name!r} is empty", place)
