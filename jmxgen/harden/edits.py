"""Edits of a plan's source: what they don't touch stays byte for byte."""

from __future__ import annotations

import bisect
import dataclasses
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jmxgen.jmx.tree import Node, Tree

_INDENT = b"  "
_WIDEST = 1000  # bytes of white space before an element that are an indentation


@dataclasses.dataclass(frozen=True, slots=True)
class Edit:
    """Put `text` in the place of the bytes from `start` to `end` (the same: put it in between)."""

    start: int
    end: int
    text: bytes


def apply(source: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the source with the edits made. Edits at one place are made in the order given."""
    pieces, position = [], 0
    for edit in sorted(edits, key=lambda one: (one.start, one.end)):
        assert edit.start >= position, "two edits overlap"
        pieces += [source[position : edit.start], edit.text]
        position = edit.end
    return b"".join([*pieces, source[position:]])


class Origins:
    """Where bytes stood before edits were made."""

    def __init__(self, edits: Iterable[Edit]) -> None:
        self._edits = sorted(edits, key=lambda one: (one.start, one.end))
        self._starts, shift = list[int](), 0  # where each edit's text begins in the edited source
        for edit in self._edits:
            self._starts.append(edit.start + shift)
            shift += len(edit.text) - (edit.end - edit.start)

    def of(self, offset: int) -> int:
        """Return where the byte at `offset` stood; for inserted text, where that was put in."""
        number = bisect.bisect_right(self._starts, offset) - 1
        if number < 0:
            return offset
        edit, past = self._edits[number], offset - self._starts[number]
        return edit.start if past < len(edit.text) else edit.end + past - len(edit.text)


def element(
    testclass: str, guiclass: str, name: str, properties: Mapping[str, tuple[str, str]]
) -> etree._Element:
    """Make an element; `properties` are name -> (tag, value)."""
    made = etree.Element(
        testclass, {"guiclass": guiclass, "testclass": testclass, "testname": name, "enabled": "true"}
    )
    for key, (tag, value) in properties.items():
        etree.SubElement(made, tag, {"name": key}).text = value
    return made


def comment(text: str) -> bytes:
    """Return an XML comment that says what was changed."""
    text = "".join(c if c.isprintable() else " " for c in text)
    while "--" in text:
        text = text.replace("--", "- -")
    return f"<!-- jmxgen harden: {text} -->".encode()


class Writer:
    """Writes pieces in the manner of one plan: its line ends and its indentation."""

    def __init__(self, tree: Tree) -> None:
        self.source = tree.source
        self.newline = b"\r\n" if b"\r\n" in tree.source else b"\n"

    def indent_at(self, position: int) -> bytes:
        """Return the white space before `position` on its line, or none where something else stands there."""
        low = max(0, position - _WIDEST)  # a plan may be one line as a whole
        begin = self.source.rfind(b"\n", low, position) + 1
        if low and not begin:
            return b""
        blanks = self.source[begin:position]
        return blanks if not blanks.strip() else b""

    def serialise(self, made: etree._Element, indent: bytes) -> bytes:
        """Return an element in lines, each but the first indented; the texts in it stay as they are."""
        inside = "\n" + indent.decode() + _INDENT.decode()
        made.text = inside
        for child in made:
            child.tail = inside if child.getnext() is not None else "\n" + indent.decode()
        return etree.tostring(made, encoding="unicode").encode().replace(b"\n", self.newline)

    def nested(self, made: etree._Element, under: Iterable[etree._Element | bytes], indent: bytes) -> bytes:
        """Return an element and its hashTree; what is under it is elements without children, or written."""
        inside = self.newline + indent + _INDENT
        pieces = [
            one if isinstance(one, bytes) else self.serialise(one, indent + _INDENT) + inside + b"<hashTree/>"
            for one in under
        ]
        body = b"".join(inside + piece for piece in pieces)
        close = self.newline + indent
        return self.serialise(made, indent) + close + b"<hashTree>" + body + close + b"</hashTree>"

    def children(self, parent: Node, pieces: Iterable[bytes]) -> Edit:
        """Return the edit that puts pieces (elements, comments) first in the hashTree of `parent`."""
        indent = self.indent_at(parent.span.start)
        inside = self.newline + indent + _INDENT
        body = b"".join(inside + piece for piece in pieces)
        if parent.below is None:
            text = self.newline + indent + b"<hashTree>" + body + self.newline + indent + b"</hashTree>"
            return Edit(parent.span.end, parent.span.end, text)
        span = parent.tree.span(parent.below)
        if span.empty:
            text = b"<hashTree>" + body + self.newline + indent + b"</hashTree>"
            return Edit(span.start, span.end, text)
        return Edit(span.inner, span.inner, body)

    def prop(self, node: Node, piece: bytes) -> Edit:
        """Return the edit that puts a property first in an element that has properties."""
        indent = self.newline + self.indent_at(node.span.start) + _INDENT
        return Edit(node.span.inner, node.span.inner, indent + piece)

    def pair(self, made: etree._Element, parent: Node) -> bytes:
        """Return an element and its empty hashTree, as they stand below `parent`."""
        inside = self.indent_at(parent.span.start) + _INDENT
        return self.serialise(made, inside) + self.newline + inside + b"<hashTree/>"

    def before(self, node: Node, pieces: Iterable[bytes]) -> Edit:
        """Return the edit that puts pieces before an element, each on a line of its own."""
        indent = self.indent_at(node.span.start)
        text = b"".join(piece + self.newline + indent for piece in pieces)
        return Edit(node.span.start, node.span.start, text)


def end_of(node: Node) -> int:
    """Return the byte after an element and its hashTree."""
    return node.span.end if node.below is None else node.tree.span(node.below).end


def text_of(node: Node, prop: etree._Element, text: str) -> Edit:
    """Return the edit that gives a property another (plain) text."""
    span = node.tree.span(prop)
    if span.empty:
        opened = node.tree.source[span.start : span.end].rstrip()[:-2].rstrip()
        return Edit(
            span.start, span.end, opened + b">" + text.encode() + b"</" + str(prop.tag).encode() + b">"
        )
    return Edit(span.inner, span.outer, text.encode())
