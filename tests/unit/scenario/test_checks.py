"""Addresses in parts, variables kept whole."""

from __future__ import annotations

import time

import pytest

from jmxgen.scenario.checks import Address


@pytest.mark.parametrize(
    ("url", "tls", "host", "port", "path"),
    [
        ("ws://x", False, "x", "80", "/"),
        ("wss://x", True, "x", "443", "/"),
        ("wss://x:8443/a/b?c=d:e/f@g", True, "x", "8443", "/a/b?c=d:e/f@g"),
        ("ws://x?q=1", False, "x", "80", "/?q=1"),
        ("ws://[::1]:9/a", False, "::1", "9", "/a"),
        ("ws://[::1]/a", False, "::1", "80", "/a"),
        ("ws://${host}:${port}/${path}", False, "${host}", "${port}", "/${path}"),
        ("ws://${__P(host,a:b/c@d)}/x", False, "${__P(host,a:b/c@d)}", "80", "/x"),
        ("ws://${__P(h,${d:e})}:${__P(p,8/1)}/x", False, "${__P(h,${d:e})}", "${__P(p,8/1)}", "/x"),
        ("ws://x/${__time(yyyy MM#dd,)}", False, "x", "80", "/${__time(yyyy MM#dd,)}"),
    ],
)
def test_an_address_is_split_outside_of_variables(
    url: str, tls: bool, host: str, port: str, path: str
) -> None:
    assert Address.of(url) == Address(tls, host, port, path)


def test_nested_braces_cost_no_more_than_their_length() -> None:
    begun = time.monotonic()

    Address.of("ws://" + "${" * 50_000 + "}" * 50_000)

    assert time.monotonic() - begun < 5
