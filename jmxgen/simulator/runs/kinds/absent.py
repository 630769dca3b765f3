"""Nobody there, or not for you: outages, credentials that are refused, addresses that are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jmxgen.simulator.runs.kinds.draft import duration, moment, with_faults
from jmxgen.simulator.runs.play import Fault, Script
from jmxgen.simulator.runs.styles import log_uniform

if TYPE_CHECKING:
    import random

    from jmxgen.simulator.values import Refusal


def outage(script: Script, chance: random.Random) -> Script:
    """A window, or all that follows, in which every attempt fails; perhaps with a common loss."""
    at = moment(script, chance, 0.15, 0.8)
    lasts = None if chance.random() < 0.35 else log_uniform(chance, 2, max(3.0, duration(script) * 0.4))
    values = _out(chance) | {"at": at, "lasts": lasts}
    instead: tuple[str, ...] = ()
    if chance.random() < 0.6:
        values["loses"] = chance.choice(("reset", "eof", 1001, 1012))
        instead = ("mass-disconnect",)
    until = None if lasts is None else at + lasts
    estimates = {"from": at, "until": until}
    return with_faults(script, Fault(name="outage", values=values, estimates=estimates, instead=instead))


def whole_outage(script: Script, chance: random.Random) -> Script:
    """Nobody is there from the start to the end."""
    values = _out(chance)
    instead = ("wrong-endpoint",) if values["form"] in ("refused", "unreachable") else ()
    return with_faults(
        script, Fault(name="outage", values=values, estimates={"from": 0.0, "until": None}, instead=instead)
    )


def _out(chance: random.Random) -> dict[str, Any]:
    return {
        "form": chance.choice(("refused", "refused", 502, 502, 503, 504, "reset", "stall", "unreachable"))
    }


def denied(script: Script, chance: random.Random) -> Script:
    """Some callers' credentials are refused."""
    share = log_uniform(chance, 0.04, 0.6)
    status = chance.choice((401, 401, 403, 407))
    values: dict[str, Any] = {"share": share, "form": status}
    estimates = {"status": status, "share": share}
    return with_faults(script, Fault(name="denied", values=values, estimates=estimates))


def denied_all(script: Script, chance: random.Random) -> Script:
    """Nobody's credentials are right."""
    status = chance.choice((401, 401, 403, 407))
    values: dict[str, Any] = {"form": status}
    return with_faults(
        script, Fault(name="denied", values=values, estimates={"status": status, "share": 1.0})
    )


def token_expires(script: Script, chance: random.Random) -> Script:
    """Tokens that were good are refused after a while."""
    status = chance.choice((401, 401, 403))
    values: dict[str, Any] = {"form": status, "expires": moment(script, chance, 0.1, 0.7)}
    if chance.random() < 0.4:
        values["share"] = log_uniform(chance, 0.1, 1)
    return with_faults(script, Fault(name="denied", values=values, estimates={"status": status}))


def wrong_endpoint(script: Script, chance: random.Random) -> Script:
    """What listens there is not a WebSocket server, or talks TLS where the client doesn't, or the reverse."""
    form: Refusal = chance.choice(
        (200, 301, 302, 400, 404, 404, 405, 426, 426, "tls", "tls", "eof", "garbage", "headers")
    )
    instead = ("outage",) if form == "eof" else ()
    fault = Fault(name="endpoint", values={"form": form}, estimates={"answer": form}, instead=instead)
    return with_faults(script, fault)
