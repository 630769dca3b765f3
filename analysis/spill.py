"""Columns as they are, in memory: what is left of the pages that long columns once had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd
    from numpy.typing import NDArray

_Found = TypeVar("_Found")


def kept(found: _Found) -> _Found:
    """Return the same."""
    return found


def keeping(work: _Found) -> _Found:
    """Return the same function."""
    return work


def drop() -> None:
    """Do nothing."""


def pieces(length: int) -> Iterator[slice]:
    """Yield the place of all rows."""
    yield slice(0, length)


def by_pieces(length: int, work: Callable[[slice], NDArray[Any]]) -> NDArray[Any]:
    """Return `work` of all rows."""
    return work(slice(0, length))


def frame_by_pieces(frame: pd.DataFrame, work: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    """Return `work(frame)`, numbered from 0."""
    return work(frame).reset_index(drop=True)


def tidy() -> None:
    """Do nothing."""
