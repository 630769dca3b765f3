"""A script runs in BeanShell or JavaScript instead of Groovy.

Why: These are interpreted at each pass, BeanShell with a lock around it: at some hundred callers the
scripts alone hold the threads back, and the pauses look like the server's.

Fix: a JSR223 element with Groovy and 'Cache compiled script' on

Source: JMeter's best practices, scripting: 'use JSR223 + Groovy'; component reference, BeanShell Sampler
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


_INTERPRETED = frozenset({"beanshell", "bsh", "javascript", "ecmascript", "js", "nashorn", "rhino", "jexl"})


@rule("JX058", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.tree.live():
        if not elements.script(node) and not elements.in_file(node):
            continue
        language = node.text("scriptLanguage").lower()
        if node.kind.startswith(("BeanShell", "BSF")) or language in _INTERPRETED:
            yield Hit(node, f"runs {language or 'BeanShell'} at each pass")
