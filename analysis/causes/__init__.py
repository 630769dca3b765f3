"""Why connections end: one module a cause, each with a `weigh(facts) -> Finding | None`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.analysis.causes import concurrency_cap, healthy

if TYPE_CHECKING:
    from jmxgen.analysis.causes.base import Cause

CAUSES: Final[tuple[Cause, ...]] = (concurrency_cap, healthy)
