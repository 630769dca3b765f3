"""Plans that break the rules, and near misses."""

from __future__ import annotations

from tests.plans import (
    closed,
    group,
    headers,
    old,
    opened,
    plan,
    read,
    request,
    variables,
)
from tests.unit.lint.pairs import Pairs

PAIRS: Pairs = {
    "JX040": (
        [
            plan(group(opened(TLS=True, port="80"), closed())),
            plan(group(opened(TLS=True), closed())),
            plan(group(opened(TLS=True, port="${__P(port,80)}"), closed())),
            plan(variables(port="${__P(p,80)}"), group(opened(TLS=True, port="${port}"), closed())),
        ],
        [
            plan(group(opened(TLS=True, port="443"), closed())),
            plan(group(opened(TLS=False, port="80"), closed())),
            plan(group(opened(TLS=True, port="443"), request(TLS=True), closed())),
            plan(group(opened(TLS=True, port="${port}"), closed())),
        ],
    ),
    "JX041": (
        [plan(group(headers(Origin="x"), opened(), request(), closed()))],
        [
            plan(group(opened(headers(Origin="x")), request(), closed())),
            plan(group(headers(Origin="x"), request(new=True))),
        ],
    ),
    "JX042": (
        [
            plan(group(opened(server="wss://ivr.example.com"), closed())),
            plan(group(opened(server=" ivr.example.com"), closed())),
            plan(group(opened(server="ivr.example.com:8443"), closed())),
            plan(group(opened(server="ivr.example.com/ws"), closed())),
            plan(group(opened(server=""), closed())),
            plan(group(opened(server='${__P(host,"ivr")}'), closed())),
        ],
        [
            plan(group(opened(server="ivr.example.com"), closed())),
            plan(group(opened(server="::1"), closed())),
            plan(group(opened(server="[2001:db8::1]"), closed())),
            plan(group(opened(server="${host}"), closed())),
            plan(group(opened(), request(server=""), closed())),
        ],
    ),
    "JX043": (
        [
            plan(group(opened(port=""), closed())),
            plan(group(opened(port="9101/push"), closed())),
            plan(group(opened(port="70000"), closed())),
            plan(group(opened(port='${__P(port,"443")}'), closed())),
            plan(group(old(serverPort="http"))),
        ],
        [
            plan(group(opened(port="9101"), closed())),
            plan(group(opened(port="${port}"), closed())),
            plan(group(opened(), request(port=""), closed())),
            plan(group(old(serverPort=""))),
        ],
    ),
    "JX044": (
        [
            plan(group(opened(path="ws://127.0.0.1:9101/push"), closed())),
            plan(group(opened(path="/a b"), closed())),
            plan(group(opened(path="/ws#room"), closed())),
        ],
        [
            plan(group(opened(path="/push"), closed())),
            plan(group(opened(path="/ws?back=https://a.example/"), closed())),
            plan(group(opened(path="${path}"), closed())),
        ],
    ),
    "JX045": (
        [plan(group(opened(path="ws?caller=1"), closed()))],
        [
            plan(group(opened(path="/ws?caller=1"), closed())),
            plan(group(opened(path=""), closed())),
            plan(group(opened(path="${path}"), closed())),
        ],
    ),
    "JX046": (
        [
            plan(group(opened(connectTimeout='${__P(wait,"5000")}'), closed())),
            plan(group(opened(connectTimeout="0"), closed())),
            plan(group(opened(), read(readTimeout="5s"), closed())),
        ],
        [
            plan(group(opened(connectTimeout="${__P(wait,5000)}"), closed())),
            plan(group(opened(), request(connectTimeout="0"), closed())),
            plan(group(opened(), read(readTimeout="${wait}"), closed())),
        ],
    ),
    "JX047": (
        [plan(group(opened(port="443"), closed())), plan(group(opened(port="${__P(p,443)}"), closed()))],
        [plan(group(opened(port="443", TLS=True), closed())), plan(group(opened(port="80"), closed()))],
    ),
}
