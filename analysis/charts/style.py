"""The common language of the pictures: colours, marks, headings, axes, and how they become bytes."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import logging
import math
import textwrap
import warnings
from typing import TYPE_CHECKING, Any, Final, cast

from jmxgen.analysis import words
from jmxgen.analysis.charts import headings
from jmxgen.analysis.charts.headings import CHARACTER, LINE
from jmxgen.analysis.measures import callers
from jmxgen.errors import one_line
from jmxgen.units import exact

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from jmxgen.analysis.model import Analysis

# Its own words, such as that it builds a cache of fonts, are not for those who asked for a verdict.
logging.getLogger("matplotlib").addHandler(logging.NullHandler())

# Okabe and Ito's palette: distinct for colour-blind readers, and of different lightness in grey print.
HANDSHAKE: Final = "#D55E00"
DATA: Final = "#0072B2"
STALL: Final = "#CC79A7"
AFTERMATH: Final = "#BBBBBB"
METRICS: Final = "#009E73"
INK: Final = "#222222"
MUTED: Final = "#666666"
FAINT: Final = "#DDDDDD"
PAPER: Final = "#FFFFFF"

# Never colour alone: each has its mark too.
MARKS: Final = {"handshake": "^", "data": "o", "stall": "s"}
GLYPHS: Final = {"handshake": "▲", "data": "●", "stall": "■"}
COLOURS: Final = {"handshake": HANDSHAKE, "data": DATA, "stall": STALL}
PHASE_WORDS: Final = {"handshake": "handshake", "data": "data-phase"}

# What a picture says where it has nothing to show.
NOTHING: Final = {
    "threshold": "No closure depends on how many connections were open.",
    "rate": "No handshake failed.",
    "idle": "No connection was lost, so there are no idle times to plot.",
    "ages": "No connection was lost, so there are no ages to plot.",
    "leak": "Abandoned connections are not the cause.",
    "sessions": "No connection was lost or abandoned.",
}
_DPI: Final = 150
_RC: Final[dict[str, Any]] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same picture everywhere
    "font.size": 10.5,
    "text.parse_math": False,  # "$" in a label is a dollar
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titlepad": 5,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "butt",
    "hatch.linewidth": 0.6,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "savefig.facecolor": PAPER,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "jmxgen",
    "pdf.fonttype": 42,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Form:
    """How a picture is laid out."""

    heading: bool = True  # whether the finding stands above it
    narrow: bool = False  # for a phone

    @property
    def width(self) -> float:
        """Inches."""
        return 4.6 if self.narrow else 9.0


@contextlib.contextmanager
def applied() -> Iterator[None]:
    """Draw in this style inside the block, and leave matplotlib's settings as they were."""
    import matplotlib as mpl

    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(cast("Any", _RC))
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from")  # a label in another script
        yield


def panels(
    analysis: Analysis, form: Form, title: str, heights: Sequence[float], **layout: Any
) -> tuple[Figure, list[Axes]]:
    """Return a `sheet` whose heading says what was run."""
    return sheet(ran(analysis), form, title, heights, **layout)


def sheet(
    remarks: Sequence[str],
    form: Form,
    title: str,
    heights: Sequence[float],
    *,
    share_x: bool = False,
    left: float | Sequence[float] = 0.85,
    right: float | Sequence[float] = 0.35,
    gap: float | Sequence[float] = 0.48,
) -> tuple[Figure, list[Axes]]:
    """Return a figure with a heading and panels below each other.

    Each panel has room for one line of its own heading; `headings.make_room` adds what longer ones need.

    Args:
        remarks: the lines below the title.
        form: how wide, and whether with a heading.
        title: the finding, in a sentence.
        heights: inches of each panel.
        share_x: one x axis for all: only the lowest panel writes its ticks.
        left: inches left of the panels, for their tick labels; one number, or one per panel.
        right: inches right of them.
        gap: inches between panels, where each has its own heading; one number, or one per panel but the last.
    """
    from matplotlib.figure import Figure

    gaps, lefts, rights = (
        [inches] * number if isinstance(inches, (int, float)) else list(inches)
        for inches, number in ((gap, len(heights) - 1), (left, len(heights)), (right, len(heights)))
    )
    lines = _heading_lines(remarks, form, title) if form.heading else []
    head = 0.3 + (0.34 + sum(size for _, size, _ in lines) if lines else 0)
    height = head + sum(heights) + sum(gaps) + 0.62
    figure = Figure(figsize=(form.width, height), dpi=_DPI)
    y = height - 0.16
    for text, size, options in lines:
        figure.text(0.22 / form.width, y / height, text, va="top", **options)
        y -= size
    axes: list[Axes] = []
    top = height - head
    for panel, space, before, after in zip(heights, [*gaps, 0.0], lefts, rights, strict=True):
        top -= panel
        box = (before / form.width, top / height, 1 - (before + after) / form.width, panel / height)
        axes.append(figure.add_axes(box, sharex=axes[0] if share_x and axes else None))
        top -= space
    if share_x:
        for upper in axes[:-1]:
            upper.tick_params(labelbottom=False)
    return figure, axes


def _heading_lines(remarks: Sequence[str], form: Form, title: str) -> list[tuple[str, float, dict[str, Any]]]:
    """Return (text, inches down to the next line, options) of each line of the heading."""
    across = form.width - 0.4
    bold = {"fontsize": 15, "fontweight": "bold"}
    titles = _balanced(one_line(title), int(across / 0.13))
    lines = [(line, 0.27, bold) for line in titles]
    lines[-1:] = [(line, 0.33, bold) for line, _, _ in lines[-1:]]
    plain = {"fontsize": 10.5, "color": MUTED}
    for line in remarks:
        lines += [(part, LINE, plain) for part in _balanced(one_line(line), int(across / 0.081))]
    return lines


def ran(analysis: Analysis) -> list[str]:
    """Return the lines below a title: what was run, what JMeter counted instead, and when second 0 was."""
    run, counts = analysis.run, analysis.counts
    reached = words.count(callers.count(run).reached, "caller")
    attempts = words.count(counts.attempted, "connection attempt")
    lost = counts.handshake + counts.data
    said = f"{reached}, {attempts} in {words.duration(run.seconds_long)}."
    if lost != run.errors:
        said += f" JMeter reports {words.count(run.errors, 'error')} for {words.count(lost, 'closure')}."
    return [said, f"t = 0 at {words.clock(run.start_ms)}."]


def heading(
    ax: Axes, text: str, *, colour: str = INK, more: str = "", keys: Sequence[tuple[str, str]] = ()
) -> None:
    """Write a panel's heading at its upper left.

    Args:
        ax: the panel.
        text: what it shows.
        colour: of the text.
        more: a remark beside it.
        keys: (words, colour) of the lines in the panel that have no words of their own.
    """
    parts: list[headings.Part] = [(text, {"color": colour, "fontweight": "bold"})]
    parts += [(more, {"color": MUTED})] if more else []
    parts += [(key, {"color": own, "fontweight": "bold"}) for key, own in keys]
    headings.write(ax, parts)


def inches_high(ax: Axes) -> float:
    """Return how high a panel is, in inches."""
    figure = ax.get_figure(root=True)
    return float(figure.get_size_inches()[1] * ax.get_position().height) if figure else 1.0


def inches_across(ax: Axes) -> float:
    """Return how wide a panel is, in inches."""
    figure = ax.get_figure(root=True)
    return float(figure.get_size_inches()[0] * ax.get_position().width) if figure else 0.0


def count_axis(ax: Axes, top: float, *, ticks: int = 4, whole: bool = True) -> None:
    """Give a y axis that starts at zero, with round ticks, thousands separated."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax.set_ylim(0, top * 1.12 if top > 0 else 1)
    locator = MaxNLocator(nbins=ticks, steps=[1, 2, 2.5, 5, 10], integer=whole)
    ax.yaxis.set_major_locator(locator)
    ax.yaxis.set_major_formatter(FuncFormatter(_tick))
    ax.grid(axis="y", color=FAINT, linewidth=0.6)
    ax.tick_params(axis="y", length=0)


def seconds_axis(
    ax: Axes, end: float, *, start: float = 0.0, label: str = "seconds since the first sample"
) -> None:
    """Give an x axis in seconds with ticks at round times."""
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    span = max(end - start, 0.001)
    ax.set_xlim(start - span * 0.01, end + span * 0.01)
    ax.xaxis.set_major_locator(MultipleLocator(_round_seconds(span, _most_ticks(ax))))
    ax.xaxis.set_major_formatter(FuncFormatter(_tick))
    ax.set_xlabel(label)


def number_axis(ax: Axes, end: float, label: str) -> None:
    """Give an x axis of counts from zero."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax.set_xlim(0, max(end, 1))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=_most_ticks(ax), steps=[1, 2, 2.5, 5, 10], integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(_tick))
    ax.set_xlabel(label)


def no_ticks() -> Any:
    """Return a locator that places none."""
    from matplotlib.ticker import NullLocator

    return NullLocator()


def stairs(
    ax: Axes, values: ArrayLike, edges: ArrayLike, colour: str, *, line: float = 0.0, alpha: float = 1.0
) -> None:
    """Draw steps from edge to edge, filled unless `line` says how many points wide their outline is.

    Unlike matplotlib's they move no limits: all of these are set, and take long to work out.
    """
    from matplotlib.patches import StepPatch

    ax.add_artist(StepPatch(values, edges, fill=not line, color=colour, linewidth=line, alpha=alpha))


def note(
    ax: Axes,
    x: float,
    y: float,
    text: str,
    *,
    offset: tuple[float, float] = (0, 0),
    boxed: bool = False,
    **options: Any,
) -> None:
    """Write a remark beside a point of a panel.

    Args:
        ax: the panel.
        x: of the point, in the panel's numbers.
        y: of the point.
        text: what to say.
        offset: from the point, in points.
        boxed: whether to keep lines from running through it.
        options: of matplotlib's text.
    """
    box = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5, "alpha": 0.85} if boxed else None
    style = {"fontsize": 10, "bbox": box, "zorder": 6} | options
    ax.annotate(text, (x, y), offset, textcoords="offset points", annotation_clip=False, **style)


def margin(*texts: str) -> float:
    """Return the inches right of a panel that `beside` needs for texts, a plain margin for none."""
    longest = max((len(line) for text in texts for line in text.split(" (")), default=0)
    return 0.15 + 1.1 * CHARACTER * longest if longest else 0.35


def beside(ax: Axes, y: float, text: str) -> None:
    """Name a level in the margin right of a panel, an interval in parentheses below it."""
    note(
        ax, 1.0, y, text.replace(" (", "\n("), color=HANDSHAKE, fontweight="bold", offset=(5, 0), ha="left",
        va="center", xycoords=("axes fraction", "data"),
    )  # fmt: skip


def mark_across(ax: Axes, value: float, interval: tuple[float, float] | None) -> None:
    """Draw a level of the verdict as a dashed line across a panel, its interval as a band."""
    if interval is not None:
        ax.axhspan(*interval, color=HANDSHAKE, alpha=0.18, linewidth=0, zorder=1)
    ax.axhline(value, color=HANDSHAKE, linewidth=1.2, linestyle=(0, (5, 3)), zorder=2)


def mark_up(ax: Axes, value: float | None, interval: tuple[float, float] | None) -> None:
    """Draw a value of the verdict, where known, as a dashed line up a panel, its interval as a band."""
    if interval is not None:
        ax.axvspan(*interval, color=INK, alpha=0.12, linewidth=0, zorder=1)
    if value is not None:
        ax.axvline(value, color=INK, linewidth=1.2, linestyle=(0, (5, 3)), zorder=2)


def save(figure: Figure, kind: str) -> bytes:
    """Return a figure as a file's bytes, without dates or names of programs."""
    headings.make_room(figure)
    target = io.BytesIO()
    metadata: dict[str, Any] = {
        "png": {"Software": None},
        "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }[kind]
    figure.savefig(target, format=kind, metadata=metadata)
    return target.getvalue()


def nothing(analysis: Analysis, kind: str) -> Figure:
    """Return a picture that says that there is nothing to draw."""
    figure, (ax,) = panels(analysis, Form(), analysis.verdict.finding, [1.2])
    ax.axis("off")
    ax.text(
        0,
        0.7,
        NOTHING.get(kind, f"This run has nothing to show as {kind}."),
        color=MUTED,
        transform=ax.transAxes,
    )
    return figure


def bin_seconds(length: float, *, most: int = 240) -> int:
    """Return a round bin width in seconds that cuts `length` seconds into at most `most` bins."""
    return next((w for w in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800) if length / w <= most), 3600)


def _balanced(text: str, width: int) -> list[str]:
    """Wrap a text to at most three lines; of two, no word stands alone on the last."""
    lines = textwrap.wrap(text, width, max_lines=3, placeholder=" …")
    narrower = lines
    while len(narrower) == len(lines) == 2:
        lines, width = narrower, width - 1
        narrower = textwrap.wrap(text, width, max_lines=3, placeholder=" …")
    return lines


def _most_ticks(ax: Axes) -> int:
    return max(3, min(9, int(inches_across(ax) / 0.7)))


def _round_seconds(span: float, most: int) -> float:
    choices = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200)
    return next((c for c in choices if span / c <= most), 3600 * math.ceil(span / 3600 / most))


def _tick(value: float, _position: int | None = None) -> str:
    return exact(value)
