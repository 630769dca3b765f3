"""What is sent and what is waited for: payloads, and what a received frame is held against."""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_serializer, model_validator

from jmxgen.scenario.base import Flag, Line, Message, Part, ReadTime, Text
from jmxgen.scenario.faults import wrong

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema

Frame = Literal["text", "binary", "any"]


class Payload(Part):
    """What is sent: one of text, hex, base64 or file. A bare text is short for `text`."""

    text: Message | None = Field(
        default=None,
        description="Text; JMeter's variables and functions pass through. Quoted, it may hold \\0 and \\x1e.",
    )
    hex: Text | None = Field(
        default=None, description="A binary frame, as hexadecimal digits.", examples=["01ff"]
    )
    base64: Text | None = Field(default=None, description="A binary frame, as base64.", examples=["Af8="])
    file: Line | None = Field(
        default=None,
        description="A file, relative to the scenario; variables in it are not resolved.",
        examples=["open.json"],
    )
    binary: Flag = Field(default=False, description="Send the file as a binary frame.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if not isinstance(value, str | dict | Payload):
            raise wrong(
                "a payload is a text, or one of text, hex, base64 or file", "quote numbers and true or false"
            )
        return {"text": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check(self) -> Payload:
        given = [key for key in ("text", "hex", "base64", "file") if getattr(self, key) is not None]
        if len(given) != 1:
            raise wrong(
                "a payload is one of text, hex, base64 or file", "write just the text, or e.g. {hex: 01ff}"
            )
        if self.binary and self.file is None:
            raise wrong(
                "only a file needs to be told it is binary", "hex and base64 are binary anyway", "binary"
            )
        self._bytes_of()
        return self

    def _bytes_of(self) -> bytes | None:
        try:
            if self.hex is not None and "${" not in self.hex:
                return bytes.fromhex(self.hex)
            if self.base64 is not None:
                return base64.b64decode("".join(self.base64.split()), validate=True)
        except (ValueError, binascii.Error):
            key = "hex" if self.hex is not None else "base64"
            raise wrong(f"this is not valid {key}", key=key) from None
        return None

    @property
    def is_binary(self) -> bool:
        """Whether it goes out as a binary frame."""
        return self.binary or self.hex is not None or self.base64 is not None

    @property
    def hex_digits(self) -> str:
        """A binary payload as the plugin wants it: hex digits, two a byte. Variables in `hex` are kept."""
        data = self._bytes_of()
        return data.hex() if data is not None else (self.hex or "")

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, handler(core)]}

    @model_serializer(mode="wrap")
    def _written(self, handler: Any) -> Any:
        return self.text if self.text is not None else handler(self)


class Match(Part):
    """What a received frame is held against: at most one of contains, regex and json."""

    contains: Message | None = Field(
        default=None, description="The frame contains this text.", examples=["opened"]
    )
    regex: Message | None = Field(
        default=None,
        description="The frame contains a match of this regular expression.",
        examples=['"status":"2..'],
    )
    json_path: Line | None = Field(
        default=None,
        alias="json",
        description="The frame is JSON and has this JSON path.",
        examples=["$.type"],
    )
    equals: Message | None = Field(
        default=None, description="What stands at the JSON path, as text.", examples=["opened"]
    )

    @model_validator(mode="after")
    def _check_match(self) -> Match:
        given = [key for key in ("contains", "regex", "json") if getattr(self, field_of(key)) is not None]
        if len(given) > 1:
            raise wrong(f"{given[0]} and {given[1]} exclude each other", "keep one", given[1])
        if self.contains == "":
            raise wrong("every frame contains an empty text", "name what to wait for", "contains")
        if self.equals is not None and self.json_path is None:
            raise wrong("equals needs a JSON path", "add e.g. json: $.type", "equals")
        check_pattern(self.regex)
        check_json_path(self.json_path)
        return self

    @property
    def anything(self) -> bool:
        """Whether any frame will do."""
        return self.contains is None and self.regex is None and self.json_path is None


def field_of(key: str) -> str:
    """Return the attribute that holds a key: `json` is taken by pydantic's own method."""
    return "json_path" if key == "json" else key


def check_pattern(pattern: str | None) -> None:
    """Raise `WrongValueError`, at the key `regex`, for what is not a regular expression."""
    # Java's engine decides in the end. Where the plain subset is used, Python notices the same mistakes.
    if pattern is None or "${" in pattern or "(?" in pattern or "\\" in pattern:
        return
    try:
        with warnings.catch_warnings(action="ignore"):  # of what may change in Python's own dialect
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise wrong(f"this is not a regular expression: {error}", key="regex") from None


def check_json_path(path: str | None) -> None:
    """Raise `WrongValueError`, at the key `json`, for what is not a JSON path."""
    if path is not None and not path.startswith(("$", "${")):
        raise wrong("a JSON path begins with $", f"write $.{path.lstrip('.')}", "json")


class Awaited(Match):
    """A frame to wait for."""

    frame: Frame = Field(default="text", description="The kind of frame that counts: text, binary or any.")
    within: ReadTime | None = Field(
        default=None, description="How long to wait; absent: the target's read_timeout.", examples=["5s"]
    )


class Exchange(Awaited):
    """A payload and the answer to it."""

    send: Payload = Field(description="What to send.", examples=['{"type":"dtmf","digit":"1"}'])


class Reply(Match):
    """What is sent whenever such a text message comes, whatever step waits: a pong, an acknowledgement."""

    send: Message = Field(
        description="What to send, as text. Variables are filled in when it is sent; ${ws_group_1} is the "
        "first group of the regex.",
        examples=["3"],
    )
    pass_on: Flag = Field(
        default=False, description="Let the steps see the message too; if not, it is taken from them."
    )

    @model_validator(mode="after")
    def _check_reply(self) -> Reply:
        if self.anything:
            raise wrong("a reply needs something to look for", "add contains, regex or json")
        return self
