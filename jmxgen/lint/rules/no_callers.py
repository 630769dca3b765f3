"""A thread group starts no callers: its number of threads is zero or not a number.

Why: JMeter takes what is not a number for 0: the run ends at once with exit code 0, no rows and no
message.

Fix: write a whole number; the default of a property has no quotes: ${__P(callers,500)}

Source: seen in a real run: num_threads ${__P(callers,"500")} starts 0 threads
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import groups
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX024", Severity.ERROR)
def check(subject: Subject) -> Iterator[Hit]:
    for flow in subject.flows:
        prop = groups.callers_property(flow.group)
        written = flow.group.text(prop)
        value = subject.values.text(written)
        if not flow.visited or flow.group.prop(prop) is None or value is None:
            continue
        number = subject.values.number(written)
        if number is None or number <= 0:
            yield Hit(flow.group, f"starts no callers: {prop} is {value!r}", flow.group.prop(prop))
