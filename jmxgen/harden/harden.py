"""Rewrites a plan so that lint is quiet where it can be, and its meaning unchanged."""

from __future__ import annotations

import bisect
import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import jmxgen.harden.rewrites
from jmxgen.errors import Place, UsageError
from jmxgen.harden import edits
from jmxgen.harden.model import Change, Options, Rewriting
from jmxgen.jmx import tree as trees
from jmxgen.lint import elements
from jmxgen.lint.subject import Subject

if TYPE_CHECKING:
    from jmxgen.jmx.tree import Tree

Rewrite = Callable[[Subject, Options], Rewriting]

# What the plugin and JMeter take only from properties (docs/reference/lint-rules.md: JX005, JX055).
PROPERTIES = {
    "websocket.thread.stop.policy": "wsClose",
    "jmeter.save.saveservice.subresults": "false",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Hardened:
    """The plan rewritten, what was changed or left alone, and what its properties file must say."""

    plan: bytes
    changes: tuple[Change, ...]
    properties: Mapping[str, str]


def rewrites() -> dict[str, tuple[str, Rewrite]]:
    """Return the rewrites: name -> what it does, and the function."""
    found = {}
    for module in pkgutil.iter_modules(jmxgen.harden.rewrites.__path__):
        loaded = importlib.import_module(f"jmxgen.harden.rewrites.{module.name}")
        found[module.name] = (loaded.SUMMARY, loaded.rewrite)
    return dict(sorted(found.items()))


def harden(
    plan: Tree,
    *,
    properties: Mapping[str, str] | None = None,
    options: Options | None = None,
    without: Iterable[str] = (),
) -> Hardened:
    """Return the plan with every rewrite made, but those named in `without`.

    The second time nothing more is changed. What no rewrite touches stays byte for byte.

    Raises:
        UsageError: `without` names no rewrite.
    """
    known, left_out = rewrites(), set(without)
    for name in left_out - set(known):
        raise UsageError(f"no rewrite is called {name!r}", hint=f"one of {', '.join(known)}")
    changes: list[Change] = []
    current, places = plan, _Places(plan)
    subject = Subject.of(current, properties=properties)
    for name, (_, rewrite) in known.items():
        if name not in left_out:
            made = rewrite(subject, options or Options())
            changes.extend(places.placed(change) for change in made.changes)
            if made.edits:
                current = _edited(current, made.edits)
                subject = Subject.of(current, properties=properties)
            places.history.append(edits.Origins(made.edits))
    done = [change for change in changes if change.done]
    if done:
        current = _edited(current, _told(current, done))
    ours = any(node.qualified.startswith(elements.PLUGIN) for node in plan.live())
    needed = PROPERTIES if ours else {}
    return Hardened(_encoded(current), tuple(changes), needed)


class _Places:
    """Places in the plan as it was read, not as earlier rewrites left it."""

    def __init__(self, plan: Tree) -> None:
        self.plan, self.history = plan, list[edits.Origins]()
        self._lines = [0, *(match.end() for match in re.finditer(b"\n", plan.source))]
        self._at = (0, 0, 0)  # a byte, where its line begins, and the characters between the two

    def placed(self, change: Change) -> Change:
        offset = change.offset
        for made in reversed(self.history):
            offset = made.of(offset)
        line = bisect.bisect_right(self._lines, offset)
        return dataclasses.replace(
            change, place=Place(self.plan.path, line, self._column(self._lines[line - 1], offset))
        )

    def _column(self, begin: int, offset: int) -> int:
        known, line, characters = self._at
        if line != begin or known > offset:
            known, characters = begin, 0
        characters += len(self.plan.source[known:offset].decode())
        self._at = (offset, begin, characters)  # changes come in order: a plan may be one line as a whole
        return characters + 1


def _edited(plan: Tree, made: Iterable[edits.Edit]) -> Tree:
    made = list(made)
    if not made:
        return plan
    edited = trees.parse(edits.apply(plan.source, made), path=plan.path, encoding="utf-8")
    edited.encoding, edited.bom = plan.encoding, plan.bom
    return edited


def _told(plan: Tree, done: list[Change]) -> list[edits.Edit]:
    """Return the edit that lists the changes in the test plan's comments, which JMeter keeps."""
    node = next((one for one in plan.top if one.kind == "TestPlan"), None)
    if node is None or node.span.empty:
        return []
    write = edits.Writer(plan)
    told = ["jmxgen harden:", *(f"- {change.path}: {change.what}" for change in done)]
    plain = ("".join(c if c.isprintable() else " " for c in line) for line in told)
    text = write.newline.join(escape(line).encode() for line in plain)
    old = node.prop("TestPlan.comments")
    if old is not None and not plan.span(old).empty:
        place = plan.span(old).outer
        return [edits.Edit(place, place, write.newline + text if (old.text or "").strip() else text)]
    text = b'<stringProp name="TestPlan.comments">' + text + b"</stringProp>"
    return [
        write.prop(node, text) if old is None else edits.Edit(plan.span(old).start, plan.span(old).end, text)
    ]


def _encoded(plan: Tree) -> bytes:
    return plan.bom + plan.source.decode().encode(plan.encoding, errors="xmlcharrefreplace")


def properties_text(old: str, needed: Mapping[str, str], stated: Mapping[str, str]) -> str:
    """Return a properties file: the old text, and what is needed and not stated there."""
    missing = [f"{key}={value}" for key, value in needed.items() if stated.get(key) != value]
    if not missing:
        return old
    head = [old.rstrip("\n"), ""] if old.strip() else []
    return "\n".join([*head, "# Added by jmxgen harden; to be given to JMeter with -q.", *missing]) + "\n"


def beside(plan: Path) -> Path:
    """Return where a plan's properties file stands."""
    return plan.with_suffix(".properties")
