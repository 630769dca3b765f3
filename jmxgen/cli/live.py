"""What a run shows while it runs: read from the growing results, without disturbing JMeter."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
import re
import time
from typing import TYPE_CHECKING, Final

from jmxgen.errors import JmxgenError, UsageError, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from rich.console import Console, RenderableType

    from jmxgen.analysis.criteria import Criterion
    from jmxgen.analysis.model import Analysis, Run
    from jmxgen.analysis.reading.growing import Growing
    from jmxgen.jmeter.run import Status
    from jmxgen.scenario.model import Scenario

    OnPoll = Callable[[Status], str | None]

_PLAIN_EVERY_S: Final = 10.0  # a line so often where nobody watches
_SHARE: Final = 20  # about a twentieth of the time goes into looking,
_LONGEST_S: Final = 15.0  # unless that would leave people without news for longer than this
_RECENT_S: Final = 5  # rates and answer times are of the last seconds
_NAMED: Final = 5  # so many first closures are named
_BARS: Final = " ▁▂▃▄▅▆▇█"
_CURVE: Final = 40
_HEARD: Final = (
    "stopping: callers end their step (Ctrl-C again ends JMeter at once)",
    "ending JMeter (Ctrl-C again kills it)",
    "killing JMeter",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figures:
    """A run so far."""

    seconds: float  # since JMeter's start
    left: float | None  # seconds, None where nobody knows
    callers: int
    open: int
    attempts_per_s: float
    handshake: int
    data: int
    stalls: int
    answer_ms: float  # NaN where nothing was answered of late
    curve: tuple[int, ...]  # open connections, second by second

    def line(self) -> str:
        """Return the figures in one line."""
        answers = f", answers {self.answer_ms:,.0f} ms" if math.isfinite(self.answer_ms) else ""
        stalls = f", {self.stalls:,} stalls" if self.stalls else ""
        left = f", {_clock(self.left)} left" if self.left is not None else ""
        return (
            f"{_clock(self.seconds)}  {self.callers:,} callers, {self.open:,} open, "
            f"{self.attempts_per_s:,.1f} attempts/s, closures: {self.handshake:,} handshake, "
            f"{self.data:,} data{stalls}{answers}{left}"
        )

    def bars(self) -> str:
        """Return the open connections over time as bars, the newest last."""
        top = max(self.curve, default=0)
        width = max(1, math.ceil(len(self.curve) / _CURVE))
        shown = [max(self.curve[n : n + width]) for n in range(0, len(self.curve), width)]
        return "".join(_BARS[math.ceil(level / top * (len(_BARS) - 1)) if top else 0] for level in shown)


@contextlib.contextmanager
def watching(
    out: Console, *, planned_s: float | None = None, stop_on: Sequence[str] = ()
) -> Iterator[OnPoll]:
    """Show a run while it runs: yields what `jmeter.run` is to call now and then.

    On a terminal the figures stay in place; elsewhere they are a line now and then. The first closures are
    named as they come.

    Args:
        out: the console for remarks.
        planned_s: how long the load lasts, where that is known.
        stop_on: expressions that end the run cleanly as soon as one of them holds.

    Raises:
        UsageError: an expression can't be judged while the run goes on.
    """
    stops = _parsed(stop_on)
    if not out.is_terminal or out.quiet:
        yield _Watch(out, planned_s, stops).poll
        return
    from rich.live import Live

    with Live(_panel(None), console=out, refresh_per_second=2, transient=True) as live:
        yield _Watch(out, planned_s, stops, show=lambda figures: live.update(_panel(figures))).poll


class _Watch:
    """Looks at the growing results, now and then."""

    def __init__(
        self,
        out: Console,
        planned_s: float | None,
        stops: Sequence[Criterion],
        show: Callable[[Figures], None] | None = None,
    ) -> None:
        self._out = out
        self._planned_s = planned_s
        self._stops = stops
        self._show = show
        self._growing: Growing | None = None
        self._next = 0.0
        self._next_line = _PLAIN_EVERY_S
        self._named = 0
        self._blind = False

    def poll(self, status: Status) -> str | None:
        """Look if it is time to; return why the run should stop, if it should."""
        if self._blind or time.monotonic() < self._next:
            return None
        if self._growing is None:
            self._growing = _opened(status.jtl)  # loads pandas: not to be counted as the time of a look
        began = time.monotonic()
        try:
            reason = self._look(status, self._growing)
        except JmxgenError as error:
            self._give_up(str(error))
            return None
        except Exception as error:  # noqa: BLE001 (a view must never end the run that it shows)
            self._give_up(f"{type(error).__name__}: {error}")
            return None
        took = time.monotonic() - began
        self._next = time.monotonic() + min(max(1.0, _SHARE * took), _LONGEST_S)
        return reason

    def _give_up(self, why: str) -> None:
        self._blind = True
        self._out.print(f"live figures end here: {one_line(why)}", markup=False, soft_wrap=True)

    def _look(self, status: Status, growing: Growing) -> str | None:
        growing.read()
        if not growing.rows:
            return None
        analysis = _so_far(growing.run())
        self._name_closures(analysis)
        figures = _figures(analysis, status.seconds, self._planned_s)
        if self._show is not None:
            self._show(figures)
        elif status.seconds >= self._next_line and not self._out.quiet:
            self._next_line = status.seconds + _PLAIN_EVERY_S
            self._out.print(figures.line(), markup=False, soft_wrap=True)
        return None if status.stopping else self._stopped_by(analysis)

    def _name_closures(self, analysis: Analysis) -> None:
        if self._named >= _NAMED or analysis.counts.handshake + analysis.counts.data <= self._named:
            return
        from jmxgen.analysis.charts import sessions

        for text in sessions.first_lost(analysis, _NAMED)[self._named :]:
            self._out.print(f"closure: {text}", markup=False, soft_wrap=True)
            self._named += 1

    def _stopped_by(self, analysis: Analysis) -> str | None:
        if not self._stops:
            return None
        from jmxgen.analysis.report import json

        document = json.value(analysis)
        held = next((stop for stop in self._stops if stop.evaluate(document).holds), None)
        return None if held is None else f"--stop-on {held.expression}"


def acknowledge(interrupts: int) -> None:
    """Say at once that a Ctrl-C was heard. It is called in a signal's handler, so it only writes bytes."""
    text = _HEARD[min(interrupts, len(_HEARD)) - 1]
    with contextlib.suppress(OSError):
        os.write(2, f"\njmxgen: {text}\n".encode())


def planned_seconds(scenario: Scenario | None) -> float | None:
    """Return how long the load of a scenario lasts, None where the callers' calls decide."""
    if scenario is None:
        return None
    load = scenario.load
    if load.stages:
        return sum(stage.over.ms + stage.hold.ms for stage in load.stages) / 1000
    if load.arrivals:
        return load.arrivals.length.ms / 1000
    return (load.ramp.ms + load.hold.ms) / 1000 if load.hold else None


def _opened(jtl: Path) -> Growing:
    from jmxgen.analysis.charts import sessions  # noqa: F401 (loaded here, used when a closure is named)
    from jmxgen.analysis.reading.growing import Growing

    return Growing(jtl)


def _parsed(expressions: Sequence[str]) -> list[Criterion]:
    from jmxgen.analysis import criteria

    for text in expressions:
        if re.search(r"\b(verdict|hypotheses)\b", text):
            hint = "stop on counts: closures.data.total > 50"
            raise UsageError(f"--stop-on {text!r}: a verdict needs the whole run", hint=hint)
    return [criteria.parse(text) for text in expressions]


def _so_far(run: Run) -> Analysis:
    """Return the counts of a run that still goes on, without a verdict."""
    from jmxgen.analysis import measures
    from jmxgen.analysis.model import Analysis, Verdict

    verdict = Verdict(
        cause="unknown", side="unknown", phase="none", confidence=0.0, finding="", evidence={}, advice=()
    )
    counts = measures.count(run)
    return Analysis(run=run, counts=counts, verdict=verdict, hypotheses=())


def _figures(analysis: Analysis, seconds: float, planned_s: float | None) -> Figures:
    from jmxgen.analysis import measures

    run, counts = analysis.run, analysis.counts
    table = measures.per_second(run)
    # The last second is not whole yet.
    recent = table.iloc[:-1].tail(_RECENT_S) if len(table) > 1 else table
    answers, took = (run.seconds[name].reindex(recent.index).sum() for name in ("answers", "answer_ms"))
    return Figures(
        seconds=seconds,
        left=None if planned_s is None else max(planned_s - run.seconds_long, 0.0),
        callers=max(int(table["threads"].iloc[-1]), 0),
        open=int(table["open"].iloc[-1]),
        attempts_per_s=float(recent["attempts"].mean()),
        handshake=counts.handshake,
        data=counts.data,
        stalls=run.stalls,
        answer_ms=float(took / answers) if answers else math.nan,
        curve=tuple(int(n) for n in table["open"]),
    )


def _panel(figures: Figures | None) -> RenderableType:
    from rich.spinner import Spinner
    from rich.table import Table
    from rich.text import Text

    if figures is None:
        return Spinner("dots", "JMeter starts; Ctrl-C stops it cleanly")
    left = f", {_clock(figures.left)} left" if figures.left is not None else ""
    stalls = f", {figures.stalls:,} stalls" if figures.stalls else ""
    answers = f"{figures.answer_ms:,.0f} ms" if math.isfinite(figures.answer_ms) else "–"
    rows = [
        ("time", f"{_clock(figures.seconds)}{left}", ""),
        ("callers", f"{figures.callers:,}", ""),
        ("open", f"{figures.open:,}  {figures.bars()}", ""),
        ("attempts/s", f"{figures.attempts_per_s:,.1f}", ""),
        ("▲ handshake", f"{figures.handshake:,} closures", "bold red" if figures.handshake else ""),
        ("● data phase", f"{figures.data:,} closures{stalls}", "bold red" if figures.data else ""),
        ("answers", answers, ""),
    ]
    grid = Table.grid(padding=(0, 2))
    for name, value, style in rows:
        grid.add_row(Text(name, style="dim"), Text(value, style=style))
    return grid


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
