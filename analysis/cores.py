"""Several cores in one process: parse ahead of the counting, and work on independent pieces side by side.

pandas' parser and numpy on long arrays work outside of Python's lock, so threads gain what processes would,
without a copy of anything. Results come in the order of the items: it makes no difference to what is found.
"""

from __future__ import annotations

import collections
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

MOST: Final = 4  # pieces at a time: each takes its working memory


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ahead(items: Iterator[_Item]) -> Iterator[_Item]:
    """Yield the same items; while one is worked on, a thread makes the next, and none beyond it.

    What the making of an item raises is raised at its turn. The thread ends with the iterator, or when that
    is closed.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item
            del item  # else it would be kept while the next one is waited for


def spread(work: Callable[[_Item], _Result], items: Iterable[_Item]) -> Iterator[_Result]:
    """Yield `work(item)` for each item, in order; one item a core is worked on at a time, and one waits.

    What a piece of work raises is raised at its turn; those that have begun are waited for.
    """
    most = min(cores(), MOST)
    begun: collections.deque[Future[_Result]] = collections.deque()
    with ThreadPoolExecutor(most, thread_name_prefix="spread") as pool:
        for item in items:
            begun.append(pool.submit(work, item))
            if len(begun) > most:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
