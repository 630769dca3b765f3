"""Durations (`1m30s`), spans (`1s..3s`) and rates (`20/s`) as small values that print as they are written."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from jmxgen import units
from jmxgen.scenario.faults import wrong
from jmxgen.units import DURATION, RATE

if TYPE_CHECKING:
    from decimal import Decimal

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

LONGEST_MS: Final = 2**31 - 1  # JMeter keeps waits and timeouts as 32-bit numbers in places: 24 days


class Written:
    """A value that stands in a scenario as text, and takes part in pydantic's models."""

    pattern: ClassVar[str]
    examples: ClassVar[tuple[str, ...]]

    @classmethod
    def parse(cls, value: object) -> Self:
        """Return the value that `value` writes; a value of the class itself is returned as it is."""
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{cls.pattern}$", "examples": list(cls.examples)}


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Duration(Written):
    """A length of time in whole milliseconds."""

    ms: int

    pattern: ClassVar[str] = rf"(?=.){DURATION}"
    examples: ClassVar[tuple[str, ...]] = ("500ms", "5s", "1m30s")

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return self.ms / 1000

    @classmethod
    def parse(cls, value: object) -> Self:
        """Return the duration that a text such as `1m30s` writes."""
        if isinstance(value, cls):
            return value
        hint = "durations are written 500ms, 5s or 1m30s"
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise wrong("a duration needs a unit", hint)
        try:
            total = units.milliseconds(value if isinstance(value, str) else "")
        except ValueError:
            raise wrong(f"{_shown(value)} is not a duration", hint) from None
        if total > LONGEST_MS:
            raise wrong(f"{_shown(value)} is longer than JMeter can wait", "at most 24 days")
        if total != int(total):
            raise wrong(f"{_shown(value)} is not a whole number of milliseconds", hint)
        return cls(int(total))

    def __str__(self) -> str:
        rest, parts = self.ms, []
        for unit, size in units.MS.items():
            count, rest = divmod(rest, size)
            if count:
                parts.append(f"{count}{unit}")
        return "".join(parts) or "0s"


@dataclasses.dataclass(frozen=True, slots=True)
class Span(Written):
    """A length of time drawn anew each time, evenly between two durations; both equal for a fixed one."""

    low: Duration
    high: Duration

    pattern: ClassVar[str] = rf"(?=[0-9]){DURATION}(?:\s*\.\.\s*(?=[0-9]){DURATION})?"
    examples: ClassVar[tuple[str, ...]] = ("2s", "1s..3s")

    @property
    def fixed(self) -> bool:
        """Whether there is nothing to draw."""
        return self.low == self.high

    @classmethod
    def parse(cls, value: object) -> Self:
        """Return the span that a text such as `1s..3s` or `2s` writes."""
        if isinstance(value, cls):
            return value
        if isinstance(value, Duration):
            return cls(value, value)
        low, dots, high = value.partition("..") if isinstance(value, str) else (value, "", "")
        first = Duration.parse(low.strip() if isinstance(low, str) else low)
        last = Duration.parse(high.strip()) if dots else first
        if last < first:
            raise wrong(f"{_shown(value)} ends before it begins", f"write {last}..{first}")
        return cls(first, last)

    def __str__(self) -> str:
        return str(self.low) if self.fixed else f"{self.low}..{self.high}"


@dataclasses.dataclass(frozen=True, slots=True)
class Size(Written):
    """A number of bytes."""

    bytes: int

    pattern: ClassVar[str] = r"[0-9]{1,9}\s*(?:B|kB)"
    examples: ClassVar[tuple[str, ...]] = ("160B", "8kB")

    @classmethod
    def parse(cls, value: object) -> Self:
        """Return the size that a text such as `160B` or `8kB` writes: 1 B to 16 MB, a kB is 1,000 bytes."""
        if isinstance(value, cls):
            return value
        hint = "sizes are written 160B or 8kB"
        if not isinstance(value, str) or not re.fullmatch(cls.pattern, value):
            raise wrong(f"{_shown(value)} is not a size", hint)
        number, kilo = int(re.sub(r"\D", "", value)), value.endswith("kB")
        size = number * (1000 if kilo else 1)
        if not 1 <= size <= 16_000_000:
            raise wrong(f"{_shown(value)} is out of bounds", "a chunk has 1B to 16000kB")
        return cls(size)

    def __str__(self) -> str:
        return f"{self.bytes}B"


@dataclasses.dataclass(frozen=True, slots=True)
class Rate(Written):
    """So many a second, minute or hour."""

    count: Decimal
    unit: str  # s | min | h

    pattern: ClassVar[str] = RATE
    examples: ClassVar[tuple[str, ...]] = ("20/s", "10/min")

    @property
    def per_second(self) -> float:
        """The rate in 1/s."""
        return units.per_second(self.count, self.unit)

    @classmethod
    def parse(cls, value: object) -> Self:
        """Return the rate that a text such as `20/s` writes; it is above zero."""
        if isinstance(value, cls):
            return value
        hint = "rates are written 20/s, 10/min or 600/h"
        try:
            count, unit = units.rate(value if isinstance(value, str) else "")
        except ValueError:
            raise wrong(f"{_shown(value)} is not a rate", hint) from None
        if not count:
            raise wrong("a rate must be above zero", hint)
        return cls(count.normalize(), unit)

    def __str__(self) -> str:
        return f"{self.count:f}/{self.unit}"


def _shown(value: object) -> str:
    """Return the value as an error shows it, cut where it is long."""
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
