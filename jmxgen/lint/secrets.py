"""Secrets that stand in a plan as literal text: where, under which name, and how they are masked."""

from __future__ import annotations

import bisect
import dataclasses
import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from jmxgen.lint import elements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lxml import etree

    from jmxgen.jmx.tree import Node, Tree

MASK = "****"
_AROUND = 45  # characters that are shown before and after a secret
_SHORTEST = 3  # characters
_MOST = 20  # secrets in one text that are masked one by one: beyond that the text as a whole is

_WORDS = (
    r"authorization|api[-_]?key|(?:access|auth|bearer|id|refresh)[-_]?token|token|jwt|secret|passcode"
    r"|passphrase|password|passwd|pwd|proxyPass"
)
_NAME = re.compile(
    rf"(?:^|[-_.\s]|[a-z](?=[A-Z]))(?:{_WORDS}|(?:client|app)[-_]?secret|x-api-key)$", re.IGNORECASE
)
_QUERY = re.compile(rf"(?:[?&]|^)(?:{_WORDS})=([^&\s<]{{4,}})", re.IGNORECASE)
# Names that also stand for harmless things: only a value that looks drawn at random counts.
_SHORT_NAMES = re.compile(r"[?&](?:key|sig|signature|auth|code|sid|session)=([^&\s<]{8,})", re.IGNORECASE)
_JSON = re.compile(
    rf"""["'](?:[a-z_-]{{0,40}}(?:{_WORDS}))["']\s*:\s*["']([^"'\n]{{0,400}}(?:"[^"'\n]+"\)\}})?)["']""",
    re.IGNORECASE,
)
_STOMP = re.compile(r"^passcode:(\S{3,})", re.MULTILINE | re.IGNORECASE)
_SCRIPT = re.compile(
    rf"""(?:\b(?:[a-z_]{{0,40}}(?:{_WORDS}))\s*=(?!=)|(?:put|setProperty|header)\w{{0,20}}\s*\(\s*["'][\w-]{{0,40}}"""
    rf"""(?:{_WORDS})["']\s*,)\s*["']([^"'\n]{{3,400}})["']""",
    re.IGNORECASE,
)
_BASIC = re.compile(r"://[^/\s:@$]{1,100}:([^/\s:@$]{3,100})@")
_LOGIN = re.compile(r"^\s*[^/\s:@$]{1,100}:([^/\s@$]{3,100})@[^/\s@]+")  # in a field for a host
_COOKIE = re.compile(
    r"(?:^|;\s*)[\w.-]{0,40}(?:sess|auth|token|sid|jwt|csrf|xsrf)[\w.-]{0,40}=([^;\s]{6,})", re.IGNORECASE
)
_JWT = re.compile(r"(?<![\w-])(eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*)")
_DEFAULT = re.compile(r"\$\{__(?:P\([^,()]*|property\([^,()]*,[^,()]*),([^()]*)\)\}")
_RANDOM = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w\-.~%+/=]{8,}")
_IN_PROTOCOL = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w\-.~%+/=]{20,}")
_PLACEHOLDER = re.compile(
    r"(?:bearer\s+|basic\s+)?"
    r"(?:x+|\*+|\.+|<.*>|\[.*\]|\{.*\}|change[-_ ]?me|todo|none|null|true|false|your.*|example.*"
    r"|placeholder)?",
    re.IGNORECASE,
)
_HOSTS = frozenset(
    {"server", "domain", "serveruri", "serveraddress", "host"}
)  # the last part of a property's name
# Their texts are patterns of what an answer has, not what is sent.
_PATTERNS = re.compile(r"(?:Extractor|Assertion|PostProcessor|Filter)$")
# They name the class, the algorithm or the variable, not the secret.
_NO_VALUES = frozenset({"TestPlan.comments", "scriptLanguage", "Argument.name", "Header.name", "Cookie.name"})


@dataclasses.dataclass(frozen=True, slots=True)
class Secret:
    """A secret: at which property of which element, what it is called there, and the text itself."""

    node: Node
    at: etree._Element
    name: str
    value: str


def find(tree: Tree) -> Iterator[Secret]:
    """Yield the secrets in the whole plan, disabled elements too: whoever has the file has them."""
    for node in tree.walk():
        named = dict(_named_values(node))
        patterns = _PATTERNS.search(node.kind) is not None
        for at in node.properties():
            own = at.get("name") or ""
            name = named.get(at) or own.rpartition(".")[2]
            text = at.text or ""
            if not text.strip() or len(at) or own in _NO_VALUES:
                continue
            if (at in named or at.tag == "stringProp") and (values := _by_name(name, text)):
                yield from (Secret(node, at, named.get(at) or own, value) for value in values)
            elif at.tag == "stringProp" and not patterns:
                scripted = own in elements.script_properties(node)
                values = list(_in_text(text, scripted=scripted))
                values = values if len(values) <= _MOST else [text]
                yield from (Secret(node, at, named.get(at) or own, value) for value in values)


def shown(secrets: Iterable[Secret]) -> str:
    """Return the text of the property that holds these secrets: one line of it, with all of them masked."""
    found = list(secrets)
    text = found[0].at.text or ""
    for value in sorted({secret.value for secret in found}, key=len, reverse=True):
        text = text.replace(value, MASK)
    begin = max(text.find(MASK) - _AROUND, 0)
    part = " ".join(text[begin : begin + 2 * _AROUND].split())
    return f"{'…' * (begin > 0)}{part}{'…' * (begin + 2 * _AROUND < len(text))}"


def masking(secrets: Iterable[Secret]) -> Callable[[str], str]:
    """Return a function that masks the secrets in a text, as they are or as Python or XML quotes them."""
    by_start: dict[str, set[str]] = {}
    for secret in secrets:
        for form in {secret.value, repr(secret.value)[1:-1], escape(secret.value)}:
            if len(form) >= _SHORTEST:
                by_start.setdefault(form[:_SHORTEST], set()).add(form)

    def masked(text: str) -> str:
        parts: list[str] = []
        at = 0
        while at < len(text):
            forms = by_start.get(text[at : at + _SHORTEST], set())
            if len(forms) > _MOST:
                return "".join([*parts, MASK])  # too many to try at each place
            found = max((form for form in forms if text.startswith(form, at)), key=len, default="")
            parts.append(MASK if found else text[at])
            at += len(found) or 1
        return "".join(parts)

    return masked if by_start else str


def masked_lines(tree: Tree, secrets: tuple[Secret, ...]) -> dict[int, str]:
    """Return the lines of the plan that hold a secret, by number from 1, with the secrets masked."""
    places = sorted({place for secret in secrets for place in _places(tree, secret)})
    if not places:
        return {}
    starts = [0, *(match.end() for match in re.finditer(rb"\n|\r\n?", tree.source))]
    by_line: dict[int, list[tuple[int, int]]] = {}
    for begin, end in places:
        for number in range(bisect.bisect_right(starts, begin), bisect.bisect_left(starts, end) + 1):
            by_line.setdefault(number, []).append((begin - starts[number - 1], end - starts[number - 1]))
    return {number: _masked(tree.line(number).encode(), found) for number, found in by_line.items()}


def _masked(line: bytes, places: list[tuple[int, int]]) -> str:
    parts, done = [], 0
    for begin, end in places:
        if done <= begin < len(line) or (begin < 0 and done == 0):
            parts += [line[done : max(begin, 0)], MASK.encode()]
        done = max(done, end)
    return b"".join([*parts, line[done:]]).decode(errors="replace")


def _places(tree: Tree, secret: Secret) -> Iterator[tuple[int, int]]:
    """Yield where in the source the secret stands; the whole text where that can't be found out."""
    span = tree.span(secret.at)
    text = tree.source[span.inner : span.outer]
    quotes: tuple[dict[str, str], ...] = ({}, {'"': "&quot;"}, {'"': "&quot;", "'": "&apos;"})
    forms = {secret.value.encode(), *(escape(secret.value, more).encode() for more in quotes)}
    found = False
    for form in forms:
        at = text.find(form)
        while at >= 0:
            found = True
            yield span.inner + at, span.inner + at + len(form)
            at = text.find(form, at + len(form))
    if not found:
        yield span.inner, span.outer


def _named_values(node: Node) -> Iterator[tuple[etree._Element, str]]:
    """Yield the values of headers, arguments, cookies and logins, with what each is called."""
    for entry in node.element.iter("elementProp"):
        found = {(child.get("name") or "").rpartition(".")[2]: child for child in entry}
        label, value = found.get("name"), found.get("value")
        if label is not None and value is not None:
            yield value, label.text or ""
        elif value is not None and entry.get("elementType") == "Cookie":
            yield value, f"{entry.get('name')}="


def _by_name(name: str, text: str) -> list[str]:
    """Return the secrets that a property or header of this name holds."""
    if name.lower() == "cookie" or name.endswith("="):
        pairs = _COOKIE.findall(text if name.lower() == "cookie" else name + text)
        return [value for pair in pairs if (value := _literal(pair))]
    if name.lower() == "sec-websocket-protocol":
        return [part for part in re.split(r"[,\s]+", text) if _IN_PROTOCOL.fullmatch(part)]
    if name.lower() in _HOSTS and (login := _LOGIN.match(text)):
        return [login[1]]
    value = _literal(text) if _NAME.search(name) else ""
    return [value] if value else []


def _literal(text: str) -> str:
    """Return the part of a value that is written out: itself, or the default of a property."""
    text = text.strip()
    if elements.varies(text):
        match = _DEFAULT.search(text)
        if match is None:
            return ""
        text = match[1].strip()
    bare = text.strip("\"'")
    return "" if elements.varies(bare) or _PLACEHOLDER.fullmatch(bare) else bare


def _in_text(text: str, *, scripted: bool) -> Iterator[str]:
    found = [match[1] for match in _JWT.finditer(text)]
    patterns = [_QUERY, _JSON, _STOMP, _BASIC, *([_SCRIPT] if scripted else [])]
    found += [
        value for pattern in patterns for match in pattern.finditer(text) if (value := _literal(match[1]))
    ]
    found += [
        value for match in _SHORT_NAMES.finditer(text) if _RANDOM.fullmatch(value := _literal(match[1]))
    ]
    yield from dict.fromkeys(value for value in found if len(value) >= _SHORTEST)
