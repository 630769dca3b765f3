"""A Header Manager over several WebSocket samplers goes below those that open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.harden import edits
from jmxgen.harden.model import Options, Rewriting
from jmxgen.lint import elements
from jmxgen.lint.rules.wire import headers_over_several

if TYPE_CHECKING:
    from jmxgen.jmx.tree import Node
    from jmxgen.lint.model import Subject

SUMMARY = "put HTTP Header Managers below the samplers that open connections"

# Samplers that send no HTTP headers of a manager's.
_NO_HEADERS = frozenset({"TestAction", "JSR223Sampler", "BeanShellSampler", "DebugSampler"})


def rewrite(subject: Subject, _options: Options) -> Rewriting:
    """Move each such manager; leave it where other samplers take headers from it."""
    made = Rewriting("headers")
    for hit in headers_over_several.check(subject):
        manager = hit.node
        scope = [node for node in subject.running() if manager in subject.tree.in_scope(node)]
        why = _obstacle(subject, manager, [node for node in scope if elements.is_sampler(node)])
        if why:
            made.left(manager, why)
        else:
            _move(made, subject, manager, [node for node in scope if elements.opens(node)])
    return made


def _obstacle(subject: Subject, manager: Node, samplers: list[Node]) -> str:
    others = [node for node in samplers if not elements.is_websocket(node) and node.kind not in _NO_HEADERS]
    if others:
        return f"{others[0].name!r} takes its headers from here too: give each its own Header Manager"
    if any(elements.opens(node) is None for node in samplers):
        return "a variable decides which sampler opens: put it below that one by hand"
    if not any(elements.opens(node) for node in samplers):
        return "no sampler in its scope opens a connection"
    if manager.children:
        return "it has elements of its own below it"
    live = [node for node in subject.tree.walk() if node.kind == "IncludeController" and node.live]
    return "an included file may take its headers from here" if live else ""


def _move(made: Rewriting, subject: Subject, manager: Node, openers: list[Node]) -> None:
    write = edits.Writer(subject.tree)
    source = subject.tree.source
    start, end = manager.span.start, edits.end_of(manager)
    body = source[start:end]
    old = write.indent_at(start)
    names = ", ".join(repr(node.name) for node in openers)
    what = f"moved below what opens connections: {names}"
    copies = []
    for opener in openers:
        indent = write.indent_at(opener.span.start) + b"  "
        text = body.replace(b"\n" + old, b"\n" + indent) if b"CDATA" not in body else body
        copies.append(write.children(opener, [edits.comment(f"{manager.name!r} was moved here"), text]))
    made.did(manager, what, edits.Edit(start, end, edits.comment(f"{manager.name!r} was {what}")), *copies)
