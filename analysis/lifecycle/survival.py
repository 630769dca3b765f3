"""The longest gaps that a connection lived through: without a frame, and without a sampler at work.

A gap counts as survived when a sign of life came after it. The same sum serves rows within a record and, with the
records' own gaps, records within a connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jmxgen.analysis.lifecycle.log import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


def survived(
    segment: NDArray[np.intp],
    first: NDArray[np.intp],
    start: Ints,
    end: Ints,
    first_frame: Ints,
    last_frame: Ints,
    alive: Ints,
    own: dict[str, Ints] | None = None,
) -> dict[str, Ints]:
    """Sum up the gaps between rows (or records) of each segment.

    Args:
        segment: for each row the number of its segment, from 0, without a jump.
        first: for each segment its first row.
        start: for each row its start, ms.
        end: its end.
        first_frame: its first frame, NEVER where none passed.
        last_frame: its last frame.
        alive: its last sign of life, NEVER where it gave none.
        own: where the rows are records: their own `idle`, `silence` (survived), `loose_idle`, `loose_silence` and
            `loose_frame` (not yet).

    Returns:
        For each segment: first_frame, last_frame, alive, and the rest of `own`'s names.
    """
    size = len(segment)
    place = np.arange(size)
    begin = first[segment]
    has_life, has_frame = alive != NEVER, last_frame != NEVER
    last_sign = np.maximum.reduceat(np.where(has_life, place, -1), first)[segment]
    before = place <= last_sign

    frames = last_frame if own is None else np.maximum(last_frame, own["loose_frame"])
    framed = frames != NEVER
    earlier = np.empty(size, np.int64)
    earlier[0] = -1
    earlier[1:] = np.maximum.accumulate(np.where(framed, place, -1))[:-1]
    known = earlier >= begin
    touched = np.where(has_frame, first_frame, alive)
    if own is not None:
        touched = np.where(has_frame | has_life, touched, own["loose_frame"])
    idle = np.where(known & (touched != NEVER), touched - frames[np.maximum(earlier, 0)], 0)
    silence = np.zeros(size, np.int64)
    silence[1:] = np.where(
        (place[1:] > begin[1:]) & (start[1:] != NEVER) & (end[:-1] != NEVER), start[1:] - end[:-1], 0
    )
    if own is None:
        inner = np.where(has_frame, last_frame - first_frame, 0)
        kept_idle, kept_silence = np.maximum(idle, inner), silence
        loose_idle, loose_silence = kept_idle, kept_silence
        between = place > last_sign
        loose_frame = np.where(between, last_frame, NEVER)
    else:
        kept_idle, kept_silence = np.maximum(idle, own["idle"]), np.maximum(silence, own["silence"])
        inside = place < last_sign
        kept_idle = np.maximum(kept_idle, np.where(inside, own["loose_idle"], 0))
        kept_silence = np.maximum(kept_silence, np.where(inside, own["loose_silence"], 0))
        between = place >= last_sign
        outside = place > last_sign
        loose_idle = np.maximum(own["loose_idle"], np.where(outside, np.maximum(idle, own["idle"]), 0))
        loose_silence = np.maximum(
            own["loose_silence"], np.where(outside, np.maximum(silence, own["silence"]), 0)
        )
        loose_frame = np.where(between, own["loose_frame"], NEVER)
        loose_frame = np.where(outside, np.maximum(loose_frame, last_frame), loose_frame)
        last_frame = np.where(inside, frames, last_frame)

    def most(values: Ints, mask: NDArray[np.bool_], floor: int) -> Ints:
        return np.maximum.reduceat(np.where(mask, values, floor), first)

    earliest = -most(-first_frame, first_frame != NEVER, NEVER)
    return {
        "first_frame": np.where(earliest == -NEVER, NEVER, earliest),
        "last_frame": most(last_frame, before, NEVER),
        "loose_frame": np.maximum.reduceat(loose_frame, first),
        "alive": np.maximum.reduceat(alive, first),
        "idle": most(kept_idle, before, 0),
        "loose_idle": most(loose_idle, between, 0),
        "silence": most(kept_silence, before, 0),
        "loose_silence": most(loose_silence, between, 0),
    }
