"""Pings are answered: a Ping Frame Filter that replies, over everything that reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.harden import edits
from jmxgen.harden.model import Options, Rewriting
from jmxgen.lint import elements

if TYPE_CHECKING:
    from lxml import etree

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.subject import Subject

SUMMARY = "answer the server's pings while samplers read"


def rewrite(subject: Subject, _options: Options) -> Rewriting:
    """Let filters that swallow pings answer them; add a filter to thread groups that have none."""
    made = Rewriting("pings")
    write = edits.Writer(subject.tree)
    seen: set[Node] = set()
    silent: dict[Node, None] = {}  # one may lie over several thread groups
    for flow in subject.flows:
        bare = [node for node in flow.visited if elements.reads_frames(node) and node not in seen]
        bare = [node for node in bare if not elements.answers_pings(subject.tree.in_scope(node))]
        seen.update(bare)
        found = {node: [one for one in subject.tree.in_scope(node) if _is_filter(one)] for node in bare}
        silent |= dict.fromkeys(one for filters in found.values() for one in filters)
        bare = [node for node in bare if not found[node]]
        endless = {node for node in flow.visited if elements.reads(node) and elements.read_timeout(node) == 0}
        for node in (node for node in bare if node in endless):
            made.left(node, "readTimeout 0 fails under a filter: give it one, then its pings can be answered")
        if bare and not endless:
            _add(made, write, flow.group)
        else:
            for node in (node for node in bare if node not in endless):
                _add(made, write, node)
    for node in silent:
        _let_answer(made, write, node)
    return made


def _is_filter(node: Node) -> bool:
    return node.kind == "PingFrameFilter" and node.text("filterType", "FilterAll") != "FilterPongOnly"


def _let_answer(made: Rewriting, write: edits.Writer, node: Node) -> None:
    what = "the filter answers the pings that it takes"
    reply = node.prop("replyToPing")
    note = write.before(node, [edits.comment(what)])
    if reply is None:
        if node.span.empty:
            made.left(node, "the filter has no properties: switch 'reply to ping' on by hand")
            return
        made.did(node, what, note, write.prop(node, b'<boolProp name="replyToPing">true</boolProp>'))
    else:
        made.did(node, what, note, edits.text_of(node, reply, "true"))


def _add(made: Rewriting, write: edits.Writer, parent: Node) -> None:
    what = "added a filter that answers pings while samplers read"
    pieces = [edits.comment(what), write.pair(_filter(), parent)]
    made.did(parent, what, write.children(parent, pieces))


def _filter() -> etree._Element:
    name = f"{elements.PLUGIN}PingFrameFilter"
    # Pongs are left to whoever sent the ping.
    properties = {"replyToPing": ("boolProp", "true"), "filterType": ("stringProp", "FilterPingOnly")}
    return edits.element(name, f"{name}Gui", "jmxgen: answer pings", properties)
