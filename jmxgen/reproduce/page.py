"""A reproduction as one HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.analysis.report import page, svg
from jmxgen.reproduce import picture

if TYPE_CHECKING:
    from jmxgen.reproduce.result import Reproduction

_DESCRIBED = (
    "Open connections, and closures per second of each phase that has any, of the recording and of its "
    "reproduction on one time axis; the table below has the figures."
)


def render(reproduction: Reproduction) -> str:
    """Return the page; see `analysis.report.page.render` for what may run in it."""
    played = reproduction.played
    return page.render(
        "reproduce.html.j2",
        reproduction=reproduction,
        rows=played[1].rows if played else (),
        good=bool(played and played[1].alike),
        described=_DESCRIBED,
        pictures=_pictures(reproduction),
    )


def _pictures(reproduction: Reproduction) -> dict[str, str]:
    """Return the picture for a wide and for a narrow page, none where nothing was played."""
    import markupsafe

    if reproduction.played is None:
        return {}
    found: dict[str, str] = {}
    for name, narrow in (("wide", False), ("narrow", True)):
        drawn = picture.draw(
            reproduction.recording, reproduction.played[0], "", ["svg"], heading=False, narrow=narrow
        )["svg"]
        inline = svg.inline(drawn, key=f"both-{name}", title="Both timelines", description=_DESCRIBED)
        found[name] = markupsafe.Markup(inline)  # noqa: S704 (made by lxml: text in it is escaped)
    return found
