"""Whether the server was the same at the end as at the beginning: the first and the last run of one load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.search.model import Probe

_UNLIKELY: Final = 0.01  # of Fisher's exact test
_SLOWER: Final = 1.5
_LEAST_MS: Final = 20.0  # a handshake that is quicker than this may well take twice as long by chance


def sentence(probes: Sequence[Probe]) -> str:
    """Say how the last probe differs from the first of the same load, "" where there is only one."""
    if not probes:
        return ""
    last = probes[-1]
    first = next(probe for probe in probes if probe.load == last.load)
    if first is last:
        return ""
    found = [*_failures(first, last), *_handshakes(first, last)]
    where = f"between the first and the last run of {last.load}"
    return f"drift {where}: {'; '.join(found)}" if found else f"no drift {where}"


def _failures(first: Probe, last: Probe) -> list[str]:
    import numpy as np
    from scipy import stats

    runs = [(run.handshake.failures + run.data.failures, run.handshake.trials) for run in (first, last)]
    table = [[failed, max(trials - failed, 0)] for failed, trials in runs]
    p = float(stats.fisher_exact(np.array(table)).pvalue)
    if p >= _UNLIKELY:
        return []
    (before, of_before), (after, of_after) = runs
    return [
        f"failures went from {before} of {of_before} to {after} of {of_after} (Fisher's test, p = {p:.1g})"
    ]


def _handshakes(first: Probe, last: Probe) -> list[str]:
    before, after = first.handshake_ms, last.handshake_ms
    if before is None or after is None or max(before, after) < _LEAST_MS:
        return []
    if max(before, after) < _SLOWER * min(before, after):
        return []
    return [f"the median handshake went from {before:,.0f} ms to {after:,.0f} ms"]
