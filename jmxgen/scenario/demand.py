"""How many callers come, how fast, how they come back, and how they keep their connections alive."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from jmxgen.scenario.amounts import Duration, Rate
from jmxgen.scenario.base import Flag, Part, ReadTime, Time, Whole
from jmxgen.scenario.faults import Complaint, WrongValueError, wrong

MOST_CALLERS = 1_000_000


class Stage(Part):
    """A change of the number of callers, and a hold."""

    callers: Whole = Field(
        ge=0, le=MOST_CALLERS, description="The callers at the stage's end.", examples=[100]
    )
    over: Duration = Field(
        default=Duration(0), description="How long the change takes, evenly.", examples=["30s"]
    )
    hold: Duration = Field(default=Duration(0), description="How long they stay.", examples=["2m"])

    @model_validator(mode="after")
    def _check(self) -> Stage:
        if not self.over.ms and not self.hold.ms:
            raise wrong("a stage needs a time", "add over or hold")
        return self


class Arrivals(Part):
    """Callers that come at a rate, whatever becomes of those before them; each makes one call."""

    rate: Rate = Field(description="How many come.", examples=["10/s"])
    to: Rate | None = Field(
        default=None, description="The rate at the end, reached evenly; absent: it stays."
    )
    length: Time = Field(alias="for", description="How long they come.", examples=["5m"])
    spacing: Literal["random", "even"] = Field(
        default="random", description="random: a Poisson process, as people call; even: like a clock."
    )
    drain: Time | None = Field(
        default=None,
        description="How long the last callers may take to finish; absent: reckoned from the steps.",
    )


class Load(Part):
    """How many callers there are and how they come: one of callers, stages and arrivals."""

    callers: Whole = Field(default=1, ge=1, le=MOST_CALLERS, description="Callers at a time.", examples=[500])
    ramp_up: Duration | None = Field(
        default=None,
        description="The time over which they come, evenly; absent: one second per caller (JMeter's manual).",
        examples=["100s"],
    )
    hold: Time | None = Field(
        default=None,
        description="How long they go on calling once all have come; absent: each makes `calls` calls.",
        examples=["5m"],
    )
    calls: Whole = Field(
        default=1, ge=1, le=1_000_000, description="Calls of each caller, where there is no hold."
    )
    calls_per_connection: Whole = Field(
        default=1, ge=1, le=1_000_000, description="Calls that share one connection before it is closed."
    )
    handshake_rate: Rate | None = Field(
        default=None,
        description="The most openings over all callers and engines, retries included; absent: no limit.",
        examples=["20/s"],
    )
    stages: tuple[Stage, ...] = Field(
        default=(), max_length=1000, description="Steps up and down, instead of callers.",
        examples=[[{"callers": 100, "over": "30s", "hold": "2m"}]],
    )  # fmt: skip
    arrivals: Arrivals | None = Field(
        default=None,
        description="An arrival rate, instead of callers.",
        examples=[{"rate": "10/s", "for": "5m"}],
    )

    @model_validator(mode="after")
    def _check(self) -> Load:
        complaints = [*self._shape_complaints(), *self._call_complaints()]
        if complaints:
            raise WrongValueError(*complaints)
        return self

    def _shape_complaints(self) -> list[Complaint]:
        given = [key for key in ("callers", "stages", "arrivals") if key in self.model_fields_set]
        complaints = [
            Complaint(
                f"{given[0]} and {key} exclude each other", "keep one of callers, stages and arrivals", key
            )
            for key in given[1:]
        ]
        if "stages" in given and not self.stages:
            complaints.append(Complaint("stages has no stage", "add one, or leave it out", "stages"))
        if self.stages and not self.peak_callers:
            complaints.append(Complaint("no stage has callers", key="stages"))
        shape = "stages" if self.stages else "arrivals" if self.arrivals else ""
        return complaints + [
            Complaint(f"with {shape}, {key} has no meaning", f"leave out {key}", key)
            for key in ("ramp_up", "hold")
            if shape and getattr(self, key) is not None
        ]

    def _call_complaints(self) -> list[Complaint]:
        timed = "hold" if self.hold else "stages" if self.stages else ""
        if timed and self.calls != 1:
            return [Complaint(f"with {timed}, callers call until the end", "leave out calls", "calls")]
        return [
            Complaint("a caller that arrives makes one call", f"leave out {key}", key)
            for key in ("calls", "calls_per_connection")
            if self.arrivals and getattr(self, key) != 1
        ]

    @property
    def ramp(self) -> Duration:
        """The ramp-up in force: as given, or a second a caller."""
        return self.ramp_up if self.ramp_up is not None else Duration(min(self.callers * 1000, 2**31 - 1))

    @property
    def peak_callers(self) -> int:
        """The most callers at a time; 0 for arrivals, where it depends on how long a call takes."""
        if self.arrivals:
            return 0
        return max(stage.callers for stage in self.stages) if self.stages else self.callers

    @property
    def ramp_rate(self) -> float:
        """Handshakes a second that the steepest ramp makes; infinite where all come at once."""
        if self.arrivals:
            return max(
                self.arrivals.rate.per_second, self.arrivals.to.per_second if self.arrivals.to else 0.0
            )
        if not self.stages:
            return _over(self.callers, self.ramp)
        starts = (0, *(stage.callers for stage in self.stages))
        return max(_over(s.callers - before, s.over) for before, s in zip(starts, self.stages, strict=False))


def _over(callers: int, time: Duration) -> float:
    if callers <= 0:
        return 0.0
    return callers / time.seconds if time.ms else float("inf")


Status = Annotated[Whole, Field(ge=100, le=599)]


class Reconnect(Part):
    """How a caller comes back after a failed handshake or a lost connection: bounded, and never in step."""

    max_attempts: Whole = Field(
        default=6,
        ge=1,
        le=1000,
        description=(
            "Connections that a call may ask for, the first included. Then a caller that was refused gives "
            "up; a call that was lost has failed."
        ),
    )
    base: Time = Field(
        default=Duration(1000), description="The backoff before the second attempt, before jitter."
    )
    cap: Time = Field(default=Duration(60_000), description="The longest backoff.")
    jitter: Literal["full", "equal", "decorrelated", "none"] = Field(
        default="full",
        description=(
            "How waits are drawn, v = min(cap, base·2ⁿ): full U(0, v); equal v/2 + U(0, v/2); "
            "decorrelated min(cap, U(base, 3·the wait before)); none v."
        ),
    )
    first_wait: Duration = Field(
        default=Duration(5000),
        description="After a loss, the first attempt waits U(0, this) (RFC 6455, 7.2.3); 0s: it doesn't.",
    )
    give_up_on: tuple[Status, ...] = Field(
        default=(401, 403, 404), description="HTTP statuses that no retry will mend."
    )
    after_loss: Literal["restart", "continue", "stop"] = Field(
        default="restart",
        description="After a lost connection: restart the call, continue at the step, or stop the caller.",
    )

    @model_validator(mode="after")
    def _check(self) -> Reconnect:
        if self.cap < self.base:
            raise wrong(f"cap {self.cap} is below base {self.base}", f"at least {self.base}", "cap")
        return self


class KeepAlive(Part):
    """What keeps a connection alive while a caller waits."""

    reply_to_pings: Flag = Field(default=True, description="Answer the server's pings while listening.")
    ping_every: Time | None = Field(
        default=None, description="Send own pings this often while listening; absent: none.", examples=["15s"]
    )
    read_slice: ReadTime = Field(
        default=Duration(1000),
        description="Waits are cut into reads of at most this; keep it below the server's ping interval.",
    )

    @model_validator(mode="after")
    def _check(self) -> KeepAlive:
        if self.ping_every is not None and self.ping_every < self.read_slice:
            raise wrong(
                f"ping_every {self.ping_every} is below read_slice {self.read_slice}",
                f"set read_slice to {self.ping_every} or less",
                "ping_every",
            )
        return self
