"""If Controllers whose condition is one function or variable need no JavaScript."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jmxgen.harden import edits
from jmxgen.harden.model import Options, Rewriting
from jmxgen.lint.rules.if_without_expression import check as if_without_expression

if TYPE_CHECKING:
    from jmxgen.lint.subject import Subject

SUMMARY = "let If Controllers take a function's value as it is, without JavaScript"

# One reference from end to end: no other closes before the last brace.
_WHOLE = re.compile(r"\$\{(?:[\w.]+|__\w+\([^{}]*\))\}")


def rewrite(subject: Subject, _options: Options) -> Rewriting:
    """Switch useExpression on where that changes no outcome; say where it might."""
    made = Rewriting("expressions")
    write = edits.Writer(subject.tree)
    for hit in if_without_expression.check(subject):
        node = hit.node
        if not _WHOLE.fullmatch(node.text("IfController.condition")) or node.span.empty:
            made.left(node, "its condition is JavaScript: write it as ${__jexl3(…)} by hand")
            continue
        what = "the condition is taken as it is, without JavaScript"
        setting = node.prop("IfController.useExpression")
        if setting is None:
            edit = write.prop(node, b'<boolProp name="IfController.useExpression">true</boolProp>')
        else:
            edit = edits.text_of(node, setting, "true")
        made.did(node, what, write.before(node, [edits.comment(what)]), edit)
    return made
