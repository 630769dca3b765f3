"""Reading of any .jmx: elements with their hashTree, where each stands in the source, what is in scope.

A plan is a list of pairs: an element, then a ``hashTree`` with the elements below it. `read` joins the
pairs to nodes and keeps the source, so that `jmxgen.lint` can name a line and `jmxgen.harden` can leave all
else byte for byte.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from typing import TYPE_CHECKING, Literal

from lxml import etree

from jmxgen.errors import Place, PlanError
from jmxgen.jmx.source import TextSpan, decode, locate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_LINE = 2000  # bytes of a line that are shown
MAX_LABEL = 200  # characters of a label that are shown in a path
MAX_SCOPE = 20_000_000  # steps up the tree and elements in scope, looked at for all samplers
MAX_BYTES = 64 * 2**20  # the largest plans seen, recorded ones with their bodies, have some ten megabytes

# The class names show it: JMeter's own and the plugins' alike.
_ROLES: tuple[tuple[Literal["group", "sampler", "controller"], re.Pattern[str]], ...] = (
    ("group", re.compile(r"ThreadGroup$")),
    ("sampler", re.compile(r"Sampler(Proxy|2)?$|^TestAction$")),
    ("controller", re.compile(r"Control(ler)?$|^RunTime$")),
)


@dataclasses.dataclass(eq=False, slots=True)
class Node:
    """One element of the plan with the elements of its hashTree. Compared by identity."""

    element: etree._Element
    span: TextSpan
    parent: Node | None
    tree: Tree
    children: list[Node] = dataclasses.field(default_factory=list)
    below: etree._Element | None = None  # its hashTree

    @property
    def kind(self) -> str:
        """The class without its package: `OpenWebSocketSampler`, `ThreadGroup`."""
        return self.qualified.rpartition(".")[2]

    @property
    def qualified(self) -> str:
        """The class as the plan writes it, with its package where it has one."""
        return str(self.element.tag)

    @property
    def role(self) -> Literal["group", "sampler", "controller", "scoped"]:
        """What it is to JMeter: what is none of the first three applies to the samplers in its scope."""
        return next((role for role, pattern in _ROLES if pattern.search(self.kind)), "scoped")

    @property
    def name(self) -> str:
        """The label a person gave it."""
        return self.element.get("testname") or ""

    @property
    def enabled(self) -> bool:
        """Whether the element itself is switched on."""
        return self.element.get("enabled") != "false"

    @property
    def live(self) -> bool:
        """Whether it and all above it are switched on: JMeter drops a disabled element with all below it."""
        return self.enabled and all(node.enabled for node in self.ancestors())

    @property
    def path(self) -> str:
        """The labels from the test plan down: `Test Plan > callers > open`."""
        above = [self, *self.ancestors()]
        return " > ".join((node.name or node.kind)[:MAX_LABEL] for node in reversed(above))

    @property
    def place(self) -> Place:
        """Its file, line and column."""
        return Place(self.tree.path, self.span.line, self.span.column)

    def ancestors(self) -> Iterator[Node]:
        """Yield the nodes above, nearest first."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def walk(self) -> Iterator[Node]:
        """Yield the node and all below it, in the order of the file."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))

    def prop(self, name: str) -> etree._Element | None:
        """Return the property `name` of the element itself, or None."""
        for child in self.element:
            if child.get("name") == name and isinstance(child.tag, str):
                return child
        return None

    def text(self, name: str, default: str = "") -> str:
        """Return the text of the property `name`, stripped, or `default` where it is missing."""
        found = self.prop(name)
        return default if found is None else (found.text or "").strip()

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return whether the property `name` is ``true`` (JMeter takes any other text for false)."""
        found = self.prop(name)
        return default if found is None else (found.text or "").strip().lower() == "true"

    def properties(self) -> Iterator[etree._Element]:
        """Yield every property of the element, nested ones too."""
        for element in self.element.iter(etree.Element):
            if element is not self.element:
                yield element


@dataclasses.dataclass(eq=False)
class Tree:
    """A plan as read. `source` is its text as UTF-8 without a byte order mark, `encoding` the file's own."""

    path: Path | str
    source: bytes
    encoding: str
    bom: bytes
    root: etree._Element
    top: list[Node] = dataclasses.field(default_factory=list)
    spans: dict[etree._Element, TextSpan] = dataclasses.field(default_factory=dict)
    _scopes: dict[Node, list[Node]] = dataclasses.field(default_factory=dict)
    _named: dict[Node | None, dict[str, Node]] = dataclasses.field(default_factory=dict)
    _looked: int = 0

    def walk(self) -> Iterator[Node]:
        """Yield all nodes in the order of the file."""
        for node in self.top:
            yield from node.walk()

    def live(self) -> Iterator[Node]:
        """Yield the nodes that are switched on, with all above them."""
        stack = list(reversed(self.top))
        while stack:
            node = stack.pop()
            if node.enabled and node.kind != "WorkBench":  # JMeter before 4: what is on it never runs
                yield node
                stack.extend(reversed(node.children))

    def span(self, element: etree._Element) -> TextSpan:
        """Return where an element, a property say, stands in the source."""
        return self.spans[element]

    def line(self, number: int) -> str:
        """Return the beginning of the source's line `number` (from 1): a plan may be one line as a whole."""
        line = self._lines[number - 1] if 0 < number <= len(self._lines) else b""
        return line[:MAX_LINE].decode(errors="replace")

    @functools.cached_property
    def _lines(self) -> list[bytes]:
        return self.source.splitlines()

    @functools.cached_property
    def modules(self) -> dict[Node, list[Node]]:
        """What Module Controllers stand for -> those controllers. A disabled target runs all the same."""
        found: dict[Node, list[Node]] = {}
        for node in self.walk():
            if node.kind == "ModuleController" and node.enabled:
                target = self.module_target(node)
                if target is not None:
                    found.setdefault(target, []).append(node)
        return found

    def module_target(self, module: Node) -> Node | None:
        """Return the node that a Module Controller names by its path of labels, or None."""
        steps = module.prop("ModuleController.node_path")
        labels = [] if steps is None else [child.text or "" for child in steps.iterchildren("stringProp")]
        # The path starts at the GUI's invisible root; the test plan comes second (JMeter's ModuleController).
        found = None
        for label in labels[1:]:
            found = self._children_by_name(found).get(label)
            if found is None:
                return None
        return found

    def _children_by_name(self, parent: Node | None) -> dict[str, Node]:
        known = self._named.get(parent)
        if known is None:
            level = self.top if parent is None else parent.children
            known = self._named[parent] = {node.name: node for node in reversed(level)}
        return known

    def in_scope(self, sampler: Node) -> list[Node]:
        """Return the live elements that apply to a sampler: those below it and beside all above it.

        A fragment's scope goes on at each Module Controller that runs it.

        Raises:
            PlanError: so many elements apply to so many samplers that asking for each would not end in time.
        """
        found: dict[Node, None] = {}
        seen: set[Node] = set()
        stack: list[Node | None] = [sampler]
        while stack:
            node = stack.pop()
            while node is not None and node not in seen:
                seen.add(node)
                found.update(dict.fromkeys(self._scoped(node)))
                stack.extend(self.modules.get(node, ()))
                node = node.parent
        self._looked += len(seen) + len(found)
        if self._looked > MAX_SCOPE:
            raise PlanError(
                "too many timers, scripts and the like apply to too many samplers",
                place=sampler.place,
                hint="split the plan",
            )
        return list(found)

    def _scoped(self, node: Node) -> list[Node]:
        cached = self._scopes.get(node)
        if cached is None:
            cached = [child for child in node.children if child.enabled and child.role == "scoped"]
            self._scopes[node] = cached
        return cached


def read(path: Path) -> Tree:
    """Read a .jmx file.

    Raises:
        PlanError: it can't be read, is too large, is not XML, or is not a JMeter plan.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PlanError(f"can't be read: {error.strerror or error}", place=Place(path)) from error
    return parse(data, path=path)


def parse(data: bytes, *, path: Path | str, encoding: str | None = None) -> Tree:
    """Read a plan from its bytes, in `encoding` whatever it declares; `path` is what its places name.

    Raises:
        PlanError: as `read` does.
    """
    if len(data) > MAX_BYTES:
        raise PlanError(f"is larger than {MAX_BYTES // 2**20} MB", place=Place(path), hint="not a plan?")
    source, encoding, bom = (data, encoding, b"") if encoding == "utf-8" else decode(data, path)
    places = locate(source, path)  # first: it refuses what would harm the next parser
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        recover=False,
    )
    try:
        root = etree.fromstring(source, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line, column = getattr(error, "position", (None, None))
        raise PlanError(f"is not well-formed XML: {error!s}", place=Place(path, line, column)) from error
    if root.tag != "jmeterTestPlan":
        hint = "these are results: jmxgen analyze reads them" if root.tag == "testResults" else None
        raise PlanError(f"is no JMeter plan: its root is <{root.tag!s}>", place=Place(path), hint=hint)
    below = root.find("hashTree")
    if below is None:
        raise PlanError("is no JMeter plan: its root has no hashTree", place=Place(path))
    tree = Tree(path, source, encoding, bom, root)
    tree.spans = dict(zip(root.iter(etree.Element), places, strict=True))
    tree.top = _pairs(below, None, tree)
    return tree


def _pairs(below: etree._Element, parent: Node | None, tree: Tree) -> list[Node]:
    """Join the elements of a hashTree with the hashTrees that follow them."""
    nodes: list[Node] = []
    for element in below.iterchildren(etree.Element):
        if element.tag != "hashTree":
            nodes.append(Node(element, tree.spans[element], parent, tree))
        elif nodes:
            nodes[-1].below = element
            nodes[-1].children.extend(_pairs(element, nodes[-1], tree))
    return nodes
