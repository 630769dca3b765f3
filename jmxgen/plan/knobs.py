"""The JMeter properties that change a plan without generating it anew: `-Jcallers=2000`.

Each has the scenario's value as its default, so a plan that is run with no property is the scenario.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.errors import ScenarioError
from jmxgen.plan.labels import every
from jmxgen.plan.model import Knob, Settings
from jmxgen.plan.think import waits_of
from jmxgen.scenario.steps import Set

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.scenario.model import Scenario


@dataclasses.dataclass(frozen=True)
class Knobs:
    """The knobs of one plan, by name."""

    all: tuple[Knob, ...]

    @classmethod
    def of(cls, scenario: Scenario) -> Knobs:
        """Return the knobs that the scenario's plan has.

        Raises:
            ScenarioError: a secret or a variable has a knob's name, so one would change the other.
        """
        knobs = cls(tuple(_knobs(scenario)))
        variables = {name for csv in scenario.data for name in csv.variables}
        variables |= {step.set.variable for step in every(scenario.call) if isinstance(step, Set)}
        for knob in knobs.all:
            if knob.name in scenario.secrets:
                raise ScenarioError(
                    f"the secret {knob.name!r} has the name of a property of the plan",
                    hint="name it otherwise",
                )
            if knob.name in variables:
                raise ScenarioError(
                    f"the variable {knob.name!r} has the name of a setting of the plan",
                    hint="name it otherwise",
                )
        return knobs

    def __getitem__(self, name: str) -> str:
        """Return the variable that stands for the knob in the plan."""
        assert any(knob.name == name for knob in self.all), name
        return f"${{{name}}}"

    @property
    def settings(self) -> Settings:
        """The table of all knobs: the only place where their values stand."""
        return Settings(
            name="settings: change here, or on the command line with -Jname=value",
            variables=tuple((k.name, reference(k.name, k.default), k.meaning) for k in self.all),
        )


def reference(name: str, default: str) -> str:
    r"""Return `${__P(name,default)}`; JMeter wants commas and backslashes in a parameter escaped."""
    if default.startswith("${"):  # an expression, kept as it is: its commas are its own
        return f"${{__P({name},{default})}}"
    return f"${{__P({name},{default.replace(chr(92), chr(92) * 2).replace(',', chr(92) + ',')})}}"


def seconds(milliseconds: float) -> str:
    """Return milliseconds as seconds, as short as they can be written to the millisecond."""
    return f"{milliseconds / 1000:.3f}".rstrip("0").rstrip(".")


def _knobs(scenario: Scenario) -> Iterator[Knob]:
    target, load, reconnect = scenario.target, scenario.load, scenario.reconnect
    yield Knob(name="host", default=target.address.host, meaning="the server's name or address")
    yield Knob(name="port", default=target.address.port, meaning="its port")
    yield Knob(name="connect_timeout", default=str(target.connect_timeout.ms), meaning="ms")
    yield Knob(name="read_timeout", default=str(target.read_timeout.ms), meaning="ms")
    if load.arrivals:
        rate = load.arrivals.rate
        yield Knob(name="arrival_rate", default=f"{rate.count:f}", meaning=f"callers a {_UNITS[rate.unit]}")
        yield Knob(name="arrivals_for", default=seconds(load.arrivals.length.ms), meaning="s")
    else:
        yield Knob(name="callers", default=str(load.peak_callers), meaning="at a time, on each engine")
    if not load.arrivals and not load.stages:
        yield Knob(name="ramp_up", default=str(-(-load.ramp.ms // 1000)), meaning="s, whole")
        yield Knob(
            name="hold",
            default=seconds(load.hold.ms) if load.hold else "",
            meaning="s after the ramp; empty: each caller makes its calls and stops",
        )
        yield Knob(name="calls", default=str(load.calls), meaning="of each caller, where there is no hold")
    if not load.arrivals:
        yield Knob(
            name="calls_per_connection", default=str(load.calls_per_connection), meaning="before it is closed"
        )
    if load.handshake_rate:
        yield Knob(
            name="handshake_rate",
            default=f"{load.handshake_rate.per_second:.6g}",
            meaning="openings per second over all engines, retries included",
        )
    yield Knob(name="engines", default="1", meaning="JMeter engines that share the load")
    yield Knob(name="max_attempts", default=str(reconnect.max_attempts), meaning="for each call")
    yield Knob(name="backoff_base", default=str(reconnect.base.ms), meaning="ms")
    yield Knob(name="backoff_cap", default=str(reconnect.cap.ms), meaning="ms")
    yield Knob(name="jitter", default=reconnect.jitter, meaning="full | equal | decorrelated | none")
    yield Knob(
        name="first_wait", default=str(reconnect.first_wait.ms), meaning="ms, the most after a loss at first"
    )
    give_up = ",".join(str(status) for status in reconnect.give_up_on)
    yield Knob(name="give_up_on", default=give_up, meaning="HTTP statuses after which a caller gives up")
    if reconnect.after_loss != "continue":  # that one needs a plan that is built so
        yield Knob(name="after_loss", default=reconnect.after_loss, meaning="restart | stop")
    for wait in waits_of(scenario).values():
        yield from wait.knobs


_UNITS = {"s": "second", "min": "minute", "h": "hour"}
