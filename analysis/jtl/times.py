"""Time stamps: milliseconds since the epoch, or text in whatever format JMeter was set to write."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

BAD: Final = np.iinfo(np.int64).min  # stands for a time that can't be read

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
    "%Y%m%d%H%M%S%f",
    "%Y%m%d%H%M%S.%f",
    "%d.%m.%Y %H:%M:%S,%f",
    "%m/%d/%Y %I:%M:%S.%f %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%y %I:%M:%S %p",
    "%d/%m/%Y %I:%M:%S.%f %p",
    "%d/%m/%Y %I:%M:%S %p",
    "%d/%m/%y %I:%M:%S %p",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y/%m/%d %I:%M:%S %p",
    "%d-%b-%Y %H:%M:%S.%f",
    "%d-%b-%Y %H:%M:%S",
    "%d-%b-%y %H:%M:%S",
    "%d-%b-%Y %I:%M:%S %p",
    "%d %b %Y %H:%M:%S.%f",
    "%d %b %Y %H:%M:%S",
    "%b %d, %Y %H:%M:%S.%f",
    "%b %d, %Y %H:%M:%S",
    "%b %d, %Y %I:%M:%S %p",
    "%a %b %d %H:%M:%S %Y",
)


_TRIED: Final = 100
NONE_MS: Final = 2 * 86_400_000  # times up to then stand for none: JMeter wrote 0, maybe in some zone
_LATEST_MS: Final = 7_258_118_400_000  # the year 2200: what is later is not a number of milliseconds
_ROUNDED_MS: Final = 10_000_000  # six digits are left
_QUARTER_MS: Final = 900_000  # JMeter writes 0 for no time, in the zone that a format has: whole quarters
_YEARS: Final = 14  # the least magnitude and so many times that: 1979 to 2103
_UNITS: Final = (  # the least magnitude of a time in this century in it, and what makes milliseconds of it
    ("seconds", 3e8, 1000.0),
    ("microseconds", 3e14, 1e-3),
    ("nanoseconds", 3e17, 1e-6),
)


def in_milliseconds(stamps: NDArray[np.float64]) -> tuple[NDArray[np.float64], str]:
    """Return time stamps in milliseconds, and a note where the file has another unit.

    JMeter writes milliseconds; other tools write seconds, micro- or nanoseconds. The magnitude of a time in
    this century decides.
    """
    known = stamps[stamps > 1]
    if not len(known):
        return stamps, ""
    middle = float(np.median(known))
    for unit, least, factor in _UNITS:
        if least <= middle < _YEARS * least:
            return stamps * factor, f"the time stamps were read as {unit}"
    return stamps, ""


def plausible(stamps: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which milliseconds can be a row's time: this side of the year 2200, or none (0 in any zone)."""
    none = (np.abs(stamps) <= NONE_MS) & (stamps % _QUARTER_MS == 0)
    found: NDArray[np.bool_] = (stamps == -1) | none | ((stamps > NONE_MS) & (stamps < _LATEST_MS))
    return found


def rounded(stamps: NDArray[Any]) -> bool:
    """Return whether all times are rounded to hours, as a spreadsheet shows large numbers: 1.79549E+12."""
    known = stamps[stamps > NONE_MS]
    return bool(len(known)) and not (known % _ROUNDED_MS).any()


def parse(texts: pd.Series[str], zone: str, after: int = BAD) -> tuple[NDArray[np.int64], bool, str]:
    """Turn formatted time stamps into milliseconds since the epoch.

    Args:
        texts: as in the file.
        zone: the zone of time stamps that don't name theirs.
        after: the latest time before them, BAD without one.

    Returns:
        The milliseconds, `BAD` where a text could not be read; whether any of them lacked a zone; and which
        of day and month was taken to come first, where both can be read.
    """
    best, most, form = np.full(len(texts), BAD, np.int64), 0, ""
    some = texts.iloc[:: max(len(texts) // _TRIED, 1)]  # shows which formats are worth the time
    for candidate in [form for form in _FORMATS if (_read(some, form, zone) != BAD).any()]:
        found = _read(texts, candidate, zone)
        count = int((found != BAD).sum())
        if count > most:
            best, most, form = found, count, candidate
        if count == len(texts):
            break
    swapped = _swapped(form)
    if not swapped:
        return best, bool(form) and "%z" not in form, ""
    other = _read(texts, swapped, zone)
    if int((other != BAD).sum()) == most:
        if _discontinuity(other, after) < _discontinuity(best, after):
            best, form = other, swapped
        return best, True, f"days and months of the time stamps were read as {_shown(form)}"
    return best, True, ""


def _read(texts: pd.Series[str], form: str, zone: str) -> NDArray[np.int64]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pd.to_datetime(texts, format=form, errors="coerce", utc="%z" in form)
    if "%z" not in form:
        found = found.dt.tz_localize(zone, ambiguous=False, nonexistent="shift_forward")
    return _milliseconds(found)


def _swapped(form: str) -> str:
    """Return the format with days and months the other way round, "" for those that can't be mistaken."""
    if form.startswith("%m/%d/"):
        return form.replace("%m/%d/", "%d/%m/")
    return form.replace("%d/%m/", "%m/%d/") if form.startswith("%d/%m/") else ""


def _shown(form: str) -> str:
    return "day/month" if form.startswith("%d") else "month/day"


def _discontinuity(stamps: NDArray[np.int64], after: int) -> int:
    """Return by how much times jump, ms: the largest step between neighbours, and from what came before."""
    known = np.sort(stamps[stamps > NONE_MS])
    if not len(known):
        return 0
    steps = np.diff(known, prepend=known[0] if after == BAD else after)
    return int(np.abs(steps).max())


def _milliseconds(times: pd.Series[pd.Timestamp]) -> NDArray[np.int64]:
    naive = times.dt.tz_convert("UTC").dt.tz_localize(None)
    values = naive.to_numpy("datetime64[ms]").astype(np.int64)
    values[naive.isna().to_numpy()] = BAD
    return values
