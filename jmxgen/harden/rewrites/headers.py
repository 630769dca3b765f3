"""A Header Manager over several WebSocket samplers goes below those that open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.harden import edits
from jmxgen.harden.model import Options, Rewriting
from jmxgen.lint import elements
from jmxgen.lint.rules.headers_over_several_samplers import check as headers_over_several

if TYPE_CHECKING:
    from jmxgen.jmx.tree import Node
    from jmxgen.lint.subject import Subject

_NAMED = 5  # so many samplers are listed by name

SUMMARY = "put HTTP Header Managers below the samplers that open connections"

# Samplers that send no HTTP headers of a manager's.
_NO_HEADERS = frozenset({"TestAction", "JSR223Sampler", "BeanShellSampler", "DebugSampler"})


def rewrite(subject: Subject, _options: Options) -> Rewriting:
    """Move each such manager; leave it where other samplers take headers from it."""
    made = Rewriting("headers")
    write = edits.Writer(subject.tree)
    moved: dict[Node, list[Node]] = {}  # opener -> the managers that go below it
    scopes = _scopes(subject)
    for hit in headers_over_several.check(subject):
        manager = hit.node
        scope = scopes[manager]
        why = _obstacle(subject, manager, [node for node in scope if elements.is_sampler(node)])
        if why:
            made.left(manager, why)
            continue
        openers = [node for node in scope if elements.opens(node)]
        for opener in openers:
            moved.setdefault(opener, []).append(manager)
        names = ", ".join(repr(node.name) for node in openers[:_NAMED])
        more = f" and {len(openers) - _NAMED} more" if len(openers) > _NAMED else ""
        what = f"moved below what opens connections: {names}{more}"
        text = edits.comment(f"{manager.name!r} was {what}")
        made.did(manager, what, edits.Edit(manager.span.start, edits.end_of(manager), text))
    for opener, managers in moved.items():
        pieces = [piece for one in managers for piece in _copy(write, one, opener)]
        made.edit(opener, write.children(opener, pieces))
    return made


def _scopes(subject: Subject) -> dict[Node, list[Node]]:
    """Return what callers come by in the scope of each manager."""
    found: dict[Node, list[Node]] = {}
    for node in subject.running:
        for one in subject.tree.in_scope(node):
            if one.kind == "HeaderManager":
                found.setdefault(one, []).append(node)
    return found


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
    included = any(node.kind == "IncludeController" for node in subject.tree.live())
    return "an included file may take its headers from here" if included else ""


def _copy(write: edits.Writer, manager: Node, opener: Node) -> list[bytes]:
    """Return a manager as it stands, with the indentation of its new place."""
    body = write.source[manager.span.start : edits.end_of(manager)]
    if b"CDATA" not in body:
        old, new = write.indent_at(manager.span.start), write.indent_at(opener.span.start) + b"  "
        body = body.replace(b"\n" + old, b"\n" + new)
    return [edits.comment(f"{manager.name!r} was moved here"), body]
