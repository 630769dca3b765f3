"""A search as one HTML page, with a link to each probe's report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.analysis.report import page, svg
from jmxgen.search import picture, words

if TYPE_CHECKING:
    from jmxgen.search.result import Search


def render(search: Search) -> str:
    """Return the page; see `analysis.report.page.render` for what may run in it."""
    import markupsafe

    described = picture.describe(search)
    pictures = {}
    for name, narrow in (("wide", False), ("narrow", True)):
        drawn = picture.draw(search, ["svg"], heading=False, narrow=narrow)["svg"]
        inline = svg.inline(drawn, key=f"search-{name}", title="Failure rate by load", description=described)
        pictures[name] = markupsafe.Markup(inline)  # noqa: S704 (made by lxml: text in it is escaped)
    return page.render(
        "search.html.j2",
        search=search,
        sentence=words.sentence(search),
        notes=list(words.notes(search)),
        rows=words.rows(search),
        described=described,
        good=bool(search.stop and search.stop.kind in ("goal", "limit") and search.holds),
        **pictures,
    )
