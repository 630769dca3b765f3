"""A plan that never closes says goodbye after each caller's last pass, where that can be known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.harden import closing, edits
from jmxgen.harden.model import Options, Rewriting
from jmxgen.lint import elements, groups

if TYPE_CHECKING:
    from jmxgen.jmx.tree import Node
    from jmxgen.lint.subject import Subject

SUMMARY = "close what is open after a caller's last pass, where the plan has no Close"

LAST_CLOSE = "close after the last pass"


def rewrite(subject: Subject, _options: Options) -> Rewriting:
    """Put a Close at the end of each thread group that opens connections and closes none."""
    made = Rewriting("last_close")
    write = edits.Writer(subject.tree)
    found = {flow.group: None for node, flow in subject.running.items() if elements.opens(node)}
    for group in found:
        below = [node for node in group.walk() if node.enabled]
        if any(node.kind == "CloseWebSocketSampler" or closing.REMEMBERED in _script(node) for node in below):
            continue
        loops = groups.loops(group)
        if loops in ("-1", "") or not loops.isprintable() or set(loops) & set("\"'\\"):
            made.left(group, "its last pass is not known: what is open then is closed without a row")
            continue
        made.did(group, "closes what is open after the last pass", _at_end(write, group, loops))
    return made


def _script(node: Node) -> str:
    return elements.script(node) or ""


def _at_end(write: edits.Writer, group: Node, loops: str) -> edits.Edit:
    assert group.below is not None
    span = group.tree.span(group.below)
    indent = write.indent_at(group.span.start)
    written = closing.close(
        write,
        indent + b"  ",
        when="if this was the last pass, and its connection lives",
        lives=f"(vars.iteration >= ('{loops}' as int) && {closing.LIVES})",
        name=LAST_CLOSE,
    )
    # Before the white space that stands before the end tag.
    place = span.outer - len(write.indent_at(span.outer))
    return edits.Edit(place, place, indent + b"  " + written + write.newline)
