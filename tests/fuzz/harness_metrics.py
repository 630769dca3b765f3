"""Any bytes are a series of Active Conversations, or a ResultError of one printable line."""

from __future__ import annotations

import numpy as np

from jmxgen.analysis import metrics
from jmxgen.errors import ResultError
from tests.fuzz.reading import FOLDER, clear


def one_input(data: bytes) -> None:
    """Read the bytes as a file: CSV or JSON, as they begin."""
    path = FOLDER / "metrics"
    path.write_bytes(data)
    try:
        series = metrics.read(path)
    except ResultError as error:
        clear(error, path)
        return
    assert len(series)
    assert np.isfinite(series.to_numpy()).all()
    assert series["at_ms"].is_monotonic_increasing
