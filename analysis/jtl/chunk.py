"""A chunk of rows, and the making of one from texts of any quality."""

from __future__ import annotations

import collections
import dataclasses
import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from jmxgen.analysis.jtl import times
from jmxgen.analysis.model import ROW_COLUMNS
from jmxgen.columns import OWN_NUMBER, REPLIES
from jmxgen.errors import one_line

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping, Sequence

TEXT_COLUMNS: Final = tuple(name for name, kind in ROW_COLUMNS.items() if kind == "category")
NUMBER_COLUMNS: Final = tuple(
    name for name, kind in ROW_COLUMNS.items() if kind.startswith("int") and name != "depth"
)
LATENCY: Final = "Latency"  # no WebSocket sampler sets it
HOST: Final = "Hostname"  # the load generator, where several of them are in one file
EXTRA: Final = (OWN_NUMBER, REPLIES, HOST, LATENCY)  # columns that are kept where a file has them
ODD_TIME: Final = "a time stamp like"
MILLISECONDS: Final = "let JMeter write milliseconds (jmeter.save.saveservice.timestamp_format=ms)"
ROUNDED: Final = "a spreadsheet rounded it: take the file that JMeter wrote"
NO_TIME: Final = "no time, duration or success that can be read"


@dataclasses.dataclass(frozen=True, slots=True)
class Chunk:
    """Rows in the order of the file.

    `part` counts the recordings that were put one after the other into the file: the same thread name in
    two parts is two threads.
    """

    rows: pd.DataFrame  # ROW_COLUMNS, and where the file has them those of EXTRA
    part: int = 0
    columns: frozenset[str] = frozenset()  # those of the file, where it names them
    notes: tuple[str, ...] = ()  # how it was read, where a reader should know
    zone_assumed: bool = False
    repaired: Mapping[str, int] = dataclasses.field(default_factory=dict)  # what was read in spite of damage


# TransactionController.java: the message of the row that sums up its children.
_TRANSACTION: Final = re.compile(r"Number of samples in transaction : \d+, number of failing samples : \d+")


def is_transaction(message: str) -> bool:
    """Return whether this is the message of a transaction controller's row."""
    return message.startswith("Number of samples in transaction") and bool(_TRANSACTION.match(message))


def complete(frame: pd.DataFrame, extra: Sequence[str] = ()) -> pd.DataFrame:
    """Return the frame with all of ROW_COLUMNS in their order and types, absent ones filled."""
    columns: dict[str, object] = {}
    size = len(frame)
    for name, kind in ROW_COLUMNS.items():
        if name in frame:
            column = frame[name]
            columns[name] = column if str(column.dtype) == kind else column.astype(kind)  # type: ignore[call-overload]
        elif kind == "category":
            columns[name] = pd.Categorical.from_codes(np.zeros(size, np.int8), pd.Index([""]))
        elif kind == "bool":
            columns[name] = np.ones(size, bool)
        else:
            columns[name] = np.full(size, 0 if name in ("depth", "elapsed") else -1, kind)
    columns.update({name: frame[name] for name in extra})
    return pd.DataFrame(columns, index=frame.index, copy=False)  # a dict is copied else


def from_texts(
    texts: Mapping[str, Sequence[str]],
    *,
    extra: Sequence[str],
    zone: str,
    skipped: Counter[str],
    after: int = times.BAD,
) -> tuple[pd.DataFrame, bool, str]:
    """Make rows of columns of text; rows without a time or a duration are counted in `skipped` and left out.

    Args:
        texts: the columns.
        extra: columns that are kept besides ROW_COLUMNS.
        zone: of formatted time stamps.
        skipped: gets, by reason, the rows that are left out.
        after: the latest time before these rows, where there is one: a date that can be read in two ways is
            read so that time goes on.

    Returns:
        The rows, whether a zone had to be assumed for their times, and how the times were read where that
        was a choice.
    """
    frame = pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in texts.items()})
    texts_present = frame["timeStamp"].astype(str).str.contains(r"\d", regex=True)
    stamps, assumed, note = _stamps(frame["timeStamp"], zone, after)
    bad = stamps == times.BAD
    numbers = {"timeStamp": stamps}
    for name in (*NUMBER_COLUMNS[1:], LATENCY):
        if name in frame:
            column = pd.to_numeric(frame[name], errors="coerce")
            if name == "elapsed":
                bad |= ~(column.abs() <= 2**53).to_numpy()
            limit = np.iinfo(ROW_COLUMNS.get(name, "int64")).max
            numbers[name] = column.fillna(-1).clip(-1, min(limit, 2**53)).to_numpy("int64")
    if "success" in frame:
        lowered = frame["success"].astype(str).str.strip().str.lower()
        bad |= ~lowered.isin(("true", "false")).to_numpy()
        frame["success"] = lowered == "true"
    frame = frame.assign(**numbers)
    if "depth" in frame:
        frame["depth"] = frame["depth"].astype("int8")
    odd = frame["timeStamp"].eq(times.BAD) & texts_present
    if odd.any():
        skipped[_odd_time(skipped, str(texts["timeStamp"][int(odd.argmax())]))] += int(odd.sum())
    if bad.any():
        skipped[NO_TIME] += int(bad.sum() - odd.sum())
        frame = frame[~bad]
    skipped += collections.Counter()  # drops what is 0
    for name in (*TEXT_COLUMNS, OWN_NUMBER, REPLIES, HOST):
        if name in frame:
            frame[name] = frame[name].fillna("").astype("category")
    return complete(frame.reset_index(drop=True), extra), assumed, note


def _odd_time(skipped: Counter[str], text: str) -> str:
    """Return the reason for times that can't be read, with the file's first of them."""
    known = next((reason for reason in skipped if reason.startswith(ODD_TIME)), None)
    why = ROUNDED if "e+" in text.lower() else MILLISECONDS
    return known or f"{ODD_TIME} {one_line(text[:40])!r}: {why}"


def _is_rounded(column: pd.Series[str]) -> pd.Series[bool]:
    """Return which times a spreadsheet rounded: 1.7955E+12 is right to a day."""
    return column.astype(str).str.fullmatch(r"\s*\d(\.\d{0,11})?[eE]\+?\d+\s*")


def _stamps(
    column: pd.Series[str], zone: str, after: int
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], bool, str]:
    numbers = pd.to_numeric(column, errors="coerce").mask(_is_rounded(column))
    whole = numbers.notna().to_numpy(copy=True)
    stamps = np.full(len(column), times.BAD, np.int64)
    found, note = times.in_milliseconds(numbers[whole].to_numpy("float64"))
    usable = times.plausible(found)
    whole[whole] = usable  # the others may be digits of a format, such as yyyyMMddHHmmssSSS
    stamps[whole] = found[usable].astype(np.int64)
    if whole.all():
        return stamps, False, note
    parsed, assumed, form = times.parse(column[~whole].astype(str), zone, after)
    stamps[~whole] = parsed
    return stamps, assumed, form or note
