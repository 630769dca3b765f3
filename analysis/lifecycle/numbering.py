"""Numbers for the texts of a column: each text is looked up once, not once a chunk."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

_MOST: Final = 1_000_000  # hostile: a text of its own in every row


class Numbering:
    """The numbers of the texts of one column, over all chunks of a file."""

    def __init__(self, number: Callable[[Sequence[str]], NDArray[np.int32]]) -> None:
        """Number texts with `number`, which is asked once for each, in the order of their first rows."""
        self._number = number
        self._known: dict[str, int] = {}

    def of(self, column: pd.Series[Any]) -> NDArray[np.int32]:
        """Return the number of each row's text; the column is categorical."""
        codes = column.cat.codes.to_numpy()
        names = column.cat.categories.to_numpy(object)
        numbers = np.fromiter(map(self._known.get, names, itertools.repeat(-1)), np.int32, len(names))
        if (numbers < 0).any():
            used, first = np.unique(codes, return_index=True)
            used = used[np.argsort(first)]
            new = used[numbers[used] < 0]
            numbers[new] = self._number(names[new].tolist())
            if len(self._known) > _MOST:
                self._known.clear()
            self._known.update(zip(names[new].tolist(), numbers[new].tolist(), strict=True))
        return numbers[codes]
