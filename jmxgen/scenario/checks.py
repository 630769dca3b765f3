"""Checks of addresses and headers that several parts of the scenario share."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Final

from jmxgen.scenario.faults import Complaint, WrongValueError, wrong

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_SECRET_NAME: Final = re.compile(r"authorization|api-?_?key|secret|token|password|signature", re.IGNORECASE)
_SECRET_FIELD: Final = re.compile(
    r"""(?P<name>[A-Za-z_]{0,30}(?:secret|password|api_?key|access_token))"?\s{0,9}[=:]\s{0,9}"?(?!\$\{)[^&"'\s{\[]""",
    re.IGNORECASE,
)
_DECLARE: Final = "declare it under secrets and write ${__P(its_name)}"
# What the plugin writes itself into the upgrade request (RFC 6455, 4.1), and where else to say it.
OWN_HEADERS: Final = {
    "host": "it follows from the url",
    "upgrade": "the plugin sends it",
    "connection": "the plugin sends it",
    "sec-websocket-key": "the plugin sends it",
    "sec-websocket-version": "the plugin sends it",
    "sec-websocket-extensions": "the plugin knows no extensions",
    "sec-websocket-protocol": "write target.subprotocols",
    "cookie": "write target.cookies",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """A WebSocket address in the parts that the plugin wants; variables are kept in each."""

    tls: bool
    host: str
    port: str
    path: str  # with the query, beginning with /

    @classmethod
    def of(cls, url: str) -> Address:
        """Split a ws:// or wss:// address.

        Raises:
            WrongValueError: it is none, or has a part that can't be sent.
        """
        scheme, mark, rest = url.partition("://")
        if not mark or scheme not in ("ws", "wss"):
            raise wrong("this is not a WebSocket address", "it begins with ws:// or wss://")
        if any(c.isspace() for c in _blanked(rest)):
            raise wrong("an address has no blanks", "write %20")
        cut = next((i for i, c in enumerate(_blanked(rest)) if c in "/?#"), len(rest))
        authority, path = rest[:cut], rest[cut:]
        if "#" in _blanked(path):
            raise wrong("a WebSocket address has no fragment", "RFC 6455, 3: leave out the # part")
        if "@" in _blanked(authority):
            raise wrong("an address must hold no user or password", "send them as a header, from a secret")
        host, port = _split_port(authority)
        if not host:
            raise wrong("the address names no host", "e.g. wss://ivr.example.com/ws")
        if "${" not in port and not (
            port == "" or (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535)
        ):
            raise wrong(f"{port[:20]!r} is not a port", "1 to 65535")
        check_query(path)
        tls = scheme == "wss"
        return cls(tls, host, port or ("443" if tls else "80"), path if path.startswith("/") else f"/{path}")


def _blanked(text: str) -> str:
    """Return the text with every ${…} overwritten, so that what stands in them divides nothing."""
    blanked: list[str] = []
    depth, last = 0, ""
    for c in text:
        if c == "{" and last == "$":
            blanked[-1] = "_"
            depth += 1
        blanked.append("_" if depth else c)
        if c == "}" and depth:
            depth -= 1
        last = c
    return "".join(blanked)


def _split_port(authority: str) -> tuple[str, str]:
    blanked = _blanked(authority)
    colon = blanked.rfind(":")
    if colon < 0 or colon < blanked.rfind("]"):
        return authority.strip("[]"), ""
    return authority[:colon].strip("[]"), authority[colon + 1 :]


def check_http_url(url: str) -> None:
    """Raise `WrongValueError` unless the address is an http:// or https:// one without a password."""
    scheme, mark, rest = url.partition("://")
    if not (mark and scheme in ("http", "https") and rest) and not url.startswith("${"):
        raise wrong("this is not an HTTP address", "it begins with http:// or https://", "url")
    if "@" in _blanked(rest).partition("/")[0]:
        raise wrong("an address must hold no user or password", "send them as a header, from a secret", "url")
    check_query(url, "url")


def check_query(address: str, key: str | tuple[()] = ()) -> None:
    """Raise `WrongValueError` for a query parameter whose name says secret and whose value is written out."""
    for parameter in address.partition("?")[2].split("&"):
        name, _, value = parameter.partition("=")
        check_secret(f"the parameter {name[:40]!r}", name, value, key)


def check_secret(what: str, name: str, value: str, key: str | tuple[str | int, ...] = ()) -> None:
    """Raise `WrongValueError` where a name says secret and the value is written out."""
    if value and "${" not in value and _SECRET_NAME.search(name):
        raise wrong(f"{what} holds a secret in plain text", _DECLARE, key)


def check_body(body: str) -> None:
    """Raise `WrongValueError`, at the key `body`, for a form or JSON field with a secret written out."""
    found = _SECRET_FIELD.search(body)
    if found:
        raise wrong(f"the field {found['name']!r} holds a secret in plain text", _DECLARE, "body")


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise `WrongValueError` for bad names, values with line ends, and secrets in plain text."""
    complaints = [c for name, value in headers.items() for c in _header_complaints(name, value)]
    if complaints:
        raise WrongValueError(*complaints)


def check_upgrade_headers(headers: Mapping[str, str]) -> None:
    """Raise `WrongValueError` as `check_headers`, and for headers that belong to the plugin."""
    complaints = [
        Complaint(f"the header {name!r} can't be set", OWN_HEADERS[name.lower()], ("headers", name))
        for name in headers
        if name.lower() in OWN_HEADERS
    ]
    if complaints:
        raise WrongValueError(*complaints)
    check_headers(headers)


def _header_complaints(name: str, value: str) -> Iterable[Complaint]:
    key = ("headers", name)
    if not _TOKEN.fullmatch(name):
        yield Complaint(f"{name!r} is not a header name", "RFC 9110, 5.6.2: no spaces, no colon", key)
    if "\n" in value or "\r" in value:
        yield Complaint("a header's value is one line", key=key)
    try:
        check_secret(f"the header {name!r}", name, value, key)
    except WrongValueError as error:
        yield from error.complaints


def check_tokens(names: Iterable[str], what: str, key: str | None = None) -> None:
    """Raise `WrongValueError` for the first name that is not an HTTP token."""
    for index, name in enumerate(names):
        if not _TOKEN.fullmatch(name) and "${" not in name:
            raise wrong(
                f"{name!r} is no {what}",
                "letters, digits and .-_ without blanks",
                index if key is None else key,
            )
