"""Which load to try next, from all probes so far: one function on values.

The verdict leads: a cap is tried just under and just over its limit, a limit on openings at a slower pace,
and what is not a matter of capacity ends the search. Else the load is doubled, and halved geometrically
between one that holds and one that fails. The answer lies below the smallest load that failed (as in RFC
9971), and it is run as often as `bounds.LOOKS` says.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.next_run import Capacity
from jmxgen.search import bounds, causes
from jmxgen.search.model import Load, Stop, Try
from jmxgen.search.state import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.search.model import Goal, Probe, StopKind

NEAR: Final = 0.05  # of the load that holds: a failing load so near is near enough
_SLOWER: Final = 0.95  # of the lower end of a rate limit's interval
_FASTER: Final = 1.1  # of its upper end


def next_step(probes: Sequence[Probe], goal: Goal) -> Try | Stop:
    """Return the next load to try, or why the search ends."""
    if not probes:
        return Try(Load(min(goal.first, goal.callers)), "first probe")
    view = View(tuple(probes), goal)
    last = view.probes[-1]
    step = _not_capacity(view, last) or _found(view)
    if step:
        return step
    if len(probes) >= goal.most_probes:
        return _stop(view, "exhausted", f"--max-probes allowed {goal.most_probes}; --resume goes on")
    once_more = _alone(view, last) or _again(view, last)
    return once_more or _slower(view, last) or _faster(view, last) or _other_load(view)


def _stop(view: View, kind: StopKind, words: str) -> Stop:
    return Stop(kind=kind, words=words, holds=view.holding, fails=view.failing)


def _not_capacity(view: View, last: Probe) -> Stop | None:
    """End where more or fewer callers would change nothing, or the load generator gives way."""
    if view.outcome(last.load) in ("holds", "clean"):
        return None
    if causes.capacity(last.cause) is Capacity.GENERATOR and last.confidence >= causes.SURE:
        return _stop(view, "load-generator", causes.ENGINES)
    short = [probe for probe in view.of(last.load) if 0 < probe.reached < probe.load.callers]
    if len(short) > 1 and last in short and last.cause in ("healthy", "unknown"):
        what = f"JMeter started only {last.reached:,} of {last.load.callers:,} callers: {causes.ENGINES}"
        return _stop(view, "load-generator", what)
    believed = [probe for probe in view.probes if _believed(view, probe)]
    if believed and last.load.callers == 1 and causes.capacity(last.cause) is not Capacity.EVENT:
        return _stop(view, "cause", causes.remedy(believed[-1].cause))
    if last not in believed or _are_few(last) or _meets_known_limit(view, last) or _load_matters(view, last):
        return None
    return _stop(view, "cause", causes.remedy(last.cause))


def _believed(view: View, probe: Probe) -> bool:
    """Say whether a probe failed by a cause that surely any number of callers has."""
    return causes.is_blamed(probe) and view.outcome(probe.load) not in ("holds", "clean")


def _are_few(probe: Probe) -> bool:
    """Say whether some of so few callers were served that only a single caller shows if the load matters."""
    return 1 < probe.load.callers < causes.FEW and probe.data.trials > 0


def _alone(view: View, last: Probe) -> Try | None:
    """Try a single caller, where the verdict on few callers says that their number doesn't matter."""
    single = Load(1, last.load.rate)
    if not (_believed(view, last) and _are_few(last)) or view.of(single):
        return None
    return Try(single, "does it take more than one caller?")


def _meets_known_limit(view: View, last: Probe) -> bool:
    """Say whether the handshakes that failed are those of a limit found at a larger load.

    So few fail just over a limit that a verdict on that run alone may take them for chance; but chance would
    fail as large a share at the larger load.
    """
    limited = [probe for probe in view.probes if causes.capacity(probe.cause) in causes.LIMITS]
    larger = [probe for probe in limited if _at_least(probe.load, last.load)]
    fewer = any(_refused(last) <= _refused(probe) / 2 for probe in larger)
    return fewer and last.handshake.failures >= last.data.failures


def _refused(probe: Probe) -> float:
    return probe.handshake.failures / max(probe.handshake.trials, 1)


def _at_least(load: Load, other: Load) -> bool:
    """Say whether a load has as many callers as another, and as fast a pace; None is the scenario's own."""
    paces = (math.inf if pace is None else pace for pace in (load.rate, other.rate))
    return load.callers >= other.callers and next(paces) >= next(paces)


def _load_matters(view: View, last: Probe) -> bool:
    """Say whether fewer callers did better, or whether too little failed to say."""
    from scipy import stats

    def counts(*probes: Probe) -> tuple[int, int]:
        failed = sum(probe.handshake.failures + probe.data.failures for probe in probes)
        return failed, max(sum(probe.handshake.trials for probe in probes) - failed, 0)

    failed, went_well = counts(last)
    if failed < causes.LEAST and went_well:
        return True
    fewer = [probe for probe in view.probes if probe.load.callers < last.load.callers]
    if not fewer or causes.capacity(last.cause) is Capacity.SOME_CALLERS:
        return False
    table = np.array([(failed, went_well), counts(*fewer)])
    return float(stats.fisher_exact(table, alternative="greater").pvalue) < causes.UNLIKELY


def _found(view: View) -> Stop | None:
    """End where the best load is confirmed, and the goal or a failing load is next to it."""
    best, worst = view.holding, view.failing
    if best is None:
        return _stop(view, "limit", "not even one caller holds") if worst and worst.callers == 1 else None
    if not _is_top(view, best) or len(view.of(best)) < bounds.LOOKS:
        return None
    if view.outcome(best) != "holds":
        words = "nothing failed, but too few connections were tried to prove it: a longer load.hold would"
        return _stop(view, "undecided", words)
    return _stop(view, "limit" if worst else "goal", "")


def _is_top(view: View, best: Load) -> bool:
    if best.rate != view.pace:
        return False
    worst = view.failing
    if worst is None:
        return best.callers >= view.goal.callers
    return worst.callers - best.callers <= max(1, NEAR * best.callers)


def _again(view: View, last: Probe) -> Try | None:
    """Repeat a load that is neither proved nor disproved."""
    runs = len(view.of(last.load))
    if view.outcome(last.load) == "undecided" and runs < bounds.LOOKS:
        return Try(last.load, "undecided: once more")
    return None


def _slower(view: View, last: Probe) -> Try | None:
    """Keep the callers and slow down the openings, where the limit is one of openings."""
    pace = view.pace
    limit = causes.capacity(last.cause)
    named = limit is Capacity.OPENINGS
    unnamed = pace is not None and limit not in causes.LIMITS and _meets_known_limit(view, last)
    if not (named or unnamed) or view.outcome(last.load) in ("holds", "clean"):
        return None
    if pace is not None and last.load.rate != pace:  # the probe just over the limit: as expected
        return None
    low = last.interval[0] if named and last.interval else math.inf
    rate = _SLOWER * low
    if pace is not None:
        rate = min(rate, pace / 1.4)
    if not 0.01 <= rate < math.inf:
        return None
    return Try(Load(last.load.callers, _round(rate)), "just under the limit on openings")


def _faster(view: View, last: Probe) -> Try | None:
    """Show once that openings fail just over their limit, after they held just under it."""
    limited = [
        probe for probe in view.probes if causes.capacity(probe.cause) is Capacity.OPENINGS and probe.interval
    ]
    if last.load.rate is None or not limited or view.outcome(last.load) not in ("holds", "clean"):
        return None
    first = limited[0]
    assert first.interval is not None
    over = _round(_FASTER * first.interval[1])
    tried = any(probe.load.rate is not None and probe.load.rate > last.load.rate for probe in view.probes)
    if tried or first.load.callers != last.load.callers or over <= last.load.rate:
        return None
    if first.load.rate is not None and over >= first.load.rate:
        return None
    return Try(Load(last.load.callers, over), "just over the limit on openings")


def _round(rate: float) -> float:
    return float(f"{rate:.3g}")


def _other_load(view: View) -> Try:
    best, worst, pace = view.holding, view.failing, view.pace
    if best is not None and (_is_top(view, best) or (not worst and best.callers >= view.goal.callers)):
        load = Load(best.callers, pace)
        return Try(load, f"confirm: run {len(view.of(load)) + 1} of {bounds.LOOKS}")
    if worst is None:
        assert best is not None  # a load either holds or fails
        return Try(Load(min(2 * best.callers, view.goal.callers), pace), "twice as many")
    low = best.callers if best else 0
    if worst.callers - low <= 1 and best is not None:  # held at a faster pace only
        return Try(Load(low, pace), "at the slower pace")
    return _around_limit(view, low, worst.callers) or _between(low, worst.callers, pace)


def _around_limit(view: View, low: int, high: int) -> Try | None:
    """Try just under a cap's limit, then just over it, where that is news."""
    caps = [
        p
        for p in view.probes
        if causes.capacity(p.cause) is Capacity.CONNECTIONS and p.interval and p.load.callers >= high
    ]
    if not caps:
        return None
    assert caps[-1].interval is not None
    under, over = math.floor(caps[-1].interval[0]), math.ceil(caps[-1].interval[1])
    if low < under < high:
        return Try(Load(under, view.pace), "just under the limit")
    # What holds well past the interval says that the verdict was wrong.
    if low and under <= low <= over + max(1, int(NEAR * over)):
        over = max(over, low + max(1, int(NEAR * low)))
        if over < high:
            return Try(Load(over, view.pace), "just over the limit")
    return None


def _between(low: int, high: int, pace: float | None) -> Try:
    if not low:
        return Try(Load(max(1, high // 2), pace), "half as many")
    middle = min(max(round(math.sqrt(low * high)), low + 1), high - 1)
    return Try(Load(middle, pace), f"between {low:,} and {high:,}")
