"""The scenario: what a YAML file says, checked, frozen, with each key's default and meaning.

`load.load` makes it from a file; `plan.build` turns it into a JMeter plan.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from jmxgen.scenario.base import Flag, Line, Part, Text, Variable, Whole
from jmxgen.scenario.checks import check_http_url
from jmxgen.scenario.demand import Arrivals, KeepAlive, Load, Reconnect, Stage
from jmxgen.scenario.faults import Complaint, WrongValueError, wrong
from jmxgen.scenario.frames import Awaited, Exchange, Match, Payload, Reply
from jmxgen.scenario.steps import STEPS, Http, Pause, Set, Step
from jmxgen.scenario.target import Proxy, Secret, Target, Tls

__all__ = [
    "STEPS", "Arrivals", "Awaited", "Backend", "Csv", "Exchange", "Graphite", "InfluxDb", "KeepAlive", "Load",
    "Match", "Payload", "Proxy", "Reconnect", "Reply", "Scenario", "Secret", "Stage", "Step", "Target", "Tls",
]  # fmt: skip


class Csv(Part):
    """A CSV file whose lines give variables to the calls."""

    csv: Line = Field(description="The file, relative to the scenario.", examples=["callers.csv"])
    variables: tuple[Variable, ...] = Field(
        default=(), description="The columns' variables; absent: the file's first line names them.",
        examples=[["caller"]],
    )  # fmt: skip
    delimiter: Annotated[Text, Field(min_length=1, max_length=2)] = Field(
        default=",", description="What divides columns; \\t is a tab."
    )
    skip_header: Flag = Field(
        default=False, description="Skip the first line, where variables are named here."
    )
    share: Literal["all", "group", "thread"] = Field(
        default="all",
        description="Who takes lines in turn: all callers, those of a group, or each by itself.",
    )
    recycle: Flag = Field(default=True, description="Begin anew at the end; if not, callers stop there.")

    @model_validator(mode="after")
    def _check(self) -> Csv:
        if len(set(self.variables)) < len(self.variables):
            raise wrong("each variable is named once", key="variables")
        return self


class InfluxDb(Part):
    """JMeter's Backend Listener for InfluxDB."""

    url: Line = Field(description="The write address.", examples=["http://localhost:8086/write?db=jmeter"])
    measurement: Line = Field(default="jmeter", description="The measurement.")
    token: Variable | None = Field(default=None, description="The name of the secret with the token.")

    @model_validator(mode="after")
    def _check(self) -> InfluxDb:
        check_http_url(self.url)
        return self


class Graphite(Part):
    """JMeter's Backend Listener for Graphite."""

    host: Line = Field(description="The Graphite host.", examples=["localhost"])
    port: Whole = Field(default=2003, ge=1, le=65535, description="Its plain-text port.")
    prefix: Line = Field(default="jmeter.", description="What the metrics' names begin with.")


class Backend(Part):
    """Live metrics while the plan runs: one of influxdb and graphite."""

    influxdb: InfluxDb | None = Field(default=None, description="Metrics to InfluxDB.")
    graphite: Graphite | None = Field(default=None, description="Metrics to Graphite.")

    @model_validator(mode="after")
    def _check(self) -> Backend:
        if (self.influxdb is None) == (self.graphite is None):
            raise wrong("metrics go to one of influxdb and graphite")
        return self


_NAME: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$")


def _for_files(name: str) -> str:
    if not _NAME.match(name):
        raise wrong(f"{name!r} is not a name for files", "letters, digits, spaces and ._-")
    return name


class Scenario(Part):
    """A load test of a WebSocket system: who calls, whom, how, and what counts as passed."""

    name: Annotated[Line, Field(max_length=80), AfterValidator(_for_files)] = Field(
        description="The test's name: letters, digits, spaces and ._-",
        examples=["ivr-gather"],
        json_schema_extra={"pattern": _NAME.pattern},
    )
    description: Text = Field(default="", description="What it is for; it becomes the plan's comment.")
    target: Target = Field(description="The server under test.")
    load: Load = Field(default_factory=Load, description="How many callers, and how they come.")
    reconnect: Reconnect = Field(default_factory=Reconnect, description="How callers come back.")
    keep_alive: KeepAlive = Field(
        default_factory=KeepAlive, description="How waiting callers stay connected."
    )
    data: tuple[Csv, ...] = Field(default=(), description="CSV files with variables.")
    secrets: dict[Variable, Secret] = Field(
        default_factory=dict,
        description="Secrets by name; a plan holds only ${__P(name)}, never the value.",
        examples=[{"api_key": {"env": "API_KEY"}}],
    )
    metrics: Backend | None = Field(
        default=None, description="Live metrics through JMeter's Backend Listener."
    )
    call: tuple[Step, ...] = Field(
        min_length=1,
        description=(
            "The steps of a call, in order. The connection opens before the first step that needs it: "
            "leading http, set and pause steps come before it, once a connection."
        ),
    )
    on: tuple[Reply, ...] = Field(
        default=(),
        description="Replies that go out whenever such a message comes while a step waits; the first that "
        "matches. Each connection's replies are counted in the results' column ws_replies.",
        examples=[[{"regex": "^2$", "send": "3"}]],
    )
    criteria: tuple[Line, ...] = Field(
        default=(),
        description="What must hold for the run to pass.",
        examples=[["closures.handshake.rate < 1%"]],
    )

    @model_validator(mode="after")
    def _check(self) -> Scenario:
        complaints = [*self._secret_complaints(), *_order_complaints(self.call, ("call",), top=True)]
        if len(self.preparation) == len(self.call):
            complaints.append(
                Complaint("no step of the call needs a connection", "add e.g. listen: 5s", "call")
            )
        if complaints:
            raise WrongValueError(*complaints)
        return self

    def _secret_complaints(self) -> list[Complaint]:
        named: dict[tuple[str | int, ...], str | None] = {
            ("target", "proxy", "password"): self.target.proxy.password if self.target.proxy else None,
            ("target", "tls", "password"): self.target.tls.password if self.target.tls else None,
            ("metrics", "influxdb", "token"):
                self.metrics.influxdb.token if self.metrics and self.metrics.influxdb else None,
        }  # fmt: skip
        return [
            Complaint(f"there is no secret {name!r}", f"declare it: secrets: {{{name}: {{env: …}}}}", key)
            for key, name in named.items()
            if name is not None and name not in self.secrets
        ]

    @property
    def preparation(self) -> tuple[Step, ...]:
        """The leading steps that run before the connection opens."""
        answered = False  # by an http step: then a variable can be set from its answer
        for index, step in enumerate(self.call):
            answered = answered or isinstance(step, Http)
            known = isinstance(step, Set) and (answered or step.set.value is not None)
            if not (known or isinstance(step, Http | Pause)):
                return self.call[:index]
        return self.call

    @property
    def conversation(self) -> tuple[Step, ...]:
        """The steps on the open connection, a written disconnect included."""
        return self.call[len(self.preparation) :]


def _order_complaints(steps: tuple[Any, ...], way: tuple[str | int, ...], *, top: bool) -> list[Complaint]:
    """Return what is wrong with the order of steps: a disconnect is the last step of the call itself."""
    complaints = []
    for index, step in enumerate(steps):
        here = (*way, index)
        if step.kind == "disconnect" and not (top and index == len(steps) - 1):
            complaints.append(
                Complaint(
                    "disconnect must be the call's last step",
                    "every exit path closes the connection anyway",
                    here,
                )
            )
        elif step.kind == "repeat":
            complaints += _order_complaints(step.repeat.steps, (*here, "repeat", "steps"), top=False)
        elif step.kind == "if":
            complaints += _order_complaints(step.condition.then, (*here, "if", "then"), top=False)
            complaints += _order_complaints(step.condition.otherwise, (*here, "if", "else"), top=False)
    return complaints
