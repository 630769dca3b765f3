"""What a run is aimed at: may it be loaded so, and can it be reached at all, before a caller starts."""

from __future__ import annotations

import dataclasses
import ipaddress
import math
import socket
import ssl
import sys
from typing import TYPE_CHECKING, Final

import click

from jmxgen.errors import JMeterError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jmxgen.jmx.tree import Tree
    from jmxgen.scenario.model import Scenario

MOST_CALLERS: Final = 1_000  # against a host that is neither this machine nor on a private network,
MOST_PER_S: Final = 200  # and openings per second: beyond either, jmxgen asks
TIMEOUT_S: Final = 5.0


@dataclasses.dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and port that a plan opens connections to."""

    host: str
    port: int
    tls: bool

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What a run does to its targets; None where that isn't known."""

    endpoints: tuple[Endpoint, ...]  # those whose address is known before the run
    unknown: bool  # whether there are others
    callers: int | None
    per_s: float | None  # openings


def of_scenario(scenario: Scenario, properties: Mapping[str, str], callers: int | None) -> Load:
    """Return the load of a scenario, with as many callers as `-J` makes it."""
    address, load = scenario.target.address, scenario.load
    found = endpoint(address.host, address.port, properties, tls=address.tls)
    share = callers / load.peak_callers if callers and load.peak_callers else 1.0
    rate = min(load.ramp_rate * share, callers or math.inf)  # no more than all in one second
    if load.handshake_rate is not None:
        rate = min(rate, load.handshake_rate.per_second)
    return Load(
        endpoints=(found,) if found else (), unknown=found is None, callers=callers or None, per_s=rate
    )


def of_plan(plan: Tree, properties: Mapping[str, str], callers: int | None) -> Load:
    """Return the load of a plan: the targets of its WebSocket samplers, and its callers."""
    found: dict[Endpoint, None] = {}
    unknown = False
    for node in plan.live():
        host = node.text("server").strip()
        if node.role != "sampler" or not host:
            continue
        target = endpoint(host, node.text("port").strip() or "80", properties, tls=node.flag("TLS"))
        unknown = unknown or target is None
        if target:
            found[target] = None
    return Load(endpoints=tuple(found), unknown=unknown, callers=callers, per_s=None)


def endpoint(host: str, port: str, properties: Mapping[str, str], *, tls: bool) -> Endpoint | None:
    """Return where an address leads, its properties filled in; None where JMeter alone will know."""
    from jmxgen.jmeter.share import filled

    name, number = filled(host, properties), filled(port, properties)
    if not name or not number or not number.isdecimal() or not 0 < int(number) < 65536:
        return None
    return Endpoint(name.strip("[]"), int(number), tls)


def allow(load: Load, *, yes: bool) -> None:
    """Ask once before others' servers get more than a test of one machine's worth.

    Args:
        load: what is to be run.
        yes: whether the user has said so already.

    Raises:
        UsageError: the user says no, or can't be asked.
    """
    much = list(_much(load))
    strangers = [str(target) for target in load.endpoints if not _is_near(target.host)]
    if load.unknown:
        strangers.append("an address that only JMeter will know")
    if yes or not much or not strangers:
        return
    what = f"{' and '.join(much)} against {', '.join(strangers)}"
    _ask(what, "which isn't on a private network")


def allow_search(load: Load, goal: int, *, yes: bool) -> None:
    """Ask once before a search raises the load on anything but this machine, until it fails.

    Raises:
        UsageError: the user says no, or can't be asked.
    """
    others = [str(target) for target in load.endpoints if not _is_here(target.host)]
    if load.unknown:
        others.append("an address that only JMeter will know")
    if others and not yes:
        _ask(
            f"up to {goal:,} callers against {', '.join(others)}, until it fails", "which isn't this machine"
        )


def _ask(what: str, where: str) -> None:
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        hint = "only load what you may: --yes says so"
        raise UsageError(f"this run sends {what}, {where}", hint=hint)
    if not click.confirm(f"This run sends {what}. May you load that system so?", err=True):
        raise UsageError("the run was not started", hint="fewer callers, or a slower ramp, need no question")


def _much(load: Load) -> Iterator[str]:
    if load.callers and load.callers > MOST_CALLERS:
        yield f"{load.callers:,} callers"
    if load.per_s and load.per_s > MOST_PER_S:
        yield f"{load.per_s:,.0f} openings per second"


def _is_near(host: str) -> bool:
    """Return whether all of a name's addresses are this machine's or of a private network."""
    addresses = _addresses(host)
    return bool(addresses) and all(address.is_private for address in addresses)


def _is_here(host: str) -> bool:
    """Return whether all of a name's addresses are of the loopback network."""
    addresses = _addresses(host)
    return bool(addresses) and all(address.is_loopback for address in addresses)


def _addresses(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Return the addresses of a name, none where it has none."""
    try:
        found = {str(entry[4][0]).partition("%")[0] for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return []
    return [ipaddress.ip_address(address) for address in found]


def reach(endpoints: Iterable[Endpoint], *, timeout_s: float = TIMEOUT_S, otherwise: str = "") -> None:
    """Connect to each target once, with TLS where it is wss, and open no WebSocket.

    Args:
        endpoints: the targets.
        timeout_s: how long each may take.
        otherwise: what the command offers where the target can't be reached from here, for the hint.

    Raises:
        JMeterError: one can't be reached, and why.
    """
    for target in endpoints:
        if trouble := _trouble(target, timeout_s):
            hint = "is the address right?" + (f" {otherwise}" if otherwise else "")
            raise JMeterError(f"the target {target} can't be reached: {trouble}", hint=hint)


def _trouble(target: Endpoint, timeout_s: float) -> str:
    """Return why a target can't be reached, "" where it can."""
    try:
        with socket.create_connection((target.host, target.port), timeout_s) as connection:
            return _tls_trouble(connection, target.host) if target.tls else ""
    except (socket.gaierror, UnicodeError):
        return f"the name {target.host} has no address"
    except TimeoutError:
        return f"no answer within {timeout_s:g} s"
    except ConnectionRefusedError:
        return "the connection is refused: nothing listens there, or a firewall rejects it"
    except OSError as error:
        return error.strerror or str(error)


def _tls_trouble(connection: socket.socket, host: str) -> str:
    """Return why TLS fails. Certificates are not judged: JMeter trusts any."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with context.wrap_socket(connection, server_hostname=host):
            return ""
    except (TimeoutError, ConnectionError):
        return "the port is open, but doesn't answer TLS (ws:// instead of wss://?)"
    except ssl.SSLError as error:
        if "CERTIFICATE_REQUIRED" in (error.reason or ""):
            return ""  # it speaks TLS, and JMeter has the client's certificate
        return f"the TLS handshake fails: {error.reason or error} (ws:// instead of wss://?)"
