"""Pictures of a run: one module per picture, one style, bytes that are the same for the same analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Protocol

from jmxgen.analysis import words
from jmxgen.analysis.causes import CAUSES
from jmxgen.analysis.charts import (
    ages,
    before_after,
    idle,
    latency,
    leak,
    rate,
    server,
    sessions,
    style,
    threshold,
    timeline,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.figure import Figure

    from jmxgen.analysis.compare.two_runs import Comparison
    from jmxgen.analysis.model import Analysis

Kind = Literal["timeline", "threshold", "rate", "idle", "ages", "leak", "sessions", "latency", "server"]
Format = Literal["png", "svg", "pdf"]


class _Picture(Protocol):
    def shows(self, analysis: Analysis) -> bool:
        """Say whether there is something to show."""

    def figure(self, analysis: Analysis, form: style.Form) -> Figure:
        """Draw it."""

    def describe(self, analysis: Analysis) -> str:
        """Say in a sentence or two what can be seen, for those who can't see it."""


# In the order in which a report shows them, after the one that decides.
_PICTURES: Final[dict[Kind, _Picture]] = {
    "timeline": timeline,
    "threshold": threshold,
    "rate": rate,
    "idle": idle,
    "ages": ages,
    "leak": leak,
    "sessions": sessions,
    "latency": latency,
    "server": server,
}
KINDS: Final[tuple[Kind, ...]] = tuple(_PICTURES)
FORMATS: Final[tuple[Format, ...]] = ("png", "svg", "pdf")


def kinds(analysis: Analysis) -> tuple[Kind, ...]:
    """Return the kinds of picture that have something to show for this run, the one that decides first."""
    shown = [kind for kind, picture in _PICTURES.items() if picture.shows(analysis)]
    if "leak" in shown:  # the same panels
        shown.remove("timeline")
    decisive = CAUSES[analysis.verdict.cause].PICTURE
    return tuple(sorted(shown, key=lambda kind: kind != decisive))


def draw(
    analysis: Analysis,
    kind: Kind,
    format: Format,  # noqa: A002 (the word of `plot -o`)
    *,
    heading: bool = True,
    narrow: bool = False,
) -> bytes:
    """Draw one picture of a run.

    Args:
        analysis: what was found.
        kind: one of KINDS.
        format: one of FORMATS. SVG text stays text.
        heading: whether to write the finding above it. A page that has its own words doesn't need it.
        narrow: for a phone: half as wide, with text as large.

    Returns:
        The file's content: the same bytes for the same analysis, without a date. Where the run has nothing
        for this kind, the picture says so.
    """
    return draw_as(analysis, kind, (format,), heading=heading, narrow=narrow)[format]


def draw_as(
    analysis: Analysis,
    kind: Kind,
    formats: Sequence[Format],
    *,
    heading: bool = True,
    narrow: bool = False,
) -> dict[Format, bytes]:
    """Draw one picture of a run in several formats: what `draw` returns of each, in less time."""
    picture, form = _PICTURES[kind], style.Form(heading=heading, narrow=narrow)
    with style.applied():
        shows = picture.shows(analysis)
        figure = picture.figure(analysis, form) if shows else style.nothing(analysis, kind)
        return {format: style.save(figure, format) for format in formats}  # noqa: A001


def draw_comparison(
    comparison: Comparison,
    format: Format,  # noqa: A002 (as in `draw`)
    *,
    title: str,
    named: Callable[[str], str],
    heading: bool = True,
    narrow: bool = False,
) -> bytes:
    """Draw two runs on the same axes; `named` says what a figure is called. See `draw`."""
    with style.applied():
        form = style.Form(heading=heading, narrow=narrow)
        return style.save(before_after.figure(comparison, form, title, named), format)


def describe(analysis: Analysis, kind: Kind) -> str:
    """Return what the picture shows, in words."""
    return words.shown(_PICTURES[kind].describe(analysis))
