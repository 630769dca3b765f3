"""The longest gaps that a connection lived through: without a frame, and without a sampler at work.

A gap counts as survived when a sign of life came after it; what came after the last sign of life is kept
apart as "loose", for a later one may still prove it. The same sum serves rows within a record and records
within a connection, so that it makes no difference where the rows were cut into chunks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.lifecycle.classify import NEVER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

SUMMED: Final = (
    "first_frame",
    "last_frame",
    "loose_frame",
    "alive",
    "idle",
    "loose_idle",
    "silence",
    "loose_silence",
)


def survived(part: Mapping[str, Ints], segment: NDArray[np.intp], first: NDArray[np.intp]) -> dict[str, Ints]:
    """Sum up the parts (rows, or records) of each segment.

    Args:
        part: `start` and `end` of each part in ms, NEVER where unknown, and its own values of `SUMMED`, as
            `jmxgen.analysis.lifecycle.records` describes them.
        segment: for each part the number of its segment, from 0, without a jump.
        first: for each segment its first part.

    Returns:
        The values of `SUMMED` for each segment.
    """
    place = np.arange(len(segment))
    begin = first[segment]
    alive, first_frame = part["alive"], part["first_frame"]
    last_sign = np.maximum.reduceat(np.where(alive != NEVER, place, -1), first)[segment]
    before, inside = place <= last_sign, place < last_sign

    frames = np.maximum(part["last_frame"], part["loose_frame"])
    earlier = _before(np.maximum.accumulate(np.where(frames != NEVER, place, -1)))
    late = (alive != NEVER) & ((first_frame == NEVER) | (first_frame > alive))
    touched = np.where(late, alive, first_frame)
    known = (earlier >= begin) & (touched != NEVER)
    idle = np.where(known, touched - frames[np.maximum(earlier, 0)], 0)
    start, ended = part["start"], _before(part["end"])
    known = (place > begin) & (start != NEVER) & (ended != NEVER)
    silence = np.where(known, start - ended, 0)

    def longest(gap: Ints, kept: Ints, loose: Ints) -> tuple[Ints, Ints]:
        proved = np.maximum(np.where(before, np.maximum(gap, kept), 0), np.where(inside, loose, 0))
        rest = np.maximum(np.where(before, 0, gap), np.where(inside, 0, loose))
        return np.maximum.reduceat(proved, first), np.maximum.reduceat(rest, first)

    kept_idle, loose_idle = longest(idle, part["idle"], part["loose_idle"])
    kept_silence, loose_silence = longest(silence, part["silence"], part["loose_silence"])
    last_frame = np.where(inside, frames, np.where(before, part["last_frame"], NEVER))
    loose_frame = np.where(inside, NEVER, part["loose_frame"])
    earliest = np.minimum.reduceat(np.where(first_frame == NEVER, -NEVER, first_frame), first)
    return {
        "first_frame": np.where(earliest == -NEVER, NEVER, earliest),
        "last_frame": np.maximum.reduceat(last_frame, first),
        "loose_frame": np.maximum.reduceat(loose_frame, first),
        "alive": np.maximum.reduceat(alive, first),
        "idle": kept_idle,
        "loose_idle": loose_idle,
        "silence": kept_silence,
        "loose_silence": loose_silence,
    }


def unproved(part: Mapping[str, Ints], which: Bools) -> dict[str, Ints]:
    """Return the parts with the signs of life of some of them taken for nothing.

    A ping that was read in place of an answer leaves that answer in the socket: each later read finds what
    the server sent for an earlier request, maybe long before it ended the connection.
    """
    changed = dict(part)
    changed["alive"] = np.where(which, NEVER, part["alive"])
    changed["last_frame"] = np.where(which, NEVER, part["last_frame"])
    changed["loose_frame"] = np.where(
        which, np.maximum(part["last_frame"], part["loose_frame"]), part["loose_frame"]
    )
    for name in ("idle", "silence"):
        loose = f"loose_{name}"
        changed[name] = np.where(which, 0, part[name])
        changed[loose] = np.where(which, np.maximum(part[name], part[loose]), part[loose])
    return changed


def _before(values: Ints) -> Ints:
    """Return for each place the value at the place before it."""
    shifted = np.full(len(values), NEVER, np.int64)
    shifted[1:] = values[:-1]
    return shifted
