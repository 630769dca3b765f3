"""PLAN.properties: what a plan needs and a .jmx can't hold, and the properties that change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from javaproperties import escape

from jmxgen.columns import OWN_COLUMNS, REPLIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.plan.model import Plan

_CONNECTIONS: Final = {
    # What becomes of the connection of a thread that ends: none | tcpClose | wsClose.
    "websocket.thread.stop.policy": "wsClose",
}
_COLUMNS: Final = {
    "sample_variables": ",".join(OWN_COLUMNS),
    "jmeter.save.saveservice.output_format": "csv",
    "jmeter.save.saveservice.print_field_names": "true",
    "jmeter.save.saveservice.timestamp_format": "ms",
    "jmeter.save.saveservice.time": "true",
    "jmeter.save.saveservice.timestamp": "true",
    "jmeter.save.saveservice.label": "true",
    "jmeter.save.saveservice.response_code": "true",
    "jmeter.save.saveservice.response_message": "true",
    "jmeter.save.saveservice.thread_name": "true",
    "jmeter.save.saveservice.data_type": "true",
    "jmeter.save.saveservice.successful": "true",
    "jmeter.save.saveservice.assertion_results_failure_message": "true",
    "jmeter.save.saveservice.bytes": "true",
    "jmeter.save.saveservice.sent_bytes": "true",
    "jmeter.save.saveservice.thread_counts": "true",
    "jmeter.save.saveservice.url": "true",
    "jmeter.save.saveservice.latency": "true",
    "jmeter.save.saveservice.idle_time": "true",
    "jmeter.save.saveservice.connect_time": "true",
    # Frames that a filter passes over would become rows of their own.
    "jmeter.save.saveservice.subresults": "false",
    # Answers stay in memory only as long as the caller needs them.
    "jmeter.save.saveservice.response_data": "false",
    "jmeter.save.saveservice.samplerData": "false",
}


def render_properties(plan: Plan) -> str:
    """Return the text of PLAN.properties, for JMeter's `-q`; in it knobs are comments."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    yield "# Made by jmxgen, to be given to JMeter with -q. Properties given with -J after it win."
    yield ""
    replies = {"sample_variables": ",".join((*OWN_COLUMNS, REPLIES))} if plan.replies else {}
    for key, value in (_CONNECTIONS | _COLUMNS | replies).items():
        yield f"{key}={value}"
    if plan.secrets:
        yield ""
        yield "# Must be given when the plan runs; they are in no file:"
        yield from (f"# -J{name}=VALUE" for name in plan.secrets)
    yield ""
    yield "# What -J changes without generating the plan anew, and its value now:"
    for knob in plan.knobs:
        yield f"# {knob.name}={escape(knob.default)}  ({knob.meaning})"
