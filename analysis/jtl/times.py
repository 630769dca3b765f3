"""Time stamps: milliseconds since the epoch, or text in whatever format JMeter was told to write."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

BAD: Final = np.iinfo(np.int64).min  # stands for a time that can't be read

_NUMBER: Final = re.compile(r"-?\d+(\.\d*)?")
# jmeter.save.saveservice.timestamp_format is a pattern of java.text.SimpleDateFormat: those of JMeter's own
# documentation and properties file, and what people use.
_FORMATS: Final = (
    "%Y/%m/%d %H:%M:%S.%f",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S,%f",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f%z",
    "%Y/%m/%d %H:%M:%S.%f %z",
    "%m/%d/%Y %H:%M:%S.%f",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%y %H:%M:%S.%f",
    "%m/%d/%y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S.%f",
    "%d.%m.%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S.%f",
    "%d/%m/%Y %H:%M:%S",
    "%Y%m%d %H:%M:%S.%f",
    "%Y%m%d%H%M%S",
)


def is_number(text: str) -> bool:
    """Tell whether a time stamp is written as a number of milliseconds."""
    return bool(_NUMBER.fullmatch(text.strip()))


def parse(texts: pd.Series[str], zone: str) -> tuple[NDArray[np.int64], bool]:
    """Turn formatted time stamps into milliseconds since the epoch.

    Args:
        texts: as in the file.
        zone: the zone of time stamps that don't name theirs.

    Returns:
        The milliseconds, `BAD` where a text could not be read, and whether any of them lacked a zone.
    """
    best, most, without_zone = np.full(len(texts), BAD, np.int64), 0, False
    for form in _FORMATS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = pd.to_datetime(texts, format=form, errors="coerce", utc="%z" in form)
        count = int(found.notna().sum())
        if count <= most:
            continue
        naive = "%z" not in form
        if naive:
            found = found.dt.tz_localize(zone, ambiguous=False, nonexistent="shift_forward")
        best, most, without_zone = _milliseconds(found), count, naive
        if count == len(texts):
            break
    return best, without_zone and most > 0


def _milliseconds(times: pd.Series[pd.Timestamp]) -> NDArray[np.int64]:
    naive = times.dt.tz_convert("UTC").dt.tz_localize(None)
    values = naive.to_numpy("datetime64[ms]").astype(np.int64)
    values[naive.isna().to_numpy()] = BAD
    return values
