"""Criteria: `closures.handshake.rate < 1%`, one comparison each, judged on the JSON document.

    criterion   NAME OP VALUE, OP being one of < <= > >= == !=
    NAME        the keys of the JSON document, joined by dots: closures.data.total, connections.leaked;
                in brackets where a key is not a word: labels["open"].p95, closures.handshake.statuses[429];
                a label or hypothesis is found by its name: hypotheses["concurrency-cap"].explains
    VALUE       a number, a percentage (1%), a duration (500ms, 5s, 1m30s), text (healthy, "idle-timeout"), or
                another NAME with a dot in it: callers.reached >= callers.planned

A name that the document can't have is an error. What this run does not show (a rate over no attempt, the p95
of a label that it lacks, the limit of a healthy run) is not judged: neither the criterion nor its contrary
holds. A count that did not occur, such as a status, is 0.
"""

from __future__ import annotations

import dataclasses
import operator
import re
from typing import TYPE_CHECKING, Any, Final

from jmxgen.analysis.schema import schema
from jmxgen.errors import UsageError
from jmxgen.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Path = tuple[str, ...]
    Node = Mapping[str, Any]  # a part of the JSON schema

_LONGEST: Final = 2000
_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<number>\d+(?:\.\d+)?(?:%|(?:ms|[smh])(?:\d+(?:ms|[smh]))*)?(?![\w.]))
    |(?P<text>"[^"]*"|'[^']*')
    |(?P<operator><=|>=|==|!=|<|>)
    |(?P<mark>[()\[\].])
    |(?P<word>[A-Za-z_][\w]*(?:-[\w]+)*)
    )""",
    re.VERBOSE,
)
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_CONTRARY: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_UNITS: Final = {"ms": 1.0, "s": 1000.0, "m": 60_000.0, "h": 3_600_000.0}
_MS_KEYS: Final = ("p50", "p90", "p95", "p99", "max")


def evidence_keys() -> tuple[str, ...]:
    """Return the keys of all causes' evidence; which of them a run has depends on its cause."""
    from jmxgen.analysis.causes import CAUSES  # pandas: only an expression about evidence needs it

    return tuple(sorted({key for cause in CAUSES.values() for key in cause.EVIDENCE} - {"interval"}))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """Whether a criterion holds, None where this run can't show it, and the value it was judged by."""

    holds: bool | None
    actual: str  # `17.2%`, or why it could not be judged


@dataclasses.dataclass(frozen=True, kw_only=True)
class Criterion:
    """A comparison whose words are known to be right."""

    expression: str  # as it was written
    name: Path
    sign: str
    wanted: float | str | Path
    node: Node  # what the schema says of the name

    def evaluate(self, document: Mapping[str, Any]) -> Outcome:
        """Judge the document (`jmxgen.analysis.report.json.value`)."""
        unknown = _unmeasured(self.name, document)
        if unknown:
            return Outcome(holds=None, actual=unknown)
        actual = _lookup(document, self.name, self.node)
        wanted = self._wanted(document)
        if wanted is None:
            return Outcome(holds=None, actual=f"{joined(self.wanted_name)} is unknown")
        if actual is None or isinstance(actual, str) != isinstance(wanted, str):
            return Outcome(holds=None, actual=_why_unknown(self.name, document))
        shown = _shown(actual, self.name[-1], self.node)
        if self.wanted_name:
            other = _shown(wanted, self.wanted_name[-1], self._wanted_node())
            shown = f"{shown}, {joined(self.wanted_name)} {other}"
        return Outcome(holds=_COMPARE[self.sign](actual, wanted), actual=shown)

    @property
    def wanted_name(self) -> Path:
        """The name on the right, empty where a value stands there."""
        return self.wanted if isinstance(self.wanted, tuple) else ()

    def _wanted_node(self) -> Node:
        """Return the schema of the figure on the right: a count is never shown in the unit of a rate."""
        return _Parser(self.expression).known(self.wanted_name, 0)

    def _wanted(self, document: Mapping[str, Any]) -> float | str | None:
        return _lookup(document, self.wanted, {}) if isinstance(self.wanted, tuple) else self.wanted


def parse(expression: str) -> Criterion:
    """Read a criterion.

    Raises:
        UsageError: it can't be read, is more than one comparison, or names what the document can't have; the
            message says where.
    """
    return _Parser(expression).criterion()


class _Parser:
    """Reads the tokens of one expression from left to right."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = self._tokens()
        self.at = 0

    def _tokens(self) -> list[tuple[str, str, int]]:
        """Return (kind, text, position) of each token."""
        if len(self.expression) > _LONGEST:
            raise self.error(f"longer than {_LONGEST} characters", 0)
        tokens, position = [], 0
        text = self.expression.rstrip()
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None or found.lastgroup is None:
                at = position + len(text[position:]) - len(text[position:].lstrip())
                raise self.error(f"can't read {text[at : at + 20]!r}", at)
            tokens.append((found.lastgroup, found.group(found.lastgroup), found.start(found.lastgroup)))
            position = found.end()
        return tokens

    def error(self, what: str, at: int | None = None, hint: str | None = None) -> UsageError:
        if at is None:
            at = self.tokens[self.at][2] if self.at < len(self.tokens) else len(self.expression.rstrip())
        return UsageError(
            f"criterion {self.expression.strip()[:200]!r}, character {at + 1}: {what}", hint=hint
        )

    def peek(self, *texts: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][1] in texts

    def take(self, *kinds: str) -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at][0] in kinds:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def criterion(self) -> Criterion:
        self._refuse_several()
        start = self.tokens[0][2] if self.tokens else 0
        path = self.path()
        node = self.known(path, start)
        sign = self.take("operator")
        if sign is None:
            raise self.error(f"a comparison must follow {joined(path)}", hint="one of < <= > >= == !=")
        wanted = self.value(path, node)
        if isinstance(wanted, str) and sign not in ("==", "!="):
            raise self.error(f"text has no order: {sign} {wanted}", hint="== or !=")
        if self.at < len(self.tokens):
            raise self.error(f"{self.tokens[self.at][1]!r} is left over", hint="write one comparison each")
        return Criterion(
            expression=self.expression.strip(), name=tuple(path), sign=sign, wanted=wanted, node=node
        )

    def _refuse_several(self) -> None:
        """Say how to write what and, or, not and parentheses were used for."""
        for place, (kind, text, at) in enumerate(self.tokens):
            inside = place > 0 and self.tokens[place - 1][1] in (".", "[")
            if kind == "word" and text in ("and", "or") and not inside:
                parts = [self.expression[:at].strip(" ()"), self.expression[at + len(text) :].strip(" ()")]
                how = f"write two: {parts[0]!r} and {parts[1]!r}; all criteria must hold, and no --fail-on"
                raise self.error(f"{text!r} joins comparisons, and a criterion is one", at, how)
            if kind == "word" and text == "not" and not inside:
                signs = " ".join(f"{sign}→{contrary}" for sign, contrary in _CONTRARY.items())
                raise self.error("'not' can't be used", at, f"write the contrary comparison: {signs}")
            if text in ("(", ")"):
                raise self.error(
                    "parentheses can't be used", at, "write each comparison as a criterion of its own"
                )

    def path(self) -> list[str]:
        first = self.take("word")
        if first is None:
            raise self.error("a name is missing", hint="such as closures.data.total")
        path = [first]
        while True:
            if self.peek("."):
                self.at += 1
                key = self.take("word", "number")
                if key is None:
                    raise self.error("a name is missing after the dot")
            elif self.peek("["):
                self.at += 1
                key = self.take("text", "number", "word")
                if key is None or not self.peek("]"):
                    raise self.error("a name and a ] are missing", hint='as in labels["open"]')
                self.at += 1
            else:
                return path
            path.append(key[1:-1] if key[0] in "\"'" else key)

    def known(self, path: Sequence[str], start: int) -> Node:
        """Return the schema of what a name stands for."""
        node: Node = schema()
        for depth, key in enumerate(path):
            here = joined(path[:depth]) or "the document"
            if _is(node, "array"):
                node = node["items"]
                causes = node.get("properties", {}).get("cause", {}).get("enum")
                if causes and key not in causes:
                    raise self.error(f"no cause {key!r}", start, nearest(key, causes))
                continue
            if path[depth - 1 : depth] == ["evidence"]:
                if key not in (known := evidence_keys()):
                    raise self.error(f"no evidence {key!r}", start, nearest(key, known))
                return {}
            names = node.get("properties", {})
            if key in names:
                node = names[key]
            elif isinstance(node.get("additionalProperties"), dict) and re.search(
                node.get("propertyNames", {}).get("pattern", ""), key
            ):
                node = node["additionalProperties"]
            else:
                hint = nearest(key, names) if names else f"{here} is a value: compare it as it is"
                raise self.error(f"no {key!r} in {here}", start, hint)
        if _is(node, "object") or _is(node, "array") or _is(node, "boolean"):
            below = node.get("properties") or node.get("items", {}).get("properties", {})
            raise self.error(
                f"{joined(path)} is not a single value",
                start,
                f"go on with one of {', '.join(below)}" if below else None,
            )
        return node

    def value(self, path: Sequence[str], node: Node) -> float | str | Path:
        at = self.at
        text = self.take("number")
        if text is not None:
            number = _number(text, in_seconds=path[-1] == "seconds")
            if _is(node, "integer") and text[-1] in "%smh":
                self.at -= 1
                raise self.error(f"{joined(path)} is a count, not {text!r}", hint=_as_count(path))
            if _is_rate(node) and number >= 1 and not text.endswith("%"):
                self.at -= 1
                raise self.error(
                    f"{joined(path)} is between 0 and 1", hint=f"did you mean {number:g}%? all is 100%"
                )
            return number
        if self.tokens[at + 1 : at + 2] and self.tokens[at][0] == "word" and self.tokens[at + 1][1] in ".[":
            other = self.path()
            if _is_text(self.known(other, self.tokens[at][2])) != _is_text(node):
                raise self.error(f"{joined(path)} and {joined(other)} can't be compared", self.tokens[at][2])
            return tuple(other)
        word = self.take("text", "word")
        if word is None:
            raise self.error("a value is missing", hint="a number, 1%, 500ms, or a word")
        word = word[1:-1] if word[0] in "\"'" else word
        self.at -= 1
        if word not in node.get("enum", (word,)):
            raise self.error(f"{joined(path)} is never {word!r}", None, nearest(word, node["enum"]))
        if _is(node, "integer") or _is(node, "number"):
            raise self.error(f"{joined(path)} is a number, not {word!r}")
        self.at += 1
        return word


def joined(path: Iterable[str]) -> str:
    """Return a name as it is written."""
    text = ""
    for key in path:
        text += f".{key}" if text and re.fullmatch(r"[A-Za-z_]\w*", key) else f'["{key}"]' if text else key
    return text


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint at the known word nearest to `word`, or at all of them."""
    names = list(known)
    return did_you_mean(word, names, f"one of {', '.join(names[:20])}")


def _is(node: Node, kind: str) -> bool:
    kinds = node.get("type")
    return kind in kinds if isinstance(kinds, list) else kind == kinds


def _is_rate(node: Node) -> bool:
    return _is(node, "number") and node.get("maximum") == 1


def _is_text(node: Node) -> bool:
    return "enum" in node or "const" in node or _is(node, "string")


def _number(text: str, *, in_seconds: bool) -> float:
    if text.endswith("%"):
        return float(text[:-1]) / 100
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|[smh])", text)
    if not parts:
        return float(text)
    total = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return total / 1000 if in_seconds else total


def _as_count(path: Sequence[str]) -> str:
    rate = (*path[:2], "rate")
    return f"write a number, or compare {joined(rate)}" if path[-1] == "total" else "write a number"


def _unmeasured(name: Path, document: Mapping[str, Any]) -> str:
    """Return why a figure means nothing in this run: nothing was attempted, or nothing opened."""
    connections = document.get("connections", {})
    if not connections.get("attempted"):
        return "no connection was attempted"
    of_opened = name[:2] == ("closures", "data") or name[0] in ("stalls", "silent") or name[-1] == "leaked"
    return "no connection was opened" if of_opened and not connections.get("opened") else ""


def _lookup(document: Any, path: Path, node: Node) -> float | str | None:
    """Return what the document says; a count that did not occur and an unlisted cause are 0."""
    if path[0] == "hypotheses" and _named(document.get("hypotheses", []), path[1]) is None:
        return None if "evidence" in path else 0.0
    for key in path:
        if isinstance(document, list):
            document = _named(document, key)
        elif isinstance(document, dict):
            document = document.get(key, 0 if node and _is(node, "integer") and key == path[-1] else None)
        else:
            return None
    if isinstance(document, bool) or not isinstance(document, (int, float, str)):
        return None
    return document


def _named(items: Iterable[Mapping[str, Any]], key: str) -> Mapping[str, Any] | None:
    return next((item for item in items if key in (item.get("label"), item.get("cause"))), None)


def _why_unknown(name: Path, document: Mapping[str, Any]) -> str:
    labels = [str(row.get("label")) for row in document.get("labels", [])]
    if name[0] == "labels" and name[1] not in labels:
        hint = nearest(name[1], labels) if labels else "it has no labels"
        return f"this run has no label {name[1]!r}: {hint}"
    if "evidence" in name:
        cause = document.get("verdict", {}).get("cause") if name[0] == "verdict" else name[1]
        return f"{cause} has no {name[-1]} here"
    return f"{joined(name)} is unknown"


def _shown(value: float | str, key: str, node: Node) -> str:
    if isinstance(value, str):
        return value
    if _is_rate(node) or key in ("share", "rate"):
        shown = f"{value * 100:.4g}%"
        return "> 99.99%" if shown == "100%" and value < 1 else shown
    number = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.6g}"
    return f"{number} ms" if key in _MS_KEYS else f"{number} s" if key == "seconds" else number
