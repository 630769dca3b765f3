"""Plans that break the rules, and near misses."""

from __future__ import annotations

from tests.plans import (
    closed,
    element,
    group,
    headers,
    http,
    opened,
    plan,
    request,
    script,
    variables,
)
from tests.unit.lint.pairs import Pairs

PAIRS: Pairs = {
    "JX060": (
        [
            plan(
                group(
                    headers(Authorization="Bearer ${__P(token)}"),
                    http(path="/api/v2/notifications/channels", method="POST"),
                    threads="21",
                    ramp="60",
                )
            ),
            plan(
                variables(token="${__P(token)}"),
                group(
                    http(
                        headers(Authorization="Bearer ${token}"),
                        path="/api/v2/notifications/channels",
                        method="POST",
                    ),
                    threads="21",
                ),
            ),
        ],
        [
            plan(
                group(
                    headers(Authorization="Bearer ${token}"),
                    http(path="/api/v2/notifications/channels", method="POST"),
                    threads="21",
                )
            ),
            plan(
                group(
                    headers(Authorization="Bearer ${__P(token)}"),
                    http(path="/api/v2/notifications/channels", method="POST"),
                    threads="20",
                )
            ),
            plan(
                group(
                    headers(Authorization="Bearer ${__P(token)}"),
                    http(path="/api/v2/notifications/channels", method="GET"),
                    threads="21",
                )
            ),
        ],
    ),
    "JX061": (
        [
            plan(group(opened(headers(X_API_KEY="k3y-0f-m1ne")), closed())),
            plan(group(http(headers(Authorization="Bearer abcdef123456")))),
            plan(group(http(headers(Cookie="theme=dark; JSESSIONID=8F1C7A92BD")))),
            plan(
                group(opened(headers(Sec_WebSocket_Protocol="v1.stomp, tok.8f1c7a92bd4411ee9f0a")), closed())
            ),
            plan(variables(api_key="k3y-0f-m1ne"), group(http())),
            plan(variables(password="${__P(password,hunter2x)}"), group(http())),
            plan(group(opened(path="/ws?token=abcdef123456"), closed())),
            plan(group(opened(path="/ws?access_token=${__P(token,abcdef123456)}"), closed())),
            plan(group(opened(path="/ws?room=7&sig=9f8e7d6c5b4a"), closed())),
            plan(group(opened(path="/ws?key=AbC123dEf456"), closed())),
            plan(group(opened(path="/ws?jwt=abcd.efgh"), closed())),
            plan(group(request(new=True, requestData='{"password": "hunter2"}'), closed())),
            plan(group(request(new=True, requestData='{"token":"${__P(token,"abcdef123456")}"}'), closed())),
            plan(group(request(new=True, requestData="password=hunter2x&user=a"), closed())),
            plan(group(request(new=True, requestData="CONNECT\nlogin:a\npasscode:hunter2x\n\n"), closed())),
            plan(group(script("JSR223Sampler", "vars.put('token', 'abcdef123456')"))),
            plan(group(script("JSR223Sampler", 'def password = "hunter2x"'))),
            plan(group(http(proxyPass="hunter2x"))),
            plan(element("JDBCDataSource", {"dbUrl": "jdbc:x", "username": "a", "password": "hunter2x"})),
            plan(group(http(path="https://jo:hunter2x@example.com/"))),
            plan(group(opened(server="jo:hunter2x@example.com"), closed())),
            plan(group(http(domain="jo:hunter2x@example.com"))),
        ],
        [
            plan(group(opened(headers(X_API_KEY="${__P(api_key)}")), closed())),
            plan(group(http(headers(Authorization="Bearer ${__P(token)}")))),
            plan(group(http(headers(Cookie="theme=dark; JSESSIONID=${session}")))),
            plan(group(opened(headers(Sec_WebSocket_Protocol="graphql-transport-ws, v12.stomp")), closed())),
            plan(group(http(element("RegexExtractor", {"RegexExtractor.regex": '"token":"([^"]+)"'})))),
            plan(group(opened(headers(X_API_KEY="<your key>")), closed())),
            plan(variables(token="", tokens_per_call="12", monkey="banana"), group(http())),
            plan(variables(password="${__P(password)}"), group(http())),
            plan(group(opened(path="/ws?token=${token}&caller=12345&key=lobby"), closed())),
            plan(group(request(new=True, requestData='{"password": "${password}"}'), closed())),
            plan(group(script("JSR223Sampler", "vars.put('token', vars.get('other'))"))),
            plan(group(script("JSR223Sampler", "def password = props.get('password')"))),
            plan(group(http(proxyPass="${__P(proxy_password)}"))),
            plan(group(opened(server="jo:${__P(password)}@example.com"), closed())),
        ],
    ),
}
