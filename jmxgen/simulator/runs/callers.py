"""The threads of a simulated run: a plan written by hand, looped, or jmxgen's own with its gate."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from jmxgen.simulator.runs.rows import Row
from jmxgen.simulator.runs.samplers import Samplers

if TYPE_CHECKING:
    from collections.abc import Generator

    from jmxgen.simulator.runs.generator import LoadGenerator, Thread
    from jmxgen.simulator.runs.plan import Plan, Step
    from jmxgen.simulator.runs.server import SimulatedServer

_OVERHEAD_S: Final = 0.0003  # what JMeter takes between two samplers
_SETTLED_S: Final = 5.0  # templates/groovy/caller.groovy: SETTLED_MS
_FIRST_S: Final = 1.0  # the first reconnect waits up to this long
_CLOSE_FRAME: Final = re.compile(r"Close frame with status code (\d+)")


class Caller:
    """One thread of a plan."""

    def __init__(self, plan: Plan, server: SimulatedServer, machine: LoadGenerator, number: int) -> None:
        self.plan = plan
        self.random = server.random
        self.machine = machine
        self.clock = machine.clock
        self.number = number
        self.samplers = Samplers(plan, server, machine, number)
        self.end = math.inf if plan.duration is None else plan.duration
        self.requests = 0  # of this call

    def thread(self) -> Thread:
        """Return the thread's life."""
        return self._generated() if self.plan.generated else self._by_hand()

    # ------------------------------------------------------------------ by hand

    def _by_hand(self) -> Thread:
        passes = 0
        while self.clock.time < self.end and passes != self.plan.loops:
            passes += 1
            yield from self._pause(self.plan.between.draw(self.random))
            if self.clock.time >= self.end or not (yield from self._call()):
                break
        if self.plan.reset_on_end:
            self.samplers.abandon()

    def _call(self) -> Generator[Any, None, bool]:
        """Make one pass through the loop, with its transaction; return whether the thread goes on."""
        began, first = self.clock.time, len(self.machine.rows)
        goes_on = yield from self._pass()
        if self.plan.transaction:
            self._transaction(began, first)
        return goes_on

    def _transaction(self, began: float, first: int) -> None:
        """Write the row of a transaction controller: it repeats the code of what failed last."""
        name = self.samplers.thread
        mine = [row for row in self.machine.rows[first:] if row.thread == name]
        failed = [row for row in mine if not row.ok]
        if not mine:
            return
        message = f"Number of samples in transaction : {len(mine)}, number of failing samples : {len(failed)}"
        self.machine.rows.append(
            Row(
                start=began,
                end=self.clock.time,
                label=self.plan.transaction,
                code=failed[-1].code if failed else "200",
                message=message,
                thread=name,
                ok=not failed,
                bytes=sum(row.bytes for row in mine),
                sent=sum(row.sent for row in mine),
                active=self.machine.active,
            )
        )

    def _pass(self) -> Generator[Any, None, bool]:
        """Make the steps of one pass; return whether the thread goes on."""
        self.requests = 0
        others = self.plan.others
        for step in self.random.choice((self.plan.call, *others)) if others else self.plan.call:
            if self.clock.time >= self.end and not self.plan.finishes:
                return False
            usable = self.samplers.socket is not None and not self.samplers.socket.noticed
            if self.plan.guarded and not usable and not step.startswith(("open", "request new", "think")):
                continue
            ok = yield from self._do(step)
            if not ok and self.plan.on_error == "next loop":
                return True
            if not ok and self.plan.on_error == "stop thread":
                return False
        return True

    def _do(self, step: Step) -> Generator[Any, None, bool]:
        """Make one step; its sample's success is returned."""
        began = self.clock.time
        ok = yield from self._step(step)
        if self.clock.time == began:
            yield began + _OVERHEAD_S
        return ok

    def _step(self, step: Step) -> Generator[Any, None, bool]:
        samplers, label, plan = self.samplers, self._label(step), self.plan
        if step == "think":
            return self._think()
        if step == "optional read":
            return samplers.read(label, plan.listen.draw(self.random), optional=True)
        if step == "read":
            return samplers.read(label, plan.read_timeout)
        if step == "request new":
            return samplers.request(label, new=True)
        sampler = {
            "open": self._open,
            "request": samplers.request,
            "write": samplers.write,
            "ping": samplers.ping,
            "listen": self._listen,
            "close": samplers.close,
        }[step]
        return sampler(label)

    def _think(self) -> Generator[Any, None, bool]:
        yield from self._pause(self.plan.think.draw(self.random))
        return True

    def _label(self, step: Step) -> str:
        label = self.plan.labels.get(step, step)
        if step in ("request", "write", "listen") and self.plan.numbered:
            self.requests += step != "listen"
            return f"{label} ({self.requests})" if self.requests > 1 else label
        return label

    def _open(self, label: str) -> Generator[Any, None, bool]:
        """Open, with the plan's loop of retries around it."""
        retry = self.plan.retry
        ok = yield from self.samplers.open(label)
        failures = 0
        while not ok and retry is not None and failures + 1 < retry.attempts and self.clock.time < self.end:
            failures += 1
            yield from self._pause(max(_OVERHEAD_S, retry.wait(failures, self.random)))
            if self.clock.time >= self.end:
                return False
            ok = yield from self.samplers.open(label)
        return ok

    def _pause(self, seconds: float) -> Generator[Any, None, None]:
        """Wait without a sampler; the thread group's end cuts it short."""
        if seconds > 0:
            until = self.clock.time + seconds
            yield until if self.plan.finishes else max(self.clock.time, min(until, self.end))

    def _listen(self, label: str) -> Generator[Any, None, bool]:
        """Wait while reading, in slices, as jmxgen's plans do, so that pings are answered."""
        until = self.clock.time + self.plan.listen.draw(self.random)
        slice_s = 0.5
        while until - self.clock.time > 0.001:
            seconds = min(slice_s, until - self.clock.time)
            if not (yield from self.samplers.read(label, seconds, optional=True)):
                return False
            slice_s = 5.0
        return True

    # ------------------------------------------------------------------ jmxgen's own

    def _generated(self) -> Thread:
        """Play the plan that jmxgen generates, by the rules of its gate (templates/groovy/caller.groovy)."""
        gate = Gate(self)
        while True:
            yield from self._pause_for_gate(gate.wait)
            if self.clock.time >= self.end or gate.done == self.plan.loops:
                return
            gate.begin()
            if not (yield from self.samplers.open(self._label("open"))):
                if gate.refused(self.machine.rows[-1].code):
                    return
                continue
            gate.opened()
            failed = yield from self._generated_call()
            row = self.machine.rows[-1]
            if not failed:
                gate.call_done(row.code)
            elif row.code == "Websocket I/O error" and row.message.endswith("Read timed out"):
                yield from self.samplers.close(self._label("close"))
                gate.call_failed(self.machine.rows[-1].code)
            elif gate.lost(row.message):
                return

    def _generated_call(self) -> Generator[Any, None, bool]:
        self.requests = 0
        for step in self.plan.call:
            if step != "open" and not (yield from self._do(step)):
                return True
        return False

    def _pause_for_gate(self, seconds: float) -> Generator[Any, None, None]:
        if self.clock.time + seconds >= self.end:
            self.end = self.clock.time
            return
        yield self.clock.time + max(seconds, _OVERHEAD_S)
        if self.plan.handshake_rate is not None:
            slot = max(self.machine.next_slot, self.clock.time)
            self.machine.next_slot = slot + 1 / self.plan.handshake_rate
            if slot > self.clock.time:
                yield slot


class Gate:
    """What the gate of a generated plan knows of its caller, and the columns that it fills."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.wait = 0.0
        self.attempt = 1
        self.connection = 0
        self.done = 0
        self.failures = 0
        self.close_code = ""
        self.opened_at = 0.0

    def begin(self) -> None:
        """A connection is asked for."""
        self.connection += 1
        self._show("handshake")

    def opened(self) -> None:
        """It is there."""
        self.opened_at = self.caller.clock.time
        self._show("data")

    def _show(self, phase: str) -> None:
        number = f"{self.caller.number}-{self.connection}"
        wait = str(round(self.wait * 1000))
        self.caller.samplers.variables = (
            phase,
            str(self.connection),
            str(self.attempt),
            wait,
            self.close_code,
            str(self.done + 1),
            f"51a3-simulated-1-{number}",
        )

    def _backoff(self, failures: int) -> float:
        retry = self.caller.plan.retry
        return retry.wait(failures, self.caller.random) if retry else 0.0

    def _last(self) -> bool:
        retry = self.caller.plan.retry
        return self.attempt > (retry.attempts if retry else 1)

    def refused(self, code: str) -> bool:
        """Take a refusal; return whether the caller gives up."""
        self.close_code = code if code.isdigit() else ""
        self.attempt += 1
        self.wait = self._backoff(self.attempt - 1)
        return self._last() or (code.isdigit() and int(code) in self.caller.plan.give_up_on)

    def lost(self, message: str) -> bool:
        """Take a loss; return whether the caller gives up."""
        found = _CLOSE_FRAME.search(message)
        self.close_code = found[1] if found else "1006"
        self.caller.samplers.abandon()
        settled = self.caller.clock.time - self.opened_at >= _SETTLED_S
        at_once = settled or self.attempt <= 1
        self.attempt = 1 if settled else self.attempt + 1
        first = self.caller.random.uniform(0, _FIRST_S)
        self.wait = first if at_once else self._backoff(self.attempt - 1)
        return self._last()

    def call_done(self, code: str) -> None:
        """A call was made to its end."""
        self.close_code = code
        self.done += 1
        self.failures = 0
        self.attempt, self.wait = 1, 0.0

    def call_failed(self, code: str) -> None:
        """A call went wrong on a connection that lives on; it was closed."""
        self.close_code = code if code.isdigit() else ""
        self.done += 1
        self.failures += 1
        self.attempt, self.wait = 1, self._backoff(self.failures)
        self.caller.samplers.abandon()
