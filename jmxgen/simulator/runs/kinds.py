"""The kinds of trouble that a simulated run can have, each drawn by chance so that it fits the plan.

A kind is a function: given the draft of a script and chance, it returns the script with its faults. Its
parameters come from wide priors; the plan is changed only where the trouble could not be seen otherwise.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

from jmxgen.simulator.runs.generator import Limits
from jmxgen.simulator.runs.plan import Times
from jmxgen.simulator.runs.play import Fault, Script
from jmxgen.simulator.runs.styles import log_uniform

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from jmxgen.simulator.runs.plan import Step
    from jmxgen.simulator.values import Ending, Refusal

    Kind = Callable[[Script, random.Random], Script]

_LOSSES: Final = ("reset", "reset", "eof", "eof", "cut")
_REFUSALS: Final = (503, 503, 503, 429, 502, 403, "reset", "eof", "refused")


def _with(script: Script, *faults: Fault, **changes: Any) -> Script:
    return dataclasses.replace(script, faults=(*script.faults, *faults), **changes)


def _duration(script: Script) -> float:
    return script.plan.duration or 60.0


def _callers_at_once(script: Script, chance: random.Random, low: float = 0.2, high: float = 0.95) -> int:
    """Return a number of connections that the plan's callers will want to exceed."""
    return max(2, round(script.plan.callers * chance.uniform(low, high)))


def _openings_per_s(script: Script) -> float:
    """Return the most openings a second that the plan makes while nothing fails, roughly."""
    plan = script.plan
    waits = sum(step in ("think", "listen", "optional read") for step in plan.call)
    mean = max(plan.think.low, plan.listen.low) * waits + plan.between.low + 0.05 * len(plan.call)
    return max(plan.callers / max(plan.ramp, 1.0), plan.callers / max(mean, 0.1))


def _moment(script: Script, chance: random.Random, low: float = 0.25, high: float = 0.85) -> float:
    return _duration(script) * chance.uniform(low, high)


def healthy(script: Script, chance: random.Random) -> Script:
    """Nothing, or what is not worth a cause: slow answers, short pauses, packets sent again."""
    service = script.service
    match chance.randrange(6):
        case 0:
            service = dataclasses.replace(
                service, answer=log_uniform(chance, 0.1, script.plan.read_timeout / 4)
            )
        case 1:
            service = dataclasses.replace(service, loss=log_uniform(chance, 0.001, 0.06))
        case 2:
            pause = min(script.plan.read_timeout * 0.6, log_uniform(chance, 0.1, 2))
            freeze = {
                "at": _moment(script, chance, 0.05),
                "lasts": pause,
                "every": log_uniform(chance, 3, 60),
            }
            return _with(script, Fault(name="freeze", values=freeze, cause=""))
        case 3:
            service = dataclasses.replace(service, tail=log_uniform(chance, 0.001, 0.03))
        case _:
            pass
    return dataclasses.replace(script, service=service)


# ---------------------------------------------------------------------- the number of connections


def cap(script: Script, chance: random.Random) -> Script:
    """More connections than allowed are refused."""
    limit = _callers_at_once(script, chance)
    values: dict[str, Any] = {"limit": limit, "form": chance.choice(_REFUSALS)}
    return _with(script, Fault(name="cap", values=values, estimates={"limit": limit}))


def cap_drops_the_newest(script: Script, chance: random.Random) -> Script:
    """More connections than allowed are accepted and ended at once."""
    limit = _callers_at_once(script, chance)
    form = chance.choice(("reset-after", "reset-after", "eof-after", "1013-after", "1008-after"))
    values: dict[str, Any] = {"limit": limit, "form": form}
    if chance.random() < 0.35:
        values["after"] = log_uniform(chance, 0.2, _duration(script) / 4)
    return _with(script, Fault(name="cap", values=values, estimates={"limit": limit}))


def two_caps(script: Script, chance: random.Random) -> Script:
    """Workers with a cap each: one is full while another has room."""
    limit = _callers_at_once(script, chance)
    workers = chance.choice((2, 2, 3, 4))
    values: dict[str, Any] = {
        "limit": limit,
        "workers": workers,
        "form": chance.choice(("reset", "eof", 503, 503)),
    }
    return _with(script, Fault(name="cap", values=values))


def cap_drops_the_oldest(script: Script, chance: random.Random) -> Script:
    """One connection more ends the one that was used the longest time ago."""
    limit = _callers_at_once(script, chance, 0.5, 0.97)
    plan = script.plan
    values: dict[str, Any] = {
        "limit": limit,
        "form": chance.choice(("eof", "reset", 1000, 1008)),
        "shared": True,
    }
    plan = dataclasses.replace(plan, ramp=max(plan.ramp, _duration(script) * 0.3))
    return _with(script, Fault(name="channels", values=values, estimates={"limit": limit}), plan=plan)


def cap_queues(script: Script, chance: random.Random) -> Script:
    """Connections beyond the limit wait for a place, unanswered, or until they are refused."""
    limit = _callers_at_once(script, chance)
    values: dict[str, Any] = {"limit": limit}
    if chance.random() < 0.4:
        values |= {"patience": log_uniform(chance, 0.3, script.plan.read_timeout * 0.95)}
        values |= {"form": chance.choice((503, 503, 504, 429))}
    return _with(script, Fault(name="queue", values=values, estimates={"limit": limit}))


def leaks(script: Script, chance: random.Random) -> Script:
    """Sessions that were left without a close frame hold their slots."""
    plan = script.plan
    call = tuple(step for step in plan.call if step != "close" or chance.random() < 0.1)
    call = call[: chance.randint(3, 12)]
    plan = dataclasses.replace(plan, call=call, generated=False)
    limit = round(plan.callers * log_uniform(chance, 1.05, 4))
    hold = log_uniform(chance, 10, 600)
    values: dict[str, Any] = {
        "limit": limit,
        "hold": hold,
        "form": chance.choice((503, 503, 429, "reset", "eof")),
    }
    fault = Fault(name="slots", values=values, estimates={"limit": limit})
    return _with(script, fault, plan=plan)


# ---------------------------------------------------------------------- the rate of handshakes


def rate_bucket(script: Script, chance: random.Random) -> Script:
    """A token bucket refuses what comes too fast."""
    rate = _openings_per_s(script) * log_uniform(chance, 0.05, 0.8)
    burst = max(1, round(rate * log_uniform(chance, 0.2, 5)))
    values: dict[str, Any] = {
        "limit": rate,
        "burst": burst,
        "form": chance.choice((429, 429, 503, 503, "reset", "eof")),
    }
    return _with(script, Fault(name="rate", values=values, estimates={"rate_per_s": rate, "burst": burst}))


def rate_queue(script: Script, chance: random.Random) -> Script:
    """A limit that lets handshakes wait: even 101s are late."""
    rate = _openings_per_s(script) * log_uniform(chance, 0.03, 0.6)
    estimates = {"rate_per_s": rate}
    if chance.random() < 0.5:
        values: dict[str, Any] = {"limit": rate, "burst": 1, "form": "stall"}
        return _with(script, Fault(name="rate", values=values, estimates=estimates))
    return _with(
        script,
        Fault(name="slow-accept", values={"rate": rate}, cause="handshake-rate-limit", estimates=estimates),
    )


def rate_window(script: Script, chance: random.Random) -> Script:
    """So many handshakes a window of the clock, then none until its end; or a counter over the last while."""
    period = chance.choice((1.0, 1.0, 5.0, 10.0, 30.0, 60.0))
    limit = max(1, round(_openings_per_s(script) * period * log_uniform(chance, 0.05, 0.8)))
    values: dict[str, Any] = {
        "limit": limit,
        "period": period,
        "window": chance.choice(("fixed", "fixed", "sliding")),
        "counts": chance.choice(("admitted", "admitted", "all")),
        "form": chance.choice((429, 429, 429, 503, "reset")),
    }
    estimates = {"rate_per_s": limit / period, "period": period}
    return _with(script, Fault(name="window", values=values, estimates=estimates))


# ---------------------------------------------------------------------- nobody there, or not for you


def outage(script: Script, chance: random.Random) -> Script:
    """A window, or all that follows, in which every attempt fails; perhaps with a common loss."""
    at = _moment(script, chance, 0.15, 0.8)
    lasts = None if chance.random() < 0.35 else log_uniform(chance, 2, max(3.0, _duration(script) * 0.4))
    values = _out(chance) | {"at": at, "lasts": lasts}
    instead: tuple[str, ...] = ()
    if chance.random() < 0.6:
        values["loses"] = chance.choice(("reset", "eof", 1001, 1012))
        instead = ("mass-disconnect",)
    until = None if lasts is None else at + lasts
    estimates = {"from": at, "until": until}
    return _with(script, Fault(name="outage", values=values, estimates=estimates, instead=instead))


def whole_outage(script: Script, chance: random.Random) -> Script:
    """Nobody is there from the start to the end."""
    values = _out(chance)
    instead = ("wrong-endpoint",) if values["form"] in ("refused", "unreachable") else ()
    return _with(
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
    return _with(script, Fault(name="denied", values=values, estimates=estimates))


def denied_all(script: Script, chance: random.Random) -> Script:
    """Nobody's credentials are right."""
    status = chance.choice((401, 401, 403, 407))
    values: dict[str, Any] = {"form": status}
    return _with(script, Fault(name="denied", values=values, estimates={"status": status, "share": 1.0}))


def token_expires(script: Script, chance: random.Random) -> Script:
    """Tokens that were good are refused after a while."""
    status = chance.choice((401, 401, 403))
    values: dict[str, Any] = {"form": status, "expires": _moment(script, chance, 0.1, 0.7)}
    if chance.random() < 0.4:
        values["share"] = log_uniform(chance, 0.1, 1)
    return _with(script, Fault(name="denied", values=values, estimates={"status": status}))


def wrong_endpoint(script: Script, chance: random.Random) -> Script:
    """What listens there is no WebSocket server, or talks TLS where the client doesn't, or the reverse."""
    form: Refusal = chance.choice(
        (200, 301, 302, 400, 404, 404, 405, 426, 426, "tls", "tls", "eof", "garbage", "headers")
    )
    instead = ("outage",) if form == "eof" else ()
    fault = Fault(name="endpoint", values={"form": form}, estimates={"answer": form}, instead=instead)
    return _with(script, fault)


# ---------------------------------------------------------------------- time limits of connections


def _think_more(script: Script, chance: random.Random, seconds: float) -> Script:
    """Return the script with waits that now and then exceed so many seconds."""
    plan = script.plan
    wait = plan.think if "think" in plan.call else plan.listen
    longest = {"uniform": wait.high, "exponential": wait.low * 3, "fixed": wait.low}.get(wait.kind, 0.0)
    factor = seconds / max(longest, 0.01) * chance.uniform(1.02, 2)
    if factor > 1:
        plan = dataclasses.replace(
            plan,
            think=dataclasses.replace(plan.think, low=plan.think.low * factor, high=plan.think.high * factor),
            listen=dataclasses.replace(
                plan.listen, low=plan.listen.low * factor, high=plan.listen.high * factor
            ),
        )
    return dataclasses.replace(script, plan=plan)


def idle(script: Script, chance: random.Random) -> Script:
    """Connections that idle too long are ended: by reset, end of stream or close frame."""
    seconds = log_uniform(chance, 1, min(60.0, _duration(script) / 3))
    form: Ending = chance.choice(("eof", "eof", "reset", 1000, 1001, 1008, 4000))
    values: dict[str, Any] = {"limit": seconds, "form": form}
    estimate: float | list[float] = seconds
    if chance.random() < 0.15:
        values["every"] = seconds * chance.choice((0.25, 0.5, 1.0))
        estimate = [seconds, seconds + values["every"]]
    fault = Fault(name="idle", values=values, estimates={"seconds": estimate})
    return _with(_think_more(script, chance, seconds), fault)


def idle_silent(script: Script, chance: random.Random) -> Script:
    """A firewall forgets idle connections: what follows is never answered."""
    seconds = log_uniform(chance, 1, min(60.0, _duration(script) / 3))
    values: dict[str, Any] = {"limit": seconds, "form": "silent"}
    fault = Fault(name="idle", values=values, estimates={"seconds": seconds}, instead=())
    return _with(_think_more(script, chance, seconds), fault)


def age(script: Script, chance: random.Random) -> Script:
    """Connections that grow too old are ended."""
    seconds = log_uniform(chance, 2, _duration(script) * 0.6)
    form: Ending = chance.choice(("eof", "reset", 1000, 1001, 1008, 4001))
    plan = script.plan
    body = [step for step in plan.call if step not in ("open", "request new", "close")]
    first, last = plan.call[:1], plan.call[-1:] if plan.call[-1] == "close" else ()
    if body and len(body) < 40:
        plan = dataclasses.replace(plan, call=(*first, *(body * (40 // len(body) + 1)), *last))
    values: dict[str, Any] = {"limit": seconds, "form": form}
    estimate: float | list[float] = seconds
    if chance.random() < 0.2:
        spread = values["spread"] = log_uniform(chance, 0.01, 0.15)
        estimate = [seconds * (1 - spread), seconds * (1 + spread)]
    return _with(script, Fault(name="max-age", values=values, estimates={"seconds": estimate}), plan=plan)


def pings(script: Script, chance: random.Random) -> Script:
    """The server pings, and ends connections whose client doesn't answer."""
    interval = log_uniform(chance, 1, min(30.0, _duration(script) / 4))
    timeout = interval * chance.choice((0.3, 0.5, 1.0, 1.0))
    form: Ending = chance.choice((1011, 1011, "reset", "eof", "eof"))
    plan = script.plan
    if plan.pings == "answered" and "think" not in plan.call:
        plan = dataclasses.replace(plan, pings=chance.choice(("filtered", "unfiltered")))
    values: dict[str, Any] = {"interval": interval, "timeout": timeout, "form": form}
    script = _think_more(dataclasses.replace(script, plan=plan), chance, interval + timeout)
    # The client's silence that is fatal lies between the timeout, and interval and timeout together.
    return _with(
        script, Fault(name="pings", values=values, estimates={"seconds": [timeout, interval + timeout]})
    )


# ---------------------------------------------------------------------- work


def bottleneck(script: Script, chance: random.Random) -> Script:
    """Workers that can't keep up: answers slow down, then connections end or nobody waits any longer."""
    plan = script.plan
    waits = sum(step in ("think", "listen", "optional read") for step in plan.call)
    exchanges = sum(step in ("request", "request new", "write") for step in plan.call) or 1
    mean = max(plan.think.low, plan.listen.low) * waits + plan.between.low + 0.05 * len(plan.call)
    wanted = plan.callers * exchanges / mean
    per_s = wanted * chance.uniform(0.25, 0.9)
    workers = chance.choice((1, 1, 2, 4, 8))
    values: dict[str, Any] = {"workers": workers, "service": workers / per_s, "queue": 10_000_000}
    if chance.random() < 0.4:
        values["handshakes"] = 1.0
    if chance.random() < 0.2:
        values |= {
            "queue": max(1, round(per_s * log_uniform(chance, 0.5, 10))),
            "form": chance.choice(_LOSSES),
        }
    fault = Fault(name="processing", values=values, estimates={"throughput_per_s": per_s})
    if chance.random() < 0.45:
        limit = log_uniform(chance, 0.8, max(1.0, script.plan.read_timeout))
        late = Fault(
            name="late",
            values={"limit": limit, "form": chance.choice(("eof", "reset", 1011))},
            estimates=fault.estimates,
        )
        return _with(script, late, fault)
    return _with(script, fault)


def conversations(script: Script, chance: random.Random) -> Script:
    """Only so many conversations are held at once; others wait on open connections."""
    limit = _callers_at_once(script, chance, 0.2, 0.9)
    values: dict[str, Any] = {
        "workers": 10_000,
        "service": 0.005,
        "queue": 10_000_000,
        "conversations": limit,
    }
    fault = Fault(
        name="processing", values=values, estimates={"plateau": limit}, instead=("stall", "concurrency-cap")
    )
    return _with(script, fault)


def stall_for_a_while(script: Script, chance: random.Random) -> Script:
    """Everything, or a part, stands still for longer than clients wait."""
    lasts = script.plan.read_timeout * log_uniform(chance, 1.2, 4)
    values: dict[str, Any] = {"at": _moment(script, chance, 0.15, 0.7), "lasts": lasts}
    if chance.random() < 0.3:
        values["share"] = chance.uniform(0.2, 0.7)
    if chance.random() < 0.3:
        values["backlog"] = chance.choice((1, 8, 128))
    return _with(script, Fault(name="freeze", values=values))


def worker_killed(script: Script, chance: random.Random) -> Script:
    """A worker stands still, and its supervisor kills it with all that it held."""
    values: dict[str, Any] = {
        "at": _moment(script, chance, 0.15, 0.7),
        "lasts": log_uniform(chance, 1, 10),
        "share": chance.choice((1.0, 0.5, 0.33, 0.25)),
        "form": chance.choice(("eof", "reset")),
    }
    at = values["at"] + values["lasts"]
    fault = Fault(
        name="freeze", values=values, cause="mass-disconnect", estimates={"at": at}, instead=("stall",)
    )
    return _with(script, fault)


def stall_for_good(script: Script, chance: random.Random) -> Script:
    """From a moment on nothing is answered any more, or never again on some connections."""
    if chance.random() < 0.5:
        values: dict[str, Any] = {
            "at": _moment(script, chance),
            "share": chance.choice((1.0, chance.uniform(0.2, 0.9))),
        }
        return _with(script, Fault(name="freeze", values=values))
    values = {"after": chance.randint(0, 20), "share": log_uniform(chance, 0.01, 1)}
    return _with(script, Fault(name="silence", values=values))


# ---------------------------------------------------------------------- losses


def mass(script: Script, chance: random.Random) -> Script:
    """All connections, or a part, end at one moment."""
    share = chance.choice((1.0, 1.0, 0.5, 0.33, chance.uniform(0.2, 1)))
    at = _moment(script, chance)
    values: dict[str, Any] = {"at": at, "share": share, "form": chance.choice(("reset", "eof", 1001, 1012))}
    return _with(script, Fault(name="mass", values=values, estimates={"at": at}))


def rolling(script: Script, chance: random.Random) -> Script:
    """A deploy that restarts one node after the other."""
    times = chance.randint(2, 4)
    values: dict[str, Any] = {
        "at": _moment(script, chance, 0.15, 0.5),
        "share": 1 / times,
        "times": times,
        "every": log_uniform(chance, 1, max(2.0, _duration(script) / 6)),
        "form": chance.choice(("reset", "eof", 1001)),
    }
    return _with(script, Fault(name="mass", values=values, estimates={"at": values["at"]}))


def storm(script: Script, chance: random.Random) -> Script:
    """After a common loss all come back at once, and most are refused."""
    at = _moment(script, chance, 0.3, 0.7)
    rate = script.plan.callers * log_uniform(chance, 0.02, 0.3)
    burst = max(1, round(rate * chance.uniform(0.5, 2)))
    ramp = max(script.plan.ramp, script.plan.callers / rate * 1.3)
    plan = dataclasses.replace(script.plan, ramp=min(ramp, at * 0.8), handshake_rate=None)
    return _with(
        script,
        Fault(
            name="mass",
            values={"at": at, "form": chance.choice(("reset", "eof", 1001))},
            estimates={"at": at},
            instead=("reconnect-storm",),
        ),
        Fault(
            name="rate",
            values={"limit": rate, "burst": burst, "form": chance.choice((429, 503, 503))},
            cause="reconnect-storm",
            estimates={"after": at},
            instead=("mass-disconnect", "handshake-rate-limit"),
        ),
        plan=plan,
    )


def random_losses(script: Script, chance: random.Random) -> Script:
    """Connections end by chance, at any age, load and time."""
    form: Ending = chance.choice(_LOSSES)
    if chance.random() < 0.5:
        lived = script.plan.callers * _duration(script) * 0.7  # seconds of all connections
        hazard = log_uniform(chance, 10, script.plan.callers * 2) / lived
        return _with(script, Fault(name="random", values={"hazard": hazard, "form": form}))
    share = log_uniform(chance, 0.01, 0.2)
    return _with(script, Fault(name="random", values={"probability": share, "form": form}))


def random_refusals(script: Script, chance: random.Random) -> Script:
    """Handshakes are refused by chance: a deny rule, or a backend of several that is not there."""
    share = log_uniform(chance, 0.02, 0.6)
    form = chance.choice((502, 502, 503, 500, "reset", "eof"))
    fault = Fault(name="refuse", values={"share": share, "form": form}, estimates={"rate": share})
    return _with(script, fault)


def random_resets(script: Script, chance: random.Random) -> Script:
    """Something between resets by chance, handshakes and connections alike."""
    share = log_uniform(chance, 0.005, 0.1)
    return _with(
        script,
        Fault(name="refuse", values={"share": share, "form": "reset"}, estimates={"rate": share}),
        Fault(name="random", values={"probability": share, "form": "reset"}),
    )


def server_close(script: Script, chance: random.Random) -> Script:
    """The server says goodbye by its own rules."""
    code = chance.choice((1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1011, 1013, 4000, 4003))
    estimates = {"code": code}
    if chance.random() < 0.5:
        share = log_uniform(chance, 0.01, 0.3)
        fault = Fault(
            name="random",
            values={"probability": share, "form": code},
            cause="server-close",
            estimates=estimates,
            instead=("random-drop",),
        )
        return _with(script, fault)
    values: dict[str, Any] = {
        "message": chance.randint(1, 4),
        "form": code,
        "share": log_uniform(chance, 0.03, 1),
    }
    return _with(script, Fault(name="drop", values=values, cause="server-close", estimates=estimates))


# ---------------------------------------------------------------------- the load generator


def client_limits(script: Script, chance: random.Random) -> Script:
    """The load generator has too few ports or file descriptors."""
    number = _callers_at_once(script, chance)
    ports = chance.random() < 0.5
    rest = chance.choice((0.0, 5.0, 60.0)) if ports else 0.0
    limits = Limits(ports=number, port_rest=rest) if ports else Limits(files=number)
    limits = dataclasses.replace(limits, work=script.limits.work)
    truth = Fault(name="client", values={}, estimates={"resource": "ports" if ports else "files"})
    return dataclasses.replace(script, limits=limits, limits_cause=truth)


def client_pauses(script: Script, chance: random.Random) -> Script:
    """The load generator stands still, as in garbage collections of a heap that is too small."""
    begin = _moment(script, chance, 0.2, 0.6)
    pauses: list[tuple[float, float]] = []
    while begin < _duration(script):
        length = log_uniform(chance, 1.0, 12.0)
        pauses.append((begin, length))
        begin += length + log_uniform(chance, 2, 30)
    limits = dataclasses.replace(script.limits, pauses=tuple(pauses))
    resource = Fault(name="client", values={}, estimates={"resource": "memory"})
    call: tuple[Step, ...] = tuple("listen" if step == "think" else step for step in script.plan.call)
    plan = dataclasses.replace(script.plan, call=call, pings="answered", between=Times())
    ping = {"interval": log_uniform(chance, 0.5, 3), "timeout": log_uniform(chance, 0.7, 3), "form": 1011}
    server = Fault(
        name="pings",
        values=ping,
        cause="client-exhaustion",
        estimates=resource.estimates,
        instead=("unanswered-pings",),
    )
    return _with(script, server, plan=plan, limits=limits, limits_cause=resource)


KINDS: Final[dict[str, tuple[Kind, ...]]] = {
    "healthy": (healthy,),
    "concurrency-cap": (
        cap,
        cap,
        cap,
        two_caps,
        cap_drops_the_newest,
        cap_drops_the_oldest,
        cap_queues,
        cap_queues,
    ),
    "leaked-sessions": (leaks,),
    "handshake-rate-limit": (rate_bucket, rate_queue, rate_window),
    "outage": (outage, outage, whole_outage),
    "denied": (denied, denied, denied_all, token_expires),
    "wrong-endpoint": (wrong_endpoint,),
    "idle-timeout": (idle, idle, idle_silent),
    "max-session-age": (age,),
    "unanswered-pings": (pings,),
    "processing-bottleneck": (bottleneck, bottleneck, conversations),
    "stall": (stall_for_a_while, stall_for_good),
    "mass-disconnect": (mass, mass, rolling, worker_killed),
    "reconnect-storm": (storm,),
    "random-drop": (random_losses, random_losses, random_refusals, random_resets),
    "server-close": (server_close,),
    "client-exhaustion": (client_limits, client_limits, client_limits, client_pauses),
}
