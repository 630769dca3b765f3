"""What of a scenario may stand in a report: its name, and its target without anything secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jmxgen.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping


def name(scenario: Mapping[str, Any]) -> str:
    """Return the scenario's name."""
    return one_line(str(scenario.get("name") or "unnamed"))


def target(scenario: Mapping[str, Any]) -> str:
    """Return the address of the scenario's target, without user, password, query and fragment."""
    given = scenario.get("target")
    return one_line(address(str(given.get("url", "")))) if isinstance(given, dict) else ""


def address(url: str) -> str:
    """Return a URL without its user, password, query and fragment; JMeter's variables in it stay."""
    plain = url.partition("?")[0].partition("#")[0]
    scheme, slashes, rest = plain.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{path}" if slashes else plain
