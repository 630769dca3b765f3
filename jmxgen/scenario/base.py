"""What the models of the scenario share: frozen, exact keys, strict scalars, texts fit for a plan."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from jmxgen.scenario.amounts import Duration
from jmxgen.scenario.faults import wrong

# Characters that XML 1.0 can't hold, escaped or not (production 2 of the recommendation).
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Part(BaseModel):
    """A part of a scenario: frozen, and a key that it doesn't know is a fault."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_by_alias=True,
        validate_by_name=True,
        use_attribute_docstrings=False,
        hide_input_in_errors=True,
    )


def _for_xml(text: str) -> str:
    bad = _NOT_XML.search(text)
    if bad:
        raise wrong(
            f"the character U+{ord(bad.group()):04X} can't stand in a JMeter plan",
            "only what is sent and what is waited for may hold it",
        )
    return text


def _for_utf8(text: str) -> str:
    _for_xml(re.sub(r"[\x00-\x1f]", " ", text))  # those JMeter's __char makes as the plan runs
    return text


def _one_line(text: str) -> str:
    if not text.strip() or any(not c.isprintable() for c in text):
        raise wrong("this must be one line of text without control characters")
    return text


def _label(text: str) -> str:
    if text in ("open", "close"):
        raise wrong(f"the label {text!r} is kept for the connection's own samples", "choose another word")
    return text


def _variable(name: str) -> str:
    if not _NAME.fullmatch(name) or len(name) > 64:
        raise wrong(
            f"{name[:64]!r} is not a variable name", "letters, digits and _, not starting with a digit"
        )
    if name.startswith(("ws_", "__")):
        raise wrong(f"the variable {name!r} is one of the plan's own", "names with ws_ and __ are taken")
    return name


Flag = StrictBool
Whole = StrictInt
Text = Annotated[StrictStr, AfterValidator(_for_xml)]
Message = Annotated[StrictStr, AfterValidator(_for_utf8)]
Line = Annotated[StrictStr, AfterValidator(_for_xml), AfterValidator(_one_line)]
Label = Annotated[Line, AfterValidator(_label), Field(max_length=200)]
Variable = Annotated[StrictStr, AfterValidator(_variable)]


def _positive(duration: Duration) -> Duration:
    if duration.ms <= 0:
        raise wrong("this must be longer than nothing")
    return duration


def _connect(duration: Duration) -> Duration:
    if not 1 <= duration.ms <= 999_999:
        raise wrong(f"{duration} is out of bounds", "the plugin takes 1ms to 999999ms here")
    return duration


def _read(duration: Duration) -> Duration:
    if not 1 <= duration.ms <= 9_999_999:
        raise wrong(f"{duration} is out of bounds", "the plugin takes 1ms to 9999999ms here (2h46m)")
    return duration


Time = Annotated[Duration, AfterValidator(_positive)]
ConnectTime = Annotated[Duration, AfterValidator(_connect)]
ReadTime = Annotated[Duration, AfterValidator(_read)]
