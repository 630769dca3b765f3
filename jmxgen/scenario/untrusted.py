r"""What a scenario from a stranger may not say: JMeter functions, this machine's secrets, files elsewhere.

JMeter evaluates `${…}` in every property of a plan; a function such as `__groovy` or `__FileToString` runs
code or reads files. Escaping does not help: JMeter takes the backslash of `\${` away only in a text with
another reference (FunctionParser.compileString; ReplaceStringWithFunctions leaves other texts as they are),
and it drops backslashes and outer spaces in names, so that `${\_\_groovy(…)}` and `${ __groovy(…)}` are calls
too (all seen in a run of 5.6.3). So what is allowed is listed, `${name}`, and all else is refused.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Final

from jmxgen.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.scenario.nodes import Node, Way

_VARIABLE: Final = re.compile(r"\$\{(?!__)[A-Za-z_][A-Za-z0-9_]*\}")
_FILES: Final = frozenset({"file", "csv", "keystore"})
_REFUSED: Final = "functions are turned off (--no-functions), and this may be one"
_HINT: Final = "only variables, ${name}, may stand here"


def faults(root: Node) -> Iterator[Fault]:
    """Yield what makes a scenario unfit to be run for a stranger, as it stands in its file."""
    yield from _node_faults(root, ())
    if "secrets" in root.parts:
        what = "an untrusted scenario may not name secrets of this machine"
        yield Fault(what, root.keys["secrets"], "give them with --set secrets.NAME.env=VARIABLE")


def _node_faults(node: Node, way: Way) -> Iterator[Fault]:
    if isinstance(node.data, str):
        yield from _text_faults(node, node.data, way)
    for key, part in node.parts.items():
        if isinstance(key, str) and _calls(key):
            yield Fault(_REFUSED, node.keys[key], _HINT)
        yield from _node_faults(part, (*way, key))


def _text_faults(node: Node, text: str, way: Way) -> Iterator[Fault]:
    if _calls(text):
        yield Fault(_REFUSED, node.place, _HINT)
    if way and way[-1] in _FILES and _leads_out(text):
        what = "an untrusted scenario may name only files in its own folder"
        yield Fault(what, node.place, "a relative path without .. and variables")


def _calls(text: str) -> bool:
    """Return whether anything but plain variables is referred to; a last $ might meet a brace in the plan."""
    return "${" in _VARIABLE.sub(" ", text) or text.endswith("$")


def _leads_out(path: str) -> bool:
    for kind in (PurePosixPath, PureWindowsPath):
        pure = kind(path)
        if pure.is_absolute() or pure.drive or pure.root or ".." in pure.parts:
            return True
    return "${" in path or path.startswith("~")
