"""More callers hold connections than one machine has ports or file descriptors for.

Why: The load generator's own limit ('Cannot assign requested address', 'Too many open files') then looks
like the server dropping connections at a sharp concurrency.

Fix: spread the callers over engines, raise ulimit -n, or state the machine's limit: --set
descriptors=65536

Source: net.ipv4.ip_local_port_range, RLIMIT_NOFILE; each connection to one address needs a port
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import groups
from jmxgen.lint.model import Hit, Severity, rule
from jmxgen.units import exact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


_JVM_FILES = 200  # jars, logs, results: what a JMeter holds beside its sockets


@rule("JX021", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    plan = next((node for node in subject.tree.live() if node.kind == "TestPlan"), None)
    counted = [
        (callers, flow.group)
        for flow in subject.flows
        if flow.connecting and (callers := groups.callers(flow.group, subject.values)) is not None
    ]
    if not counted:
        return
    one_by_one = plan is not None and plan.flag("TestPlan.serialize_threadgroups")
    most, group = max(counted, key=lambda pair: pair[0])
    callers = most if one_by_one else sum(count for count, _ in counted)
    facts = subject.facts
    if callers > facts.ports:
        yield Hit(group, f"{callers} callers need as many client ports: the machine has {exact(facts.ports)}")
    if callers + _JVM_FILES > facts.descriptors:
        need = f"{callers} callers need about {callers + _JVM_FILES} file descriptors"
        yield Hit(group, f"{need}: the machine allows {exact(facts.descriptors)}")
