"""The criteria as GitHub workflow commands, which become annotations of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.analysis.report import checks, headline
from jmxgen.errors import one_line

if TYPE_CHECKING:
    from jmxgen.analysis.model import Analysis


def render(analysis: Analysis) -> str:
    """Return a workflow command for the verdict and for each criterion that is not met.

    The verdict is an error where nothing was measured, a warning where the run is not healthy or not whole,
    else a notice.
    """
    level = "notice" if headline.good(analysis) else "warning"
    if checks.unmeasured(analysis):
        level = "error"
    said = [headline.warning(analysis), headline.finding(analysis)]
    commands = [_command(level, "jmxgen verdict", " ".join(text for text in said if text))]
    for _, found in headline.groups(analysis.criteria):
        for check in found:
            if not check.met:
                title = f"jmxgen {headline.MARKS[check.outcome]}{': --fail-on' if check.fail_on else ''}"
                commands.append(_command("error", title, headline.criterion(check)))
    return "".join(commands)


def _command(level: str, title: str, message: str) -> str:
    return f"::{level} title={_escaped(title, ':,')}::{_escaped(message)}\n"


def _escaped(text: str, more: str = "") -> str:
    text = one_line(text).replace("%", "%25")
    for character in more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
