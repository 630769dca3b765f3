"""Where a scenario connects to, and how: the address, headers, proxy, certificates, secrets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from jmxgen.scenario.amounts import Duration
from jmxgen.scenario.base import ConnectTime, Line, Part, ReadTime, Text, Variable, Whole
from jmxgen.scenario.checks import Address, check_secret, check_tokens, check_upgrade_headers
from jmxgen.scenario.faults import wrong


class Secret(Part):
    """Where a secret's value comes from when a plan runs. It travels as the JMeter property of its name."""

    env: Annotated[Line, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = Field(
        default=None, description="An environment variable.", examples=["API_KEY"]
    )
    file: Line | None = Field(
        default=None,
        description="A file whose first line is the value; others than its owner may not read it.",
        examples=["api-key.txt"],
    )

    @model_validator(mode="after")
    def _check(self) -> Secret:
        if (self.env is None) == (self.file is None):
            raise wrong("a secret comes from one of env and file", "e.g. {env: API_KEY}")
        return self


class Proxy(Part):
    """The HTTP proxy between the load generator and the target."""

    host: Line = Field(description="The proxy's host.", examples=["proxy.example.com"])
    port: Whole = Field(ge=1, le=65535, description="The proxy's port.", examples=[3128])
    user: Line | None = Field(default=None, description="The user, where the proxy asks for one.")
    password: Variable | None = Field(default=None, description="The name of the secret with the password.")

    @model_validator(mode="after")
    def _check(self) -> Proxy:
        if (self.user is None) != (self.password is None):
            raise wrong("a proxy's user and password go together")
        return self


class Tls(Part):
    """The client's certificate."""

    keystore: Line = Field(description="The keystore, relative to the scenario.", examples=["client.p12"])
    keystore_type: Literal["PKCS12", "JKS"] = Field(default="PKCS12", description="The keystore's format.")
    password: Variable | None = Field(default=None, description="The name of the secret with its password.")
    alias: Line | None = Field(default=None, description="The certificate; absent: the first one.")


def _addressed(url: str) -> str:
    Address.of(url)
    return url


def _protocols(names: tuple[str, ...]) -> tuple[str, ...]:
    check_tokens(names, "subprotocol")
    if len(set(names)) < len(names):
        raise wrong("each subprotocol is named once")
    return names


def _cookies(cookies: dict[str, str]) -> dict[str, str]:
    for name, value in cookies.items():
        check_tokens((name,), "cookie name")
        check_secret(f"the cookie {name!r}", name, value, name)
        if any(c in value for c in ";\r\n"):
            raise wrong("a cookie's value has no semicolon and no line end", key=name)
    return cookies


class Target(Part):
    """The WebSocket server under test."""

    url: Annotated[Line, AfterValidator(_addressed)] = Field(
        description="The address, ws:// or wss://; JMeter's variables pass through.",
        examples=["wss://ivr.example.com/ws?caller=${caller}"],
    )
    headers: dict[Line, Text] = Field(
        default_factory=dict,
        description="Headers of the upgrade request. Secrets are written as ${__P(name)}. "
        "X-Connection-Id is ${ws_id} unless set here; empty, it is not sent.",
        examples=[{"X-API-KEY": "${__P(api_key)}"}],
    )
    subprotocols: Annotated[tuple[Line, ...], AfterValidator(_protocols)] = Field(
        default=(), description="Subprotocols to offer, best first.", examples=[["chat.v2"]]
    )
    cookies: Annotated[dict[Line, Text], AfterValidator(_cookies)] = Field(
        default_factory=dict, description="Cookies of the upgrade request.", examples=[{"node": "${node}"}]
    )
    proxy: Proxy | None = Field(default=None, description="An HTTP proxy on the way.")
    tls: Tls | None = Field(default=None, description="The client's certificate, for wss://.")
    connect_timeout: ConnectTime = Field(
        default=Duration(5000), description="How long the TCP connect may take.", examples=["5s"]
    )
    read_timeout: ReadTime = Field(
        default=Duration(5000),
        description="How long any answer may take, that to the upgrade request included.",
        examples=["5s"],
    )

    @model_validator(mode="after")
    def _check(self) -> Target:
        check_upgrade_headers(self.headers)
        if self.tls is not None and not self.address.tls:
            raise wrong("a client certificate needs wss://", "change the url, or leave out tls", "tls")
        return self

    @property
    def address(self) -> Address:
        """The url in the parts that the plugin wants."""
        return Address.of(self.url)
