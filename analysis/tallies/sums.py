"""One accumulator for what is summed while rows pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

COMPACT: Final = 500_000  # rows of sums that wait to be summed up


class Sums:
    """Sums and extremes of columns by key: `add` rows, `merge` other sums, get the `table`."""

    def __init__(
        self, by: Sequence[str], *, total: Sequence[str], most: Sequence[str] = (), least: Sequence[str] = ()
    ) -> None:
        """Start with nothing.

        Args:
            by: the columns that make up the key: whole numbers.
            total: the columns of which the sum is kept.
            most: those of which the largest value is.
            least: those of which the smallest value is.
        """
        self._by = list(by)
        self._kept = {"sum": list(total), "max": list(most), "min": list(least)}
        self._parts: list[pd.DataFrame] = []

    def add(self, rows: pd.DataFrame) -> None:
        """Add rows that have all of the columns."""
        if len(rows):
            self._parts.append(self._summed(rows))
            if sum(map(len, self._parts)) > COMPACT:
                self._compact()

    def merge(self, other: Sums, numbers: Mapping[str, NDArray[np.integer]] | None = None) -> None:
        """Add another's sums.

        Args:
            other: of the same columns.
            numbers: for key columns whose numbers differ, this one's number for each of the other's.
        """
        for part in other._parts:
            changed = {name: found[part[name]] for name, found in (numbers or {}).items()}
            self._parts.append(part.assign(**changed))
        self._compact()

    def table(self) -> pd.DataFrame:
        """Return one row a key, in order of the keys."""
        self._compact()
        if not self._parts:
            names = [*self._by, *(name for names in self._kept.values() for name in names)]
            return pd.DataFrame({name: pd.Series(dtype="int64") for name in names})
        return self._parts[0].sort_values(self._by, ignore_index=True)

    def _compact(self) -> None:
        if len(self._parts) > 1:
            self._parts = [self._summed(pd.concat(self._parts, ignore_index=True))]

    def _summed(self, rows: pd.DataFrame) -> pd.DataFrame:
        groups = rows.groupby(self._by, sort=False)
        found = [getattr(groups[names], how)() for how, names in self._kept.items() if names]
        table: pd.DataFrame = pd.concat(found, axis="columns").reset_index()
        return table
