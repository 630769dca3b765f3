"""A word that isn't known, and the known one that was likely meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is nearest to `word`, None where none is near."""
    import difflib

    return next(iter(difflib.get_close_matches(word, list(known), n=1)), None)


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return the hint `did you mean 'callers'?`, or `otherwise` where no known word is near."""
    close = nearest(word, known)
    return f"did you mean {close!r}?" if close else otherwise
