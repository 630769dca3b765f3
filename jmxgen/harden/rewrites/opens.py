"""Opens are guarded: what is still open is closed before, a refusal is tried again, bounded and jittered."""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import TYPE_CHECKING

from jmxgen.harden import edits
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

    def loop(self) -> etree._Element:
        # JMeter evaluates the condition on arrival and after each pass; a jump out of the loop may leave the
        # variable behind, and with the iteration's number in it a stale one does not count.
        condition = f'${{__groovy(vars.remove("{self.prefix}") != "done:" + vars.iteration)}}'
        # A Switch Controller chooses by name.
        chosen = self.node.parent is not None and self.node.parent.kind == "SwitchController"
        name = self.node.name if chosen else f"jmxgen: {self.node.name}, again when refused"
        properties = {"WhileController.condition": ("stringProp", condition)}
        return edits.element("WhileController", "WhileControllerGui", name, properties)

    def retrying(self) -> list[etree._Element]:
        options = self.options
        codes = ",".join(str(code) for code in options.give_up_on) or "none"
        parameters = f"{self.prefix} {options.attempts} {options.base} {options.cap} {codes}"
        return [
            _script(
                "JSR223Timer",
                "jmxgen: wait before another attempt",
                "harden_wait",
                f"{self.prefix} {options.base}",
            ),
            _script("JSR223Listener", "jmxgen: another attempt or not", "harden_outcome", parameters),
        ]


def _guard(made: Rewriting, write: edits.Writer, subject: Subject, opener: _Opener) -> None:
    node = opener.node
    if retry.scripted(opener.flow, node):
        made.left(node, "a script of the plan guards its opens: kept as it is")
        return
    closes = any(
        "PreProcessor" in one.kind and elements.tends_connection(one) for one in subject.tree.in_scope(node)
    )
    added = (
        [] if closes else [_script("JSR223PreProcessor", "jmxgen: close what is open", "harden_close", "")]
    )
    told = [] if closes else ["closes what is open before it"]
    obstacle = opener.obstacle
    wraps = not opener.looped and not obstacle
    if wraps:
        added += opener.retrying()
        told.append(f"tries again when refused, at most {opener.options.attempts} times in all")
    elif not opener.looped:
        made.left(node, f"{obstacle}: no retry added")
    elif not closes:
        made.left(node, "the plan has a retry of its own around it: kept as it is")
    if not added:
        return
    what = " and ".join(told)
    children = write.children(node, [write.pair(one, node) for one in added])
    if not wraps:
        made.did(node, what, write.before(node, [edits.comment(what)]), children)
        return
    indent = write.indent_at(node.span.start)
    head = [edits.comment(what), write.serialise(opener.loop(), indent), b"<hashTree>"]
    tail = write.newline + indent + b"</hashTree>"
    end = edits.end_of(node)
    made.did(node, what, write.before(node, head), *_closed(children, edits.Edit(end, end, tail)))


def _closed(children: edits.Edit, tail: edits.Edit) -> tuple[edits.Edit, ...]:
    """Return both edits; as one where the first replaces an empty hashTree up to the second's place."""
    if children.end == tail.start:
        return (edits.Edit(children.start, children.end, children.text + tail.text),)
    return children, tail


def _script(testclass: str, name: str, script: str, parameters: str) -> etree._Element:
    properties = {
        "scriptLanguage": ("stringProp", "groovy"),
        "parameters": ("stringProp", parameters),
        "filename": ("stringProp", ""),
        "cacheKey": ("stringProp", "true"),
        "script": ("stringProp", _groovy(script)),
    }
    return edits.element(testclass, "TestBeanGUI", name, properties)


@functools.cache
def _groovy(name: str) -> str:
    return (resources.files("jmxgen.templates") / "groovy" / f"{name}.groovy").read_text(encoding="utf-8")
