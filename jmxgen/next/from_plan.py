"""A scenario rebuilt from a plan: its target, load and steps, as far as they can be read from it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from jmxgen.errors import Place, PlanError
from jmxgen.jmx import tree as jmx
from jmxgen.lint import elements, groups, secrets, values
from jmxgen.lint import properties as files
from jmxgen.next.plan_steps import Reader
from jmxgen.scenario.checks import OWN_HEADERS

if TYPE_CHECKING:
    from pathlib import Path

    from jmxgen.jmx.tree import Node, Tree
    from jmxgen.lint.values import Values

_NAME: Final = re.compile(r"[^\w.-]+")
# The settings of jmxgen's own plans -> where a scenario has them, and the unit.
_SETTINGS: Final = {
    "hold": ("load", "hold", "s"),
    "calls": ("load", "calls", ""),
    "calls_per_connection": ("load", "calls_per_connection", ""),
    "max_attempts": ("reconnect", "max_attempts", ""),
    "backoff_base": ("reconnect", "base", "ms"),
    "backoff_cap": ("reconnect", "cap", "ms"),
    "first_wait": ("reconnect", "first_wait", "ms"),
    "connect_timeout": ("target", "connect_timeout", "ms"),
    "read_timeout": ("target", "read_timeout", "ms"),
}


def rebuild(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Return a scenario as its YAML has it, and notes on what the plan has that the scenario lacks.

    The properties file beside the plan counts. Answers are not checked, as nothing says which of a plan's
    assertions is meant. A property takes the place of each secret.

    Raises:
        PlanError: the plan can't be read, or opens no WebSocket with the Luminis samplers.
    """
    plan = jmx.read(path)
    beside = files.beside(path)
    known = values.of(plan, files.read(beside) if beside else {})
    opened = [(group, node) for group in plan.live() if (node := _opener(group))]
    if not opened:
        raise PlanError("no sampler of the Luminis plugin opens a WebSocket here", place=Place(path))
    group, opener = opened[0]
    reader = Reader(plan, known, tuple(dict.fromkeys(secret.value for secret in secrets.find(plan))))
    reader.notes += [
        f"{more.kind} {more.name!r}: its callers and steps are left out" for more, _ in opened[1:]
    ]
    call = reader.steps(_call(group))
    if not any("disconnect" in step for step in call):
        call.append({"disconnect": {"code": 1000}})
    scenario: dict[str, Any] = {
        "name": _NAME.sub("-", plan.top[0].name if plan.top else "").strip("-.") or "rebuilt",
        "target": _target(plan, opener, known, reader),
        "load": _load(group, known, reader),
        "reconnect": {"max_attempts": 1},
        "keep_alive": {"reply_to_pings": _answers_pings(plan, group)},
        "call": call,
    }
    _settings(scenario, known)
    return scenario, reader.notes


def _opener(group: Node) -> Node | None:
    """Return the first sampler of a thread group that opens a connection."""
    if not elements.is_thread_group(group):
        return None
    return next((node for node in group.walk() if node.live and elements.opens(node)), None)


def _call(group: Node) -> list[Node]:
    """Return the nodes of one call: in a plan of jmxgen's, what lies below its controller "the call"."""
    own = (node for node in group.children if node.kind == "GenericController")
    return next((node.children for node in own if node.name.startswith("the call")), group.children)


def _target(plan: Tree, opener: Node, known: Values, reader: Reader) -> dict[str, Any]:
    scheme = "wss" if elements.uses_tls(opener) else "ws"
    host = known.text(opener.text("server")) or opener.text("server")
    port = known.text(elements.port(opener)) or elements.port(opener)
    path = reader.without_secrets(opener.text("path"), "path")
    host = f"[{host}]" if ":" in host and not host.startswith(("[", "$")) else host
    target: dict[str, Any] = {"url": f"{scheme}://{host}:{port}{'' if path.startswith('/') else '/'}{path}"}
    for key in ("connectTimeout", "readTimeout"):
        if wait := known.number(opener.text(key)):
            target[key.replace("T", "_t")] = f"{wait}ms"
    headers = _headers(plan, opener, reader)
    if protocols := headers.pop("Sec-WebSocket-Protocol", ""):
        target["subprotocols"] = [name.strip() for name in protocols.split(",")]
    for name in [name for name in headers if name.lower() in OWN_HEADERS]:
        del headers[name]
        reader.notes.append(f"header {name!r} is left out: {OWN_HEADERS[name.lower()]}")
    if headers:
        target["headers"] = headers
    return target


def _headers(plan: Tree, opener: Node, reader: Reader) -> dict[str, str]:
    """Return the headers of the upgrade request."""
    found = {}
    for manager in (node for node in plan.in_scope(opener) if node.kind == "HeaderManager"):
        for header in manager.element.iterfind(".//elementProp"):
            said = {child.get("name"): (child.text or "").strip() for child in header}
            if name := said.get("Header.name", ""):
                found[name] = reader.without_secrets(said.get("Header.value", ""), f"header {name!r}")
    return found


def _load(group: Node, known: Values, reader: Reader) -> dict[str, Any]:
    callers = groups.callers(group, known)
    if not callers or callers < 1:
        reader.notes.append(
            f"{group.kind} {group.name!r}: its callers aren't known before it runs: 1 is taken"
        )
    ramp = known.number(group.text("ThreadGroup.ramp_time"))
    if ramp is None:
        reader.notes.append(f"{group.kind} {group.name!r}: its ramp can't be read: 0 s is taken")
    load: dict[str, Any] = {"callers": max(1, callers or 1), "ramp_up": f"{max(0, ramp or 0)}s"}
    lasts = known.number(group.text("ThreadGroup.duration")) if group.flag("ThreadGroup.scheduler") else None
    loops = known.number(groups.loops(group))
    if lasts:
        return {**load, "hold": f"{max(1, lasts - (ramp or 0))}s"}
    if loops is not None and loops > 0:
        return {**load, "calls": loops}
    if _is_own(known):
        return load
    reader.notes.append(f"{group.kind} {group.name!r}: when it ends can't be read: 1m of hold is taken")
    return {**load, "hold": "1m"}


def _answers_pings(plan: Tree, group: Node) -> bool:
    readers = [node for node in group.walk() if node.live and elements.reads_frames(node)]
    return any(elements.answers_pings(plan.in_scope(node)) for node in readers)


def _settings(scenario: dict[str, Any], known: Values) -> None:
    """Take what the table of settings of jmxgen's own plans says."""
    if not _is_own(known):
        return
    for name, (part, key, unit) in _SETTINGS.items():
        number = known.number(known.variables.get(name, ""))
        if number is not None:
            scenario[part][key] = f"{number}{unit}" if unit else number
    if "hold" in scenario["load"]:
        scenario["load"].pop("calls", None)
    for key in ("jitter", "after_loss"):
        if text := known.text(known.variables.get(key, "")):
            scenario["reconnect"][key] = text
    given_up = known.text(known.variables.get("give_up_on", "").replace("\\,", " ")) or ""
    scenario["reconnect"]["give_up_on"] = [int(code) for code in re.findall(r"\b\d{3}\b", given_up)]


def _is_own(known: Values) -> bool:
    return {"max_attempts", "after_loss"} <= known.variables.keys()
