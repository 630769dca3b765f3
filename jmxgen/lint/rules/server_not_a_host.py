"""The server field holds something other than a host name or address.

Why: With a scheme, a space, a port or a path in it the sampler throws before it connects and writes no
row at all: only jmeter.log shows it, and every later sampler fails with 'there is no connection'. An
empty field connects to the load generator itself.

Fix: only the host in the server field: ivr.example.com; the scheme is the TLS box, port and path have
fields of their own

Source: seen in a real run: 'Error while processing sampler' in jmeter.log, no row in the results
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from jmxgen.lint.subject import Subject


_HOST = re.compile(r"[\w.\-]+|\[?[0-9A-Fa-f:.]+(?:%\w+)?\]?")
_WITH_PORT = re.compile(r"^[^:\[\]]*:\d*$|\]:")


@rule("JX042", Severity.ERROR)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.running:
        if elements.opens(node) is not True:
            continue
        value = subject.values.text(_raw(node.prop("server")))
        if value is not None and (what := _problem(value)):
            yield Hit(node, what, node.prop("server"))


def _raw(prop: etree._Element | None) -> str:
    """Return the text with its spaces: the plugin doesn't strip them."""
    return "" if prop is None else prop.text or ""


def _problem(host: str) -> str:
    if not host:
        return "the server field is empty: the sampler connects to the load generator itself"
    if "://" in host:
        return f"the server is {host!r}: with a scheme in it the sampler writes no row"
    if host != host.strip() or " " in host:
        return f"the server is {host!r}: with a space in it the sampler writes no row"
    if _WITH_PORT.search(host) or "/" in host:
        return f"the server is {host!r}: with a port or path in it the sampler writes no row"
    return "" if _HOST.fullmatch(host) else f"the server is {host!r}: not a host name or address"
