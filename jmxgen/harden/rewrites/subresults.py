"""Keeps frames that a filter takes out of the results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.harden import edits
from jmxgen.harden.model import Options, Rewriting
from jmxgen.lint.rules.sub_results_on import check as sub_results_on

if TYPE_CHECKING:
    from jmxgen.lint.subject import Subject

SUMMARY = "keep frames that filters take out of result files"


def rewrite(subject: Subject, _options: Options) -> Rewriting:
    """Switch sub-results off in listeners that write files; the properties file does it for `-l`."""
    made = Rewriting("subresults")
    write = edits.Writer(subject.tree)
    for hit in sub_results_on.check(subject):
        if hit.at is not None:
            what = "frames that a filter takes are not rows of its file"
            note = write.before(hit.node, [edits.comment(what)])
            made.did(hit.node, what, note, edits.text_of(hit.node, hit.at, "false"))
    return made
