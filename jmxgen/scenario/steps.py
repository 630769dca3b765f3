"""The steps of a call. Each kind is a model with one key that names it, and an optional label.

Each is read under its key (`Send.send`, `Expect.expect`), the key `if` as `If.condition`. `STEPS` lists all.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from jmxgen.scenario.amounts import Duration, Size, Span
from jmxgen.scenario.base import Flag, Label, Line, Message, Part, ReadTime, Text, Time, Variable, Whole
from jmxgen.scenario.checks import check_body, check_headers, check_http_url, check_tokens
from jmxgen.scenario.faults import wrong
from jmxgen.scenario.frames import (
    Awaited,
    Exchange,
    Match,
    Payload,
    Reply,
    check_json_path,
    check_pattern,
    field_of,
)


def _or_nothing(schema: dict[str, Any]) -> None:
    """Allow a bare `key:` in the JSON schema of a step."""
    told = {key: schema.pop(key) for key in ("description", "examples") if key in schema}
    value = dict(schema)
    schema.clear()
    schema.update(anyOf=[value, {"type": "null"}], **told)


class _Step(Part):
    kind: ClassVar[str]

    label: Label | None = Field(
        default=None,
        description="The name of the step's samples; absent: made from the step.",
        examples=["greeting"],
    )


class Send(_Step):
    """Sends a frame and waits for nothing."""

    kind = "send"
    send: Payload = Field(
        description="What to send: text, or one of text, hex, base64, file.", examples=['{"type":"open"}']
    )


class Expect(_Step):
    """Reads until a frame comes that matches; others are passed over, pings answered."""

    kind = "expect"
    expect: Awaited = Field(
        description="The frame to wait for.", examples=[{"contains": "opened", "within": "5s"}]
    )


class Request(_Step):
    """Sends a frame and reads until the answer comes, as one sample with one response time."""

    kind = "request"
    request: Exchange = Field(
        description="What to send and the answer to wait for.", examples=[{"send": "hello", "contains": "ok"}]
    )


class Stream(_Step):
    """Sends a file in chunks, each at its time, as a microphone does; reads and answers between them.

    It leaves one row, whose message has the chunks sent and how late 95 % of them at most were.
    """

    class Source(Part):
        """What to send, how fast and how long."""

        file: Line = Field(
            description="The file, relative to the scenario; its bytes are sent as they are.",
            examples=["voice.ulaw"],
        )
        chunk: Size = Field(description="The bytes of a chunk.", examples=["160B"])
        every: Time = Field(description="The time from one chunk to the next.", examples=["20ms"])
        loop: Flag = Field(default=False, description="Begin anew at the file's end, without a gap.")
        length: ReadTime = Field(
            default=Duration(60_000), alias="for", description="How long at most.", examples=["30s"]
        )
        until: Match | None = Field(
            default=None,
            description="A text message that ends the stream; the step fails if it doesn't come. Steps after "
            "it see that message as the last answer.",
            examples=[{"contains": "bargein"}],
        )
        text: Message | None = Field(
            default=None,
            description="A text frame for each chunk, where it isn't sent as a binary frame: "
            "${ws_chunk_base64} is the chunk, ${ws_chunk} its number from 1, ${ws_chunk_ms} its time.",
            examples=['{"event":"media","media":{"payload":"${ws_chunk_base64}"}}'],
        )

        @model_validator(mode="after")
        def _check(self) -> Stream.Source:
            if self.until is not None and self.until.anything:
                raise wrong("until needs something to look for", "add contains, regex or json", "until")
            return self

    kind = "stream"
    stream: Source = Field(
        description="The file and its pace.",
        examples=[{"file": "voice.ulaw", "chunk": "160B", "every": "20ms", "for": "30s", "loop": True}],
    )


class Listen(_Step):
    """Waits while reading, so that pings are answered: a Gather Input, a prompt that plays."""

    kind = "listen"
    listen: ReadTime = Field(
        description="How long; a bare `listen:` is 5s, the default No Entry Timeout of a Gather Input.",
        json_schema_extra=_or_nothing,
        examples=["5s"],
    )
    on: tuple[Reply, ...] = Field(
        default=(), description="Replies while this step waits, before those of the whole scenario."
    )

    @model_validator(mode="before")
    @classmethod
    def _default(cls, value: Any) -> Any:
        return (
            {**value, "listen": "5s"} if isinstance(value, dict) and value.get("listen", 0) is None else value
        )


class Pause(_Step):
    """Think time. Reads and answers pings as `listen` does, unless a later step wants what may come."""

    kind = "pause"
    pause: Span = Field(
        description="How long: a duration, or a range to draw from each time.", examples=["1s..3s"]
    )


class Ping(_Step):
    """Sends a ping and waits for its pong."""

    class PongWait(Part):
        """How long to wait for the pong."""

        within: ReadTime | None = Field(
            default=None, description="How long to wait for the pong; absent: the target's read_timeout."
        )

    kind = "ping"
    ping: PongWait = Field(
        description="Options, or nothing.", json_schema_extra=_or_nothing, examples=[{"within": "2s"}]
    )

    @model_validator(mode="before")
    @classmethod
    def _default(cls, value: Any) -> Any:
        return _nothing_is_empty(value, "ping")


class Disconnect(_Step):
    """Closes the connection with a close frame: the last step of a call, written or not."""

    class CloseFrame(Part):
        """The close frame's code, and how long to wait for the peer's."""

        code: Whole = Field(
            default=1000, description="The close frame's code (RFC 6455, 7.4).", examples=[1000]
        )
        within: ReadTime = Field(
            default=Duration(5000), description="How long to wait for the peer's close frame."
        )

        @model_validator(mode="after")
        def _check(self) -> Disconnect.CloseFrame:
            # RFC 6455, 7.4.1: 1004 is reserved; 1005, 1006 and 1015 are never sent.
            if (
                not (1000 <= self.code <= 4999)
                or self.code in (1004, 1005, 1006, 1015)
                or 1016 <= self.code < 3000
            ):
                raise wrong(
                    f"{self.code} can't be sent in a close frame",
                    "1000, or 3000 to 4999 for your own",
                    "code",
                )
            return self

    kind = "disconnect"
    disconnect: CloseFrame = Field(
        description="Options, or nothing.", json_schema_extra=_or_nothing, examples=[{"code": 1000}]
    )

    @model_validator(mode="before")
    @classmethod
    def _default(cls, value: Any) -> Any:
        return _nothing_is_empty(value, "disconnect")


def _nothing_is_empty(value: Any, key: str) -> Any:
    return {**value, key: {}} if isinstance(value, dict) and value.get(key, 0) is None else value


class Set(_Step):
    """Sets a variable: to a value, or to what is found in the last answer (a frame's or an http step's)."""

    class Source(Part):
        """The variable and where its value comes from: one of value, regex, json, header and cookie."""

        variable: Variable = Field(description="The variable; steps use it as ${name}.", examples=["session"])
        value: Message | None = Field(default=None, description="The value itself.", examples=["${__UUID}"])
        regex: Text | None = Field(
            default=None,
            description="A regular expression to find in the last answer.",
            examples=['"id":"([^"]+)"'],
        )
        group: Whole = Field(
            default=1, ge=0, le=99, description="The group of the regex; 0 is the whole match."
        )
        json_path: Line | None = Field(
            default=None,
            alias="json",
            description="A JSON path to look up in the last answer.",
            examples=["$.id"],
        )
        header: Line | None = Field(
            default=None,
            description="A header of the last http step's answer.",
            examples=["X-Auth-Token"],
        )
        cookie: Line | None = Field(
            default=None, description="A cookie that the last http step received.", examples=["session"]
        )
        default: Text | None = Field(
            default=None, description="The value where nothing is found; absent: the call fails."
        )

        @model_validator(mode="after")
        def _check(self) -> Set.Source:
            sources = ("value", "regex", "json", "header", "cookie")
            given = [key for key in sources if getattr(self, field_of(key)) is not None]
            if len(given) != 1:
                raise wrong("a variable is set from one of value, regex, json, header and cookie")
            if name := self.header or self.cookie:
                check_tokens((name,), f"{given[0]} name", given[0])
            if self.value is not None and self.default is not None:
                raise wrong("a value needs no default", key="default")
            check_pattern(self.regex)
            check_json_path(self.json_path)
            return self

    kind = "set"
    set: Source = Field(
        description="The variable and its source.", examples=[{"variable": "id", "json": "$.id"}]
    )


class Http(_Step):
    """Makes an HTTP request, e.g. for a token; `set` takes values from its answer."""

    class Call(Part):
        """An HTTP request."""

        url: Line = Field(
            description="http:// or https://.", examples=["https://login.example.com/oauth/token"]
        )
        method: Literal["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"] = Field(
            default="GET", description="The method."
        )
        headers: dict[Line, Text] = Field(default_factory=dict, description="Headers of this request alone.")
        body: Text | None = Field(default=None, description="The body as it is sent.")
        status: tuple[Whole, ...] = Field(
            default=(200, 201, 202, 204), min_length=1, description="The statuses that count as success."
        )
        connect_timeout: ReadTime = Field(
            default=Duration(5000), description="How long a TCP connect may take."
        )
        within: ReadTime = Field(default=Duration(10_000), description="How long the answer may take.")

        @model_validator(mode="after")
        def _check(self) -> Http.Call:
            check_http_url(self.url)
            check_headers(self.headers)
            check_body(self.body or "")
            return self

    kind = "http"
    http: Call = Field(
        description="The request.", examples=[{"url": "https://login.example.com/token", "method": "POST"}]
    )


class Repeat(_Step):
    """Runs steps several times."""

    class Loop(Part):
        """The steps, and how often."""

        times: Whole = Field(ge=1, le=1_000_000, description="How often.", examples=[3])
        steps: tuple[Step, ...] = Field(min_length=1, description="The steps.")

    kind = "repeat"
    repeat: Loop = Field(
        description="How often, and the steps.", examples=[{"times": 3, "steps": [{"listen": "5s"}]}]
    )


class If(_Step):
    """Runs steps depending on the last answer."""

    class Choice(Match):
        """What the last answer is held against, and the steps for each case."""

        then: tuple[Step, ...] = Field(min_length=1, description="The steps where it matches.")
        otherwise: tuple[Step, ...] = Field(
            default=(), alias="else", description="The steps where it doesn't."
        )

        @model_validator(mode="after")
        def _check(self) -> If.Choice:
            if self.anything:
                raise wrong("an if needs something to look for", "add contains, regex or json")
            return self

    kind = "if"
    condition: Choice = Field(
        alias="if",
        description="The condition and the steps.",
        examples=[{"contains": "busy", "then": [{"pause": "1s"}]}],
    )


STEPS: Final[tuple[type[_Step], ...]] = (
    Send, Expect, Request, Stream, Listen, Pause, Ping, Disconnect, Set, Http, Repeat, If,
)  # fmt: skip
KINDS: Final = {step.kind: step for step in STEPS}


def _kind(value: Any) -> str | None:
    if isinstance(value, _Step):
        return f"<{value.kind}>"
    kinds = [key for key in value if key in KINDS] if isinstance(value, dict) else []
    return f"<{kinds[0]}>" if len(kinds) == 1 else None


Step = Annotated[
    Annotated[Send, Tag("<send>")]
    | Annotated[Expect, Tag("<expect>")]
    | Annotated[Request, Tag("<request>")]
    | Annotated[Stream, Tag("<stream>")]
    | Annotated[Listen, Tag("<listen>")]
    | Annotated[Pause, Tag("<pause>")]
    | Annotated[Ping, Tag("<ping>")]
    | Annotated[Disconnect, Tag("<disconnect>")]
    | Annotated[Set, Tag("<set>")]
    | Annotated[Http, Tag("<http>")]
    | Annotated[Repeat, Tag("<repeat>")]
    | Annotated[If, Tag("<if>")],
    Discriminator(_kind),
]
for _model in (Repeat.Loop, Repeat, If.Choice, If):
    _model.model_rebuild()
