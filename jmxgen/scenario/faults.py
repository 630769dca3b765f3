"""How a model says what is wrong with a value: what, at which key, and what to do."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong with a value; `key` names the part of it that is meant."""

    what: str
    hint: str | None = None
    key: str | int | tuple[str | int, ...] = ()

    @property
    def path(self) -> tuple[str | int, ...]:
        """The way from the value to the part that is meant."""
        return self.key if isinstance(self.key, tuple) else (self.key,)


class WrongValueError(ValueError):
    """Complaints about one value, which pydantic carries to `load` in its error's context."""

    def __init__(self, *complaints: Complaint) -> None:
        self.complaints = complaints
        super().__init__("; ".join(c.what for c in complaints))


def wrong(what: str, hint: str | None = None, key: str | int | tuple[str | int, ...] = ()) -> WrongValueError:
    """Return the error for one complaint."""
    return WrongValueError(Complaint(what, hint, key))
