"""What happened in each second of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from jmxgen.analysis.measures.closures import is_closure
from jmxgen.analysis.measures.open_connections import open_connections

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jmxgen.analysis.model import Run

PER_SECOND_COLUMNS: Final = (
    "open",
    "attempts",
    "admitted",
    "handshake",
    "data",
    "aftermath",
    "stalls",
    "samples",
    "errors",
    "threads",
    "answer_ms_mean",
)


def per_second(run: Run) -> pd.DataFrame:
    """Return one row a second of the run: demand, admissions, closures by phase, open connections.

    Returns:
        PER_SECOND_COLUMNS, index: whole seconds since the first sample. `open` is the number at the end of
        the second, `attempts` and `admitted` count by the start and the end of the handshake, `handshake` and
        `data` by the time the closure was noticed; `answer_ms_mean` is NaN where nothing was answered.
    """
    seconds = run.seconds
    table = pd.DataFrame(index=seconds.index)
    start, length = run.start_ms, len(seconds)
    frame = run.connections

    def by_second(times: pd.Series) -> NDArray[np.int64]:
        if not length:
            return np.zeros(0, np.int64)
        known = times.dropna().to_numpy(np.float64)
        bins = np.clip((known - start) // 1000, 0, length - 1).astype(np.int64)
        return np.bincount(bins, minlength=length)

    table["open"] = open_connections(frame).at(start + 1000.0 * (np.arange(length) + 1))
    table["attempts"] = by_second(frame["attempted_at"])
    table["admitted"] = by_second(frame["opened_at"])
    table["handshake"] = by_second(frame["noticed_at"][is_closure(frame, "handshake")])
    table["data"] = by_second(frame["noticed_at"][is_closure(frame, "data")])
    for column in ("aftermath", "stalls", "samples", "errors", "threads"):
        table[column] = seconds[column]
    answers = seconds["answers"].to_numpy(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        table["answer_ms_mean"] = np.where(answers > 0, seconds["answer_ms"].to_numpy() / answers, np.nan)
    return table[list(PER_SECOND_COLUMNS)]
