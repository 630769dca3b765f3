"""Replies and streams: what messages.groovy and stream.groovy are given, and the lines that call them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jmxgen.plan.model import Script
from jmxgen.plan.texts import verbatim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.plan.model import Element
    from jmxgen.scenario.frames import Match, Reply
    from jmxgen.scenario.steps import Stream


def match_of(match: Match) -> dict[str, str]:
    """Return what a message is held against, in the words of the script."""
    given = {
        "contains": match.contains, "regex": match.regex, "json": match.json_path, "equals": match.equals,
    }  # fmt: skip
    return {key: value for key, value in given.items() if value is not None}


def replies_json(replies: Sequence[Reply]) -> str:
    """Return replies as JSON; empty where there are none."""
    if not replies:
        return ""
    return unevaluated(
        [{"match": match_of(r), "send": verbatim(r.send), "pass_on": r.pass_on} for r in replies]
    )


def unevaluated(value: object) -> str:
    """Return JSON in which JMeter fills in no variables: the script does, whenever it sends."""
    return json.dumps(value, ensure_ascii=False).replace("${", "\\u0024{")


def stream_json(source: Stream.Source, file: str, *, keep: bool, pong: bool) -> str:
    """Return what templates/groovy/stream.groovy is given.

    Args:
        source: the step.
        file: the plan's expression for its file.
        keep: whether a later step waits for what comes meanwhile.
        pong: whether pings are answered.
    """
    plan: dict[str, object] = {
        "file": file, "chunk": source.chunk.bytes, "every": source.every.ms, "limit": source.length.ms,
        "loop": source.loop, "keep": keep, "pong": pong,
    }  # fmt: skip
    if source.text is not None:
        plan["text"] = verbatim(source.text)
    if source.until is not None:
        plan["until"] = match_of(source.until)
    return unevaluated(plan)


def answering(
    label: str, elements: tuple[Element, ...], meanwhile: Sequence[Reply], always: Sequence[Reply]
) -> tuple[Element, ...]:
    """Return a step's elements between the lines that switch its own replies on and off."""
    if not meanwhile:
        return elements
    return (
        _switch(f"{label}: its own replies", (*meanwhile, *always)),
        *elements,
        _switch(f"{label}: the usual replies", always),
    )


def _switch(name: str, replies: Sequence[Reply]) -> Script:
    line = "vars.getObject('ws_messages').answer(Parameters); SampleResult.setIgnore()"
    return Script(name=name, line=line, parameters=replies_json(replies))


def attentive_pause(milliseconds: str, label: str, *, keep: bool, pong: bool) -> Script:
    """Return a pause that answers, and keeps other messages for the step that waits for one."""
    flags = f"{str(keep).lower()}, {str(pong).lower()}"
    line = f"vars.getObject('ws_messages').attend(Parameters as long, {flags}); SampleResult.setIgnore()"
    return Script(name=label, line=line, parameters=milliseconds)
