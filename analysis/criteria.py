"""Criteria: `closures.handshake.rate < 1% and verdict.cause == healthy`, judged on the JSON document.

    expression  comparisons joined by `and`, `or`, `not`, in parentheses where wanted
    comparison  NAME OP VALUE, OP being one of < <= > >= == !=
    NAME        the keys of the JSON document, joined by dots: closures.data.total, connections.leaked;
                in brackets where a key is no word: labels["open"].p95, closures.handshake.statuses[429];
                a label or hypothesis is found by its name: hypotheses["concurrency-cap"].score
    VALUE       a number, a percentage (1%), a duration (500ms, 5s, 1m30s), or text (healthy, "idle-timeout")

A name the document can't have is an error. One that it may have but has not (a status that did not occur, the
limit of a healthy run) counts as 0 where it is a count, and else makes its comparison false, whatever the
operator.
"""

from __future__ import annotations

import dataclasses
import difflib
import operator
import re
from typing import TYPE_CHECKING, Any, Final

from jmxgen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Value = float | str | None
    Truth = Callable[["Mapping[str, Any]", "list[Reading]"], bool]

_LONGEST: Final = 2000
_DEEPEST: Final = 50
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
_UNITS: Final = {"ms": 1.0, "s": 1000.0, "m": 60_000.0, "h": 3_600_000.0}
# Evidence keys of all causes (docs/reference/causes.md): which of them a run has depends on its cause.
EVIDENCE: Final = (
    "after", "at", "attempts_per_s", "code", "connections", "count", "leaked", "limit", "onset", "plateau", (
        "rate"
    ),
    "rate_per_s", "resource", "seconds", "share", "throughput_per_s",
)  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reading:
    """A name of an expression and what the document says there; None where it says nothing."""

    name: str
    value: float | str | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """Whether an expression holds, and the values it was judged by."""

    expression: str
    passed: bool
    readings: tuple[Reading, ...]

    @property
    def actual(self) -> str:
        """The values in words: `closures.data.total is 3`."""
        return ", ".join(f"{r.name} is {_shown(r.value)}" for r in self.readings)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Criterion:
    """An expression whose words are known to be right."""

    expression: str
    _truth: Truth

    def evaluate(self, document: Mapping[str, Any]) -> Outcome:
        """Judge the document (`jmxgen.analysis.report.json.value`)."""
        readings: list[Reading] = []
        passed = self._truth(document, readings)
        unique = {reading.name: reading for reading in readings}
        return Outcome(expression=self.expression, passed=passed, readings=tuple(unique.values()))


def parse(expression: str) -> Criterion:
    """Read an expression.

    Raises:
        UsageError: it can't be read, or names what the document can't have; the message says where.
    """
    return Criterion(expression=expression.strip(), _truth=_Parser(expression).whole())


def evaluate(expression: str, document: Mapping[str, Any]) -> Outcome:
    """Read an expression and judge a document by it.

    Raises:
        UsageError: as `parse`.
    """
    return parse(expression).evaluate(document)


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = self._tokens()
        self.at = 0
        self.depth = 0

    def _tokens(self) -> list[tuple[str, str, int]]:
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

    def whole(self) -> Truth:
        truth = self.either()
        if self.at < len(self.tokens):
            raise self.error(
                f"{self.tokens[self.at][1]!r} is one too many", hint="join comparisons with and, or"
            )
        return truth

    def either(self) -> Truth:
        return self.joined("or", self.both, any)

    def both(self) -> Truth:
        return self.joined("and", self.one, all)

    def joined(self, word: str, inner: Callable[[], Truth], judge: Callable[[list[bool]], bool]) -> Truth:
        parts = [inner()]
        while self.peek(word):
            self.at += 1
            parts.append(inner())

        def truth(document: Mapping[str, Any], seen: list[Reading]) -> bool:
            every = [part(document, seen) for part in parts]  # all are read: the outcome shows their values
            return judge(every)

        return truth

    def one(self) -> Truth:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.error("nested too deep")
        try:
            if self.peek("not"):
                self.at += 1
                inner = self.one()
                return lambda document, seen: not inner(document, seen)
            if self.peek("("):
                self.at += 1
                inner = self.either()
                if not self.peek(")"):
                    raise self.error("a ) is missing")
                self.at += 1
                return inner
            return self.comparison()
        finally:
            self.depth -= 1

    def comparison(self) -> Truth:
        start = self.tokens[self.at][2] if self.at < len(self.tokens) else None
        path = self.name()
        node = self.known(path, start or 0)
        sign = self.take("operator")
        if sign is None:
            raise self.error(f"a comparison must follow {_joined(path)}", hint="one of < <= > >= == !=")
        wanted = self.value(path, node)
        if isinstance(wanted, str) and sign not in ("==", "!="):
            raise self.error(f"text has no order: {sign} {wanted}", hint="== or !=")
        compare, name, counted = _COMPARE[sign], _joined(path), node.get("type") == "integer"

        def truth(document: Mapping[str, Any], seen: list[Reading]) -> bool:
            actual = _lookup(document, path)
            actual = 0 if actual is None and counted else actual
            seen.append(Reading(name=name, value=actual))
            return (
                actual is not None
                and isinstance(actual, str) == isinstance(wanted, str)
                and compare(actual, wanted)
            )

        return truth

    def name(self) -> list[str]:
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

    def known(self, path: list[str], start: int) -> Mapping[str, Any]:
        """Return the schema of what a name stands for."""
        from jmxgen.analysis.report.json import schema

        node: Mapping[str, Any] = schema()
        for depth, key in enumerate(path):
            here = _joined(path[:depth]) or "the document"
            if node.get("type") == "array":
                node = node["items"]
                continue
            if path[depth - 1 : depth] == ["evidence"]:
                if key not in EVIDENCE:
                    raise self.error(f"no evidence {key!r}", start, _nearest(key, EVIDENCE))
                return {}
            names = node.get("properties", {})
            if key in names:
                node = names[key]
            elif isinstance(node.get("additionalProperties"), dict) and re.search(
                node.get("propertyNames", {}).get("pattern", ""), key
            ):
                node = node["additionalProperties"]
            else:
                raise self.error(f"no {key!r} in {here}", start, _nearest(key, names))
        if node.get("type") in ("object", "array"):
            below = node.get("properties") or node.get("items", {}).get("properties", {})
            raise self.error(
                f"{_joined(path)} is no single value",
                start,
                f"go on with one of {', '.join(below)}" if below else None,
            )
        return node

    def value(self, path: list[str], node: Mapping[str, Any]) -> float | str:
        text = self.take("number")
        if text is not None:
            return _number(text, in_seconds=path[-1] == "seconds")
        word = self.take("text", "word")
        if word is None:
            raise self.error("a value is missing", hint="a number, 1%, 500ms, or a word")
        word = word[1:-1] if word[0] in "\"'" else word
        self.at -= 1
        if word not in node.get("enum", (word,)):
            raise self.error(f"{_joined(path)} is never {word!r}", None, _nearest(word, node["enum"]))
        if node.get("type") in ("integer", "number"):
            raise self.error(f"{_joined(path)} is a number, not {word!r}")
        self.at += 1
        return word


def _number(text: str, *, in_seconds: bool) -> float:
    if text.endswith("%"):
        return float(text[:-1]) / 100
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|[smh])", text)
    if not parts:
        return float(text)
    total = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return total / 1000 if in_seconds else total


def _lookup(document: Any, path: list[str]) -> float | str | None:
    for key in path:
        if isinstance(document, list):
            document = next(
                (item for item in document if key in (item.get("label"), item.get("cause"))), None
            )
        elif isinstance(document, dict):
            document = document.get(key)
        else:
            return None
    if isinstance(document, bool) or not isinstance(document, (int, float, str)):
        return None
    return document


def _joined(path: Iterable[str]) -> str:
    text = ""
    for key in path:
        text += f".{key}" if text and re.fullmatch(r"[A-Za-z_]\w*", key) else f'["{key}"]' if text else key
    return text


def _nearest(word: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"one of {', '.join(names)}"


def _shown(value: float | str | None) -> str:
    if value is None:
        return "unknown"
    return value if isinstance(value, str) else f"{value:.6g}"
