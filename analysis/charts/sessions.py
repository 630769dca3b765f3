"""One line per connection, for some of each way to end: its life, and where its end can lie."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from jmxgen.analysis import measures, words
from jmxgen.analysis.charts import style
from jmxgen.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from jmxgen.analysis.model import Analysis

_ROWS: Final = 24
_EACH: Final = 10
_ORDER: Final = ("handshake", "data", "leaked", "closed", "open")
_LIVED: Final = "connections closed by the client"


@dataclasses.dataclass(frozen=True)
class Group:
    """Connections that ended in the same way."""

    name: str
    end: str  # ENDS
    size: int
    rows: pd.DataFrame  # a few of them, in the order of their attempts
    reason: str = ""  # that came with each of these
    alone: bool = False  # whether the numbers of their threads name them


def shows(analysis: Analysis) -> bool:
    """Say whether anything was lost at a known time, or abandoned."""
    return any(group.end in ("handshake", "data", "leaked") for group in chosen(analysis))


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw a few connections of each kind below each other, the kinds apart."""
    groups = chosen(analysis)
    start = analysis.run.start_ms
    height = 0.21 * sum(len(group.rows) + 1.5 for group in groups)
    left, right = (1.15, 1.1) if form.narrow else (2.0, 1.5)
    drawn, (ax,) = style.panels(analysis, form, _title(analysis), [height], left=left, right=right)
    rows = [row for group in groups for row in _records(group.rows)]
    ends = [_end(row, analysis) for row in rows]
    begins = [row["attempted_at"] for row in rows if math.isfinite(row["attempted_at"])]
    begin, end = ((at - start) / 1000 for at in (min(begins, default=start), max(ends)))
    pad = max((end - begin) * 0.02, 0.05)
    style.seconds_axis(ax, end + pad, start=max(0.0, begin - pad))
    y = 0.0
    for group in groups:
        _name(ax, y, group, form)
        places = [y + 1 + n for n in range(len(group.rows))]
        _lines(ax, places, _records(group.rows), analysis)
        for place, row in zip(places, _records(group.rows), strict=True):
            _words(ax, place, row, group, narrow=form.narrow)
        y += len(group.rows) + 1.5
    ax.set_ylim(y - 0.8, -0.8)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    style.heading(ax, "connections", keys=_keys(groups))
    return drawn


def chosen(analysis: Analysis) -> list[Group]:
    """Return a few connections of each way to end, those around the first closure, and some that lived."""
    connections = analysis.run.connections
    timed = connections[connections["noticed_at"].notna() | (connections["end"] == "leaked")]
    onset = words.onset(analysis)[0]
    keys = [timed[name] for name in ("end", "kind", "status", "code")]
    sizes = timed.groupby(keys, observed=True, sort=False).size().sort_values(ascending=False, kind="stable")
    every: Iterator[tuple[Any, int]] = ((way, int(size)) for way, size in sizes.items())
    ways = [(way, size) for way, size in every if way[0] not in ("closed", "open")][:6]
    lived = timed[timed["end"] == "closed"]
    if not ways:
        return []
    each, alone = min(_EACH, max(2, (_ROWS - 4) // len(ways))), _one_group(analysis)
    groups = []
    for way, size in sorted(ways, key=lambda found: (_ORDER.index(str(found[0][0])), -found[1])):
        same = np.logical_and.reduce([key.to_numpy() == part for key, part in zip(keys, way, strict=True)])
        some = _around(timed[same], onset, each)
        reasons = {one_line(str(reason)) for reason in some["reason"]} if way[0] == "data" else set()
        reason = reasons.pop() if len(reasons) == 1 else ""
        groups.append(Group(_way(_records(some)[0]), str(way[0]), size, some, reason, alone))
    if len(lived):
        groups.append(Group(_LIVED, "closed", len(lived), _around(lived, onset, 4), alone=alone))
    return groups


def _around(rows: pd.DataFrame, at_ms: float, most: int) -> pd.DataFrame:
    """Return those whose end is nearest to a moment, in the order of their attempts."""
    end = rows["noticed_at"].fillna(rows["last_alive_at"]).to_numpy(np.float64)
    far = np.abs(end - (at_ms if math.isfinite(at_ms) else np.nanmin(end)))
    near = np.sort(np.argsort(far, kind="stable")[:most])
    return rows.iloc[near].sort_values(["attempted_at", "noticed_at"], kind="stable")


def _way(row: dict[str, Any]) -> str:
    """Return how the connections of a group ended, in words."""
    if row["end"] == "leaked":
        return "connections abandoned without a close"
    if row["end"] == "handshake":
        how = f"with HTTP {row['status']}" if row["status"] else f"({words.KINDS[str(row['kind'])]})"
        return f"handshakes failed {how}"
    frame = (
        f"with close code {row['code']}" if row["kind"] == "server_close" else "without a close frame (1006)"
    )
    return f"connections lost {frame}"


def _records(lost: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in lost.to_dict("records")]


def _end(row: dict[str, Any], analysis: Analysis) -> float:
    """Return when a connection's line ends, ms."""
    found = row["last_alive_at"] if row["end"] == "leaked" else row["noticed_at"]
    return found if math.isfinite(found) else analysis.run.end_ms


def first_lost(analysis: Analysis, most: int) -> list[str]:
    """Return the first closures in words: "12.3 s: caller 7, connection 1, handshake, HTTP 503, 120 open"."""
    connections = analysis.run.connections
    lost = connections[measures.is_closure(connections) & connections["noticed_at"].notna()]
    first = lost.sort_values("noticed_at", kind="stable").head(most)
    opened = measures.open_connections(connections).at(first["noticed_at"].to_numpy())
    described = []
    for row, number in zip(_records(first), opened, strict=True):
        at = words.short((row["noticed_at"] - analysis.run.start_ms) / 1000)
        who = f"{one_line(str(row['thread']))} #{row['connection']}"
        described.append(
            f"{at}: {who}, {words.PHASE_NAMES[str(row['end'])]}, {what_ended(row)}, {number:,} open"
        )
    return described


def what_ended(row: dict[str, Any]) -> str:
    """Return how a connection ended, in a few words: "HTTP 503", "1006: end of stream"."""
    reason = one_line(str(row["reason"]))
    if row["status"]:
        return f"HTTP {row['status']}"
    if row["code"]:
        return f"{row['code']}: {reason}" if reason else str(row["code"])
    return reason or str(row["kind"])


def describe(analysis: Analysis) -> str:
    """Say how many ended in which way."""
    return _title(analysis) + "."


def _title(analysis: Analysis) -> str:
    parts = [f"{group.size:,} {group.name}" for group in chosen(analysis) if group.end != "closed"]
    text = "; ".join(parts[:3])
    return text[:1].upper() + text[1:] + (" …" if len(parts) > 3 else "")


def _keys(groups: Sequence[Group]) -> list[tuple[str, str]]:
    """Name the marks that are drawn, and no others."""
    ends = {group.end for group in groups}
    keys = [("━ open", style.INK)] if ends - {"handshake"} else []
    keys += [("▲ handshake failed", style.HANDSHAKE)] if "handshake" in ends else []
    keys += [("● loss detected, pale: possible time of loss", style.DATA)] if "data" in ends else []
    keys += [("✕ abandoned", style.MUTED)] if "leaked" in ends else []
    return keys


def _name(ax: Axes, y: float, group: Group, form: style.Form) -> None:
    shown = "" if len(group.rows) == group.size else f"{len(group.rows)} of "
    name = group.name.removeprefix("connections ") if form.narrow else group.name
    text = f"{shown}{group.size:,} {name}"
    reason = f": {group.reason}" if group.reason else ""
    style.note(
        ax, 0.22 / form.width, y, _cut(text + reason, 46 if form.narrow else 90), va="center", fontsize=9.5,
        fontweight="bold", xycoords=("figure fraction", "data"),
        color=style.COLOURS.get(group.end, style.MUTED),
    )  # fmt: skip


def _lines(ax: Axes, places: Sequence[float], rows: Sequence[dict[str, Any]], analysis: Analysis) -> None:
    """Draw each connection's life beside its words: all pieces of one kind at once, for that is faster."""
    start, end = analysis.run.start_ms, str(rows[0]["end"])
    names = ("attempted_at", "opened_at", "end_after")
    begin, opened, after = (np.array([row[name] - start for row in rows]) / 1000 for name in names)
    noticed = np.array([_end(row, analysis) - start for row in rows]) / 1000
    y = np.array(places)
    after = np.where(np.isfinite(after) & (end == "data"), after, noticed)
    shaken = np.where(np.isfinite(opened), np.fmin(opened, noticed), noticed)  # when the handshake was over
    live, tried = np.isfinite(opened), np.isfinite(begin)
    ax.hlines(y[live], opened[live], np.fmax(after, opened)[live], color=style.INK, linewidth=2.2)
    ax.hlines(y[tried], begin[tried], shaken[tried], color=style.MUTED, linewidth=1)
    if end in style.COLOURS:
        ax.hlines(y, after, noticed, color=style.COLOURS[end], alpha=0.35, linewidth=5)
        ax.plot(noticed, y, style.MARKS[end], color=style.COLOURS[end], markersize=6, clip_on=False)
    elif end == "leaked":
        ax.plot(noticed, y, "x", color=style.MUTED, markersize=6, markeredgewidth=2, clip_on=False)


def _words(ax: Axes, y: float, row: dict[str, Any], group: Group, *, narrow: bool) -> None:
    across = ax.get_yaxis_transform()
    ax.text(
        -0.015,
        y,
        _who(row, alone=group.alone, narrow=narrow),
        ha="right",
        va="center",
        fontsize=9,
        transform=across,
    )
    ax.text(
        1.02,
        y,
        _cut(_ending(row, group), 13 if narrow else 18),
        va="center",
        fontsize=9,
        color=style.COLOURS.get(str(row["end"]), style.MUTED),
        transform=across,
    )


def _who(row: dict[str, Any], *, alone: bool, narrow: bool) -> str:
    """Return whose connection it is, and which of theirs: "caller 31, connection 2"."""
    thread, number = one_line(str(row["thread"])), row["connection"]
    who = f"caller {thread.rpartition('-')[2]}" if alone else thread
    return f"{_short(who, 11)} #{number}" if narrow else f"{_short(who, 14)}, connection {number}"


def _one_group(analysis: Analysis) -> bool:
    """Say whether all threads are of one group, so that their numbers alone name them: "callers 1-31"."""
    threads = analysis.run.connections["thread"].cat.categories.astype(str)
    numbered = threads.str.fullmatch(r".*\d-\d+")
    return (
        len(analysis.run.files) == 1
        and bool(numbered.all())
        and threads.str.rpartition("-").get_level_values(0).nunique() == 1
    )


def _ending(row: dict[str, Any], group: Group) -> str:
    """Return what a row adds to the name of its group: how long it lasted, and a reason of its own."""
    took = row["last_alive_at" if row["end"] == "leaked" else "noticed_at"] - row["opened_at"]
    lasted = f"after {words.short(took / 1000)}" if math.isfinite(took) else ""
    reason = one_line(str(row["reason"])) if row["end"] == "data" and not group.reason else ""
    return ", ".join(filter(None, (lasted, reason)))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _short(text: str, most: int) -> str:
    """Return the text's end where it is too long: thread names differ in their last characters."""
    return text if len(text) <= most else f"…{text[-most + 1 :]}"
