"""What the rules look at: a plan, and all that is known of it before it runs."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.lint import elements, flow, names, retry, secrets, values
from jmxgen.lint.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jmxgen.jmx.tree import Node, Tree

STOP_POLICY = "websocket.thread.stop.policy"


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Subject:
    """A plan, what its user states, and what follows from the two. `Subject.of` works it all out at once."""

    tree: Tree
    facts: Facts
    properties: Mapping[str, str]
    values: values.Values
    flows: tuple[flow.Flow, ...]  # how each live thread group's callers go through it
    running: Mapping[Node, flow.Flow]  # what callers come by, with the first thread group whose callers do
    retries: tuple[retry.Retry, ...]  # the loop of every opener that has one
    defined: names.Defined  # the variables that something in the plan sets
    secrets: tuple[secrets.Secret, ...]
    stop_policy: str  # what becomes of sockets when a thread ends: none, tcpclose or wsclose

    @classmethod
    def of(
        cls, tree: Tree, *, facts: Facts | None = None, properties: Mapping[str, str] | None = None
    ) -> Subject:
        """Return a plan as the rules look at it; `properties` are those that it runs with.

        Raises:
            PlanError: the plan would take too long to follow.
        """
        stated = properties or {}
        known = values.of(tree, stated)
        flows = tuple(flow.follow(tree))
        return cls(
            tree=tree,
            facts=facts or Facts(),
            properties=stated,
            values=known,
            flows=flows,
            running=_running(flows),
            retries=tuple(retry.retries(tree, flows, known)),
            defined=names.defined(tree),
            secrets=tuple(secrets.find(tree)),
            stop_policy=_stop_policy(tree, stated),
        )


def _running(flows: tuple[flow.Flow, ...]) -> dict[Node, flow.Flow]:
    found: dict[Node, flow.Flow] = {}
    for path in flows:
        for node in path.visited:
            found.setdefault(node, path)
    return found


def _stop_policy(tree: Tree, properties: Mapping[str, str]) -> str:
    scripts = (elements.script(node) or "" for node in tree.live())
    if any(STOP_POLICY in text and "wsClose" in text for text in scripts):
        return "wsclose"
    return properties.get(STOP_POLICY, "none").strip().lower()
