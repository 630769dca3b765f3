"""A plan as the bytes of a .jmx: one fragment an element, joined to element and hashTree pairs by lxml."""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING, Final

import jinja2
from lxml import etree
from markupsafe import Markup, escape

from jmxgen.jmx import scripts
from jmxgen.jmx.verify import verify
from jmxgen.plan.model import Element, Script

if TYPE_CHECKING:
    from jmxgen.plan.model import Plan

# An XML parser turns these into other white space unless they are written as character references
# (XML 1.0, 2.11 and 3.3.3).
_REFERENCES: Final = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


def render(plan: Plan) -> bytes:
    """Return the .jmx of a plan: UTF-8, indented by two spaces, the same bytes for the same plan.

    Raises:
        PlanError: the tree breaks a rule of `verify`: a fault of jmxgen, never of a scenario.
    """
    root = etree.Element("jmeterTestPlan", {"version": "1.2", "properties": "5.0", "jmeter": "5.6.3"})
    _append(etree.SubElement(root, "hashTree"), plan.tree)
    verify(root)
    etree.indent(root, space="  ")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def _append(siblings: etree._Element, element: Element) -> None:
    siblings.append(_fragment(element))
    under = etree.SubElement(siblings, "hashTree")
    for child in element.children:
        _append(under, child)


def _fragment(element: Element) -> etree._Element:
    template = _environment().get_template(f"jmx/{element.fragment or type(element).__name__}.jmx.j2")
    script = _text(element) if isinstance(element, Script) else ""
    text = template.render(element=element, script=script)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, strip_cdata=False)
    fragment = etree.fromstring(text.strip(), parser)
    for holder in (fragment, *fragment.iter("collectionProp")):
        if not len(holder):
            holder.text = None
    return fragment


def _text(script: Script) -> str:
    return scripts.script(script.file) if script.file else script.line


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_source), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["xml"] = _xml
    return environment


def _source(name: str) -> str:
    # Jinja's relative import in a fragment names its neighbour alone.
    path = name if name.startswith("jmx/") else f"jmx/{name}"
    return (resources.files("jmxgen.templates") / path).read_text(encoding="utf-8")


def _xml(value: object) -> Markup:
    text = str(escape(str(value)))
    for character, reference in _REFERENCES.items():
        text = text.replace(character, reference)
    return Markup(text)  # noqa: S704 - escaped above
