"""Waiting without losing the connection: reads that answer pings, own pings in between.

The plugin has no thread of its own. A ping is answered only while a sampler reads under a ping filter, so a
wait on an open connection is a read that wants no frame and ends when its time is over.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from jmxgen.plan.matching import skip_all, skip_data
from jmxgen.plan.model import Element, LoopController, Pause, Ping, PingFilter, Read

if TYPE_CHECKING:
    from jmxgen.plan.think import Wait
    from jmxgen.scenario.amounts import Span
    from jmxgen.scenario.demand import KeepAlive

PING: Final = "ping"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Waiting:
    """How waits are made, and how long the caller has been quiet when one begins."""

    keep_alive: KeepAlive
    read_timeout: str
    binary: bool  # whether binary frames are to be expected
    quiet_ms: int = 0  # since the last frame that the caller sent

    def listen(
        self, milliseconds: int, label: str, wait: Wait | None = None
    ) -> tuple[tuple[Element, ...], Waiting]:
        """Return the elements that wait and read so long, or as `wait` is set, and the state after them.

        Reads are cut into slices, since no sampler can be interrupted: a slice bounds how long a stop takes.
        """
        every = self.keep_alive.ping_every
        if every is None or self.quiet_ms + milliseconds < every.ms:
            elements = self._as_set(wait, label) if wait else self._reads(milliseconds, label)
            return elements, dataclasses.replace(self, quiet_ms=self.quiet_ms + milliseconds)
        ping = self.ping(PING, self.read_timeout)
        first = max(0, every.ms - self.quiet_ms)
        cycles, rest = divmod(milliseconds - first, every.ms)
        elements = (
            *self._reads(first, label),
            ping,
            *_loop(cycles, (*self._reads(every.ms, label), ping), "reads and pings"),
            *self._reads(rest, label),
        )
        return elements, dataclasses.replace(self, quiet_ms=rest)

    def pause(
        self, span: Span, label: str, wait: Wait | None, *, reading: bool
    ) -> tuple[tuple[Element, ...], Waiting]:
        """Return the elements that wait for a time in `span`, and the state after them.

        With `reading` frames that come meanwhile are taken and dropped, and pings answered.
        """
        if not reading:
            return (plain_pause(span, label, wait),), dataclasses.replace(
                self, quiet_ms=self.quiet_ms + span.high.ms
            )
        elements, after = self.listen(span.low.ms, label, wait)
        if span.fixed:
            return elements, after
        spread = span.high.ms - span.low.ms
        more = f"${{{wait.name}_more_ms}}" if wait else str(spread)
        rest = self._read(f"${{__Random(1,{more})}}", label)
        return (*elements, rest), dataclasses.replace(after, quiet_ms=after.quiet_ms + spread)

    def sent(self) -> Waiting:
        """Return the state after the caller has sent a frame."""
        return dataclasses.replace(self, quiet_ms=0)

    def _as_set(self, wait: Wait, label: str) -> tuple[Element, ...]:
        each = self._read(f"${{{wait.name}_slice_ms}}", label)
        return (
            LoopController(
                name=f"{label}: reads in slices", loops=f"${{{wait.name}_slices}}", children=(each,)
            ),
        )

    def _reads(self, milliseconds: int, label: str) -> tuple[Element, ...]:
        if milliseconds <= 0:
            return ()
        slices = -(-milliseconds // self.keep_alive.read_slice.ms)
        each = self._read(str(milliseconds // slices), label)
        return _loop(slices, (each,), f"{label}: reads in slices")

    def _read(self, milliseconds: str, label: str) -> Read:
        return Read(
            name=label,
            data_type="Any",
            read_timeout=milliseconds,
            optional=True,
            children=skip_all(reply=self.keep_alive.reply_to_pings, binary=self.binary),
        )

    def ping(self, label: str, read_timeout: str) -> Ping:
        """Return a ping that waits for its pong and passes over data frames that come before it."""
        reply = self.keep_alive.reply_to_pings
        only_pings = PingFilter(name="the server's own pings", reply=reply, pings_only=True)
        under = (only_pings, *skip_data(binary=self.binary))
        return Ping(name=label, read_timeout=read_timeout, children=under)


def plain_pause(span: Span, label: str, wait: Wait | None) -> Pause:
    """Return a pause that reads nothing and leaves no row."""
    return Pause(name=label, milliseconds=drawn(span, wait))


def drawn(span: Span, wait: Wait | None) -> str:
    """Return the expression for a time in the span, in ms, drawn each time it is evaluated."""
    if wait:
        return wait.drawn
    return str(span.low.ms) if span.fixed else f"${{__Random({span.low.ms},{span.high.ms})}}"


def _loop(times: int, children: tuple[Element, ...], name: str) -> tuple[Element, ...]:
    if times <= 1:
        return children * times
    return (LoopController(name=name, loops=str(times), children=children),)
