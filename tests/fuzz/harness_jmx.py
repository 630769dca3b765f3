"""Any bytes are a plan that can be checked and hardened, or a PlanError of one printable line."""

from __future__ import annotations

from pathlib import Path

from jmxgen.errors import PlanError
from jmxgen.harden.harden import harden
from jmxgen.jmx import tree
from jmxgen.lint import check, registry
from jmxgen.lint.formats import github, sarif, text
from jmxgen.lint.formats import json as json_format
from jmxgen.lint.subject import Subject
from tests.fuzz.reading import clear

PATH = Path("plan.jmx")
START = (
    b'<jmeterTestPlan version="1.2"><hashTree><TestPlan testname="t"/><hashTree>'
    b'<ThreadGroup testname="g"/><hashTree>'
)
END = b"</hashTree></hashTree></hashTree></jmeterTestPlan>"


def one_input(data: bytes) -> None:
    """Read the bytes as a plan of their own, and as what stands in a thread group."""
    for source in (data, START + data + END):
        try:
            plan = tree.parse(source, path=PATH)
        except PlanError as error:
            clear(error, PATH)
            continue
        findings = check.check(Subject.of(plan), registry.rules())
        for form in (text, github, json_format, sarif):
            for line in form.render(findings).split("\n"):
                assert line.isprintable(), line
        once = harden(plan)
        again = harden(tree.parse(once.plan, path=PATH))
        assert again.plan == once.plan, "hardened twice is hardened once"
