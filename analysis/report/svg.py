"""matplotlib's SVG made fit to stand inside an HTML page with a strict Content-Security-Policy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lxml import etree

_SVG: Final = "{http://www.w3.org/2000/svg}"
_LINK: Final = "{http://www.w3.org/1999/xlink}href"
_REFERENCE: Final = re.compile(r"#([\w.-]+)")


def inline(picture: bytes, *, key: str, title: str, description: str) -> str:
    """Return a picture as an `<svg>` element.

    Style attributes, which a strict policy forbids, become presentation attributes, so that the page's CSS
    can also give the colours of a dark page. Identifiers get `key` as prefix, since a page holds several
    pictures; those that nothing refers to go, and so do metadata, comments, the fixed size and the fonts.

    Args:
        picture: SVG by matplotlib.
        key: a word that no other picture of the page has.
        title: its name for screen readers.
        description: what can be seen, for those who can't see it.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, huge_tree=True
    )
    root = etree.fromstring(picture, parser)
    for tag in ("metadata", "style"):
        for element in list(root.iter(_SVG + tag)):
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
    used = {name for element in root.iter() for name in _referred(element)}
    for element in root.iter():
        _plain(element, key, used)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("class", "chart")
    root.set("role", "img")
    root.set("aria-labelledby", f"{key}-title {key}-description")
    for position, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = etree.Element(_SVG + tag, {"id": f"{key}-{'title' if tag == 'title' else 'description'}"})
        element.text = text
        root.insert(position, element)
    return etree.tostring(root, encoding="unicode")


def _referred(element: etree._Element) -> list[str]:
    values = (element.get(_LINK, ""), element.get("clip-path", ""), element.get("style", ""))
    return [name for value in values for name in _REFERENCE.findall(value) if "#" in value]


def _plain(element: etree._Element, key: str, used: set[str]) -> None:
    for declaration in element.attrib.pop("style", "").split(";"):
        name, _, value = declaration.partition(":")
        if value and name.strip() != "font-family":
            element.set(name.strip(), value.strip())
    identifier = element.attrib.pop("id", None)
    if identifier in used:
        element.set("id", f"{key}-{identifier}")
    link = element.attrib.pop(_LINK, None)
    if link:
        element.set("href", link.replace("#", f"#{key}-"))
    clip = element.get("clip-path")
    if clip:
        element.set("clip-path", clip.replace("#", f"#{key}-"))
