"""YAML text -> plain data, with the place of every key and value.

The text is hostile: its size, depth and the size that aliases unfold to are bounded, tags and merge keys are
refused, keys occur once. Scalars follow the core schema of YAML 1.2 (10.3.2): `yes` and `on` are texts.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from jmxgen.errors import Fault, Place, ScenarioError
from jmxgen.scenario.nodes import Node, mapping, sequence

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES: Final = 256 * 1024  # PyYAML reads about 0.1 MB a second; a scenario has a few kB
MAX_DEPTH: Final = 40
MAX_NODES: Final = 20_000  # aliases unfolded
MAX_DIGITS: Final = 1000  # of one number

_CORE: Final = "tag:yaml.org,2002:"
_TAGS: Final[Mapping[str, type | tuple[type, ...]]] = {
    f"{_CORE}str": str,
    f"{_CORE}int": int,
    f"{_CORE}float": (float, int),
    f"{_CORE}bool": bool,
    f"{_CORE}null": type(None),
    f"{_CORE}map": dict,
    f"{_CORE}seq": list,
}
_WORDS: Final = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.nan"
)


_HINTS: Final = {
    "'\\t'": "indent with blanks, not tabs",
    "mapping values are not allowed": "quote a text that holds a colon and a blank",
    "cannot start any token": "quote a text that begins with @, ` or %",
    "expected <block end>": "entries of one list or mapping begin in one column",
    "unexpected end of stream": "a quote is not closed",
}
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def read(path: Path) -> Node:
    """Read a YAML file.

    Raises:
        ScenarioError: it can't be read, or `parse` refuses it.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ScenarioError(f"can't read the scenario: {reason}", place=Place(path)) from None
    return parse(content, path=path)


def parse(text: str | bytes, *, path: Path | str) -> Node:
    """Return the one document of a YAML text.

    Args:
        text: bytes are UTF-8, with or without a byte order mark.
        path: the name that places bear.

    Raises:
        ScenarioError: it is not YAML (one fault), or has duplicate keys or tags (all of them).
    """
    decoded = _decode(text, path)
    try:
        return _Builder(path, decoded).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(path, mark.line + 1, mark.column + 1) if mark else Place(path)
        what = " ".join(part for part in (error.context, error.problem) if part)
        hint = next((hint for sign, hint in _HINTS.items() if sign in what), None)
        raise ScenarioError(f"not valid YAML: {what}", place=place, hint=hint) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # PyYAML lets int() and chr() speak for bad escapes.
        raise ScenarioError(f"not valid YAML: {error}", place=Place(path)) from None


def _decode(text: str | bytes, path: Path | str) -> str:
    size = len(text)
    if size > MAX_BYTES:
        raise ScenarioError(
            f"this is longer than a scenario can be ({MAX_BYTES // 1024} kB)", place=Place(path)
        )
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            column = error.start - error.object.rfind(b"\n", 0, error.start)
            raise ScenarioError(
                "this is not valid UTF-8", place=Place(path, line, column), hint="save it as UTF-8"
            ) from None
    text = text.removeprefix("\ufeff")
    bad = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if bad:
        line = text.count("\n", 0, bad.start()) + 1
        column = bad.start() - text.rfind("\n", 0, bad.start())
        what = f"the character U+{ord(bad.group()):04X} can't stand in YAML"
        raise ScenarioError(what, place=Place(path, line, column), hint=r'write it as an escape, "\x00"')
    return text


class _Builder:
    """Builds nodes from PyYAML's events: its loaders neither bound aliases nor see duplicate keys."""

    def __init__(self, path: Path | str, text: str) -> None:
        self.path = path
        self.events = yaml.parse(text, Loader=yaml.SafeLoader)
        self.anchors: dict[str, Node | None] = {}
        self.faults: list[Fault] = []
        self.nodes = 0

    def document(self) -> Node:
        next(self.events)  # StreamStart
        start = next(self.events)
        if isinstance(start, yaml.StreamEndEvent):
            raise ScenarioError("the scenario is empty", place=Place(self.path), hint="see jmxgen init")
        root = self.node(next(self.events), 0)
        next(self.events)  # DocumentEnd
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            self.fault(after, "a scenario is one document", "leave out the --- and what follows")
        if self.faults:
            raise ScenarioError.of(self.faults)
        return root

    def place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        assert mark is not None
        return Place(self.path, mark.line + 1, mark.column + 1)

    def fault(self, event: yaml.Event, what: str, hint: str | None = None) -> None:
        if len(self.faults) < 100:
            self.faults.append(Fault(what, self.place(event), hint))

    def node(self, event: yaml.Event, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise ScenarioError(f"this is nested deeper than {MAX_DEPTH} levels", place=self.place(event))
        if isinstance(event, yaml.AliasEvent):
            return self.count(self.alias(event), event)
        assert isinstance(event, yaml.NodeEvent)
        if event.anchor is not None:
            self.anchors[event.anchor] = None  # not known while it is built: no node holds itself
        if isinstance(event, yaml.MappingStartEvent):
            node = self.mapping(event, depth)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self.sequence(event, depth)
        else:
            assert isinstance(event, yaml.ScalarEvent)
            node = self.count(self.scalar(event), event)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def count(self, node: Node, event: yaml.Event) -> Node:
        self.nodes += node.size
        if self.nodes > MAX_NODES:
            raise ScenarioError(f"this unfolds to more than {MAX_NODES} values", place=self.place(event))
        return node

    def alias(self, event: yaml.AliasEvent) -> Node:
        node = self.anchors.get(str(event.anchor))
        if node is None:
            inside = event.anchor in self.anchors
            self.fault(event, f"*{event.anchor} {'holds itself' if inside else 'names no anchor before it'}")
            return Node(None, self.place(event))
        return node

    def mapping(self, event: yaml.MappingStartEvent, depth: int) -> Node:
        self.check_tag(event, {})
        parts: dict[str | int, Node] = {}
        keys: dict[str | int, Place] = {}
        while not isinstance(key := next(self.events), yaml.MappingEndEvent):
            name = self.key(key, depth)
            value = self.node(next(self.events), depth + 1)
            if name is None:
                continue
            if name in parts:
                self.fault(key, f"the key {name!r} occurs twice", f"first at {keys[name]}")
                continue
            parts[name], keys[name] = value, self.place(key)
        self.nodes += 1
        return mapping(parts, keys, self.place(event))

    def key(self, event: yaml.Event, depth: int) -> str | None:
        """Return a key as text; None, after a fault, where it is none."""
        if not isinstance(event, yaml.ScalarEvent):
            self.node(event, depth + 1)
            self.fault(event, "a key must be a text", "quote texts that begin with { or [")
            return None
        self.check_tag(event, event.value)
        self.check_text(event)
        if event.value == "<<" and event.implicit[0]:
            self.fault(
                event, "merge keys are not read", "write the keys out, or use an alias for a whole value"
            )
            return None
        return str(event.value)

    def sequence(self, event: yaml.SequenceStartEvent, depth: int) -> Node:
        self.check_tag(event, [])
        parts = []
        while not isinstance(item := next(self.events), yaml.SequenceEndEvent):
            parts.append(self.node(item, depth + 1))
        self.nodes += 1
        return sequence(parts, self.place(event))

    def scalar(self, event: yaml.ScalarEvent) -> Node:
        plain = event.implicit[0] and event.tag is None
        text: str = event.value
        self.check_text(event)
        number = text.lstrip("-+")
        if len(number) > MAX_DIGITS and plain and number.isdigit():
            self.fault(event, f"a number of more than {MAX_DIGITS} digits", "quote it where it is a text")
            return Node(0, self.place(event))
        typed = event.tag is not None and event.tag.startswith(_CORE) and event.tag != f"{_CORE}str"
        data = resolve(text) if plain or typed else text
        self.check_tag(event, data)
        return Node(data, self.place(event))

    def check_text(self, event: yaml.ScalarEvent) -> None:
        if _SURROGATE.search(event.value):
            self.fault(event, "this is not valid Unicode text", "half of a surrogate pair can't be sent")

    def check_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, data: object) -> None:
        tag = event.tag
        if tag is None or tag == "!":
            return
        kinds = _TAGS.get(tag)
        if kinds is None:
            self.fault(event, f"the tag {tag.replace(_CORE, '!!')!r} is not read", "a scenario is plain YAML")
        elif not isinstance(data, kinds):
            self.fault(event, f"this is not a valid {tag.removeprefix(_CORE)}", "leave out the tag")


def resolve(text: str) -> Any:
    """Return what a plain scalar means in YAML 1.2's core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text) and len(text) <= MAX_DIGITS + 2:
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        return float(
            text.replace(".inf", "inf").replace(".Inf", "inf").replace(".INF", "inf").replace(".nan", "nan")
        )
    return text
