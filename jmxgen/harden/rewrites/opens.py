"""Opens are guarded: what is still open is closed before, a refusal is tried again, bounded and jittered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jmxgen.harden import closing, edits
from jmxgen.harden.model import Options, Rewriting
from jmxgen.lint import elements, retry

if TYPE_CHECKING:
    from lxml import etree

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.flow import Flow
    from jmxgen.lint.subject import Subject

SUMMARY = "close what is open before each open and at a thread's end; try refused handshakes again"

_PREFIX = re.compile(rb"jmxgen_open_(\d+)")
_ONE_A_PASS = frozenset({"InterleaveControl", "RandomController"})
_CHOOSE = _ONE_A_PASS | {"SwitchController", "RandomOrderController", "ThroughputController"}
CLOSE = "close before it opens again"
PUT_AWAY = "jmxgen: put away what is left of the connection before"
_STOPS = frozenset({"stopthread", "stoptest", "stoptestnow"})


def rewrite(subject: Subject, options: Options) -> Rewriting:
    """Guard every sampler of the plugin that opens connections."""
    made = Rewriting("opens")
    write = edits.Writer(subject.tree)
    number = max((int(digits) for digits in _PREFIX.findall(subject.tree.source)), default=0)
    for node, flow in subject.running.items():
        if elements.opens(node) is None:
            made.left(node, "a variable decides whether it opens: not guarded")
        elif elements.opens(node):
            number += 1
            _guard(made, write, subject, _Opener(node, flow, f"jmxgen_open_{number}", options))
    for node in subject.tree.live():
        if node.qualified == elements.ZALESKI:
            made.left(node, "the older WebSocket plugin: its connections can't be guarded from outside")
        if node.kind == "IncludeController":
            made.left(node, "the file that it includes is a plan of its own: harden that too")
    return made


class _Opener:
    """An opener and how it is guarded."""

    def __init__(self, node: Node, flow: Flow, prefix: str, options: Options) -> None:
        self.node, self.flow, self.prefix, self.options = node, flow, prefix, options

    @property
    def looped(self) -> bool:
        """Whether a While Controller of the plan's own tries again."""
        found = retry.find(self.flow, self.node)
        return found is not None and not elements.is_thread_group(found)

    @property
    def obstacle(self) -> str:
        """What keeps a loop around the opener from trying again; "" where nothing does."""
        if self.flow.on_error in _STOPS:
            return f"the group's {self.flow.on_error!r} ends the caller at a refusal"
        for above in self.node.ancestors():
            # Style 1 runs a controller below it as a whole, the other one sample a pass (seen in a real run).
            if above.kind in _ONE_A_PASS and above.text("InterleaveControl.style", "0") != "1":
                return f"{above.name!r} runs one sampler a pass"
        return ""

    @property
    def unseen(self) -> str:
        """What keeps a Close sampler from standing before it; "" where nothing does."""
        if self.flow.on_error in _STOPS:
            return f"the group's {self.flow.on_error!r} would end the caller where a close fails"
        parent = self.node.parent
        if (self.looped or self.obstacle) and parent is not None and parent.kind in _CHOOSE:
            return f"{parent.name!r} chooses among what stands in it"
        for other in self.node.tree.in_scope(self.node):
            if other.parent is not self.node and _acts(other):
                return f"{other.name!r} would act on it"
        return ""

    def loop(self) -> etree._Element:
        # JMeter evaluates the condition on arrival and after each pass; a jump out of the loop may leave the
        # variable behind, and with the iteration's number in it a stale one does not count.
        condition = f'${{__groovy(vars.remove("{self.prefix}") != "done:" + vars.iteration)}}'
        chosen = self.node.parent is not None and self.node.parent.kind == "SwitchController"
        name = f"jmxgen: connect ({self.node.name}): until connected, or max_attempts used up"
        name = self.node.name if chosen else name  # a Switch Controller chooses by name
        properties = {"WhileController.condition": ("stringProp", condition)}
        return edits.element("WhileController", "WhileControllerGui", name, properties)

    def delay(self) -> etree._Element:
        options = self.options
        name = f"jmxgen: reconnect delay: jitter full, base {options.base} ms, cap {options.cap} ms"
        return closing.script("JSR223Timer", name, "harden_wait", f"{self.prefix} {options.base}")

    def outcome(self, attempts: int) -> etree._Element:
        options = self.options
        codes = ",".join(str(code) for code in options.give_up_on) or "none"
        parameters = f"{self.prefix} {attempts} {options.base} {options.cap} {codes}"
        again = "connected, or again after a delay, or given up" if attempts > 1 else "connected or not"
        return closing.script("JSR223Listener", f"jmxgen: outcome: {again}", "harden_outcome", parameters)


def _acts(node: Node) -> bool:
    """Whether it acts on every sampler in its scope, one that is added too; a think time may."""
    return node.kind in (
        "SyncTimer",
        "ConstantThroughputTimer",
        "PreciseThroughputTimer",
    ) or node.kind.endswith(("Assertion", "Extractor", "PostProcessor", "PreProcessor"))


def _guard(made: Rewriting, write: edits.Writer, subject: Subject, opener: _Opener) -> None:
    node = opener.node
    if retry.scripted(opener.flow, node):
        made.left(node, "a script of the plan guards its opens: kept as it is")
        return
    scope = subject.tree.in_scope(node)
    tended = any("PreProcessor" in one.kind and elements.tends_connection(one) for one in scope)
    wraps = not opener.looped and not opener.obstacle
    if opener.obstacle and not opener.looped:
        made.left(node, f"{opener.obstacle}: no retry added")
    elif opener.looped and not tended:
        made.left(node, "the plan has a retry of its own around it: kept as it is")
    if tended and not wraps:
        return
    under: list[etree._Element] = []
    before: list[bytes] = []
    what: list[str] = []
    if not tended:
        what.append("closes what is open before it")
        under.append(closing.script("JSR223PreProcessor", PUT_AWAY, "harden_put_away", ""))
        if opener.unseen:
            made.left(node, f"no Close sampler before it, a script closes without a row: {opener.unseen}")
        else:
            before = [_close_before(write, node, deeper=wraps)]
    if wraps:
        what.append(f"tries again when refused, at most {opener.options.attempts} times in all")
        under.append(opener.delay())
    under.append(opener.outcome(opener.options.attempts if wraps else 1))
    said = " and ".join(what)
    children = write.children(node, [write.pair(one, node) for one in under])
    if wraps:
        made.did(node, said, *_wrapped(write, opener, [edits.comment(said)], before, children))
    else:
        made.did(node, said, write.before(node, [edits.comment(said), *before]), children)


def _close_before(write: edits.Writer, node: Node, *, deeper: bool) -> bytes:
    indent = write.indent_at(node.span.start) + (b"  " if deeper else b"")
    when = "if the connection before still lives"
    return closing.close(write, indent, when=when, lives=closing.LIVES, name=CLOSE)


def _wrapped(
    write: edits.Writer, opener: _Opener, above: list[bytes], before: list[bytes], children: edits.Edit
) -> tuple[edits.Edit, ...]:
    """Return the edits that put an opener into a loop, behind what stands `before` it there."""
    node = opener.node
    indent = write.indent_at(node.span.start)
    head = [*above, write.serialise(opener.loop(), indent), b"<hashTree>", *before]
    end = edits.end_of(node)
    tail = edits.Edit(end, end, write.newline + indent + b"</hashTree>")
    return write.before(node, head), *_closed(children, tail)


def _closed(children: edits.Edit, tail: edits.Edit) -> tuple[edits.Edit, ...]:
    """Return both edits; as one where the first replaces an empty hashTree up to the second's place."""
    if children.end == tail.start:
        return (edits.Edit(children.start, children.end, children.text + tail.text),)
    return children, tail
