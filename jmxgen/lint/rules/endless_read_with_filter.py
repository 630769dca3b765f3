"""A sampler reads without a timeout (0) under a frame filter.

Why: With a filter in scope the plugin computes the time that is left after each filtered frame; of an
endless wait nothing is left, and the sampler fails on the first frame that is filtered.

Fix: give the sampler a readTimeout

Source: plugin 1.3.1, FrameFilter.java: the remaining read timeout
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX032", Severity.ERROR)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.running:
        if elements.read_timeout(node) == 0 and elements.reads(node):
            one = next((one for one in subject.tree.in_scope(node) if one.kind in elements.FILTERS), None)
            if one is not None:
                what = f"readTimeout 0 under {one.name or one.kind!r} fails on the first filtered frame"
                yield Hit(node, what, node.prop("readTimeout"))
