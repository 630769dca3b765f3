"""The Close sampler that `harden` puts in, under a condition: it leaves a row, as one by hand would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.harden import edits
from jmxgen.jmx import scripts
from jmxgen.lint import elements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml import etree

REMEMBERED: Final = "jmxgen_connection"  # the variable of the scripts that holds the thread's connection
LIVES: Final = f"vars.getObject('{REMEMBERED}')?.open"


def close(write: edits.Writer, indent: bytes, *, when: str, lives: str, name: str) -> bytes:
    """Return a controller and in it the sampler that closes a connection that is still open.

    Args:
        write: writes in the manner of the plan.
        indent: the white space before it.
        when: the controller's name.
        lives: its condition, in Groovy.
        name: the label of the Close sampler.
    """
    condition = {
        "IfController.condition": ("stringProp", f"${{__groovy({lives} ?: false)}}"),
        "IfController.useExpression": ("boolProp", "true"),
    }
    controller = edits.element("IfController", "IfControllerPanel", f"jmxgen: {when}", condition)
    settings = {"statusCode": ("stringProp", "1000"), "readTimeout": ("stringProp", "5000")}
    sampler = _plugin("CloseWebSocketSampler", name, settings)
    plain = {"comparisonType": ("stringProp", "IsPlain")}
    under = [
        _plugin("PingFrameFilter", "jmxgen: skip pings", {"replyToPing": ("boolProp", "false")}),
        _plugin("TextFrameFilter", "jmxgen: skip text frames", plain),
        _plugin("BinaryFrameFilter", "jmxgen: skip binary frames", plain),
        script("JSR223Listener", "jmxgen: closed, or gone before", "harden_closed", ""),
    ]
    return write.nested(controller, [write.nested(sampler, under, indent + b"  ")], indent)


def script(testclass: str, name: str, file: str, parameters: str) -> etree._Element:
    """Return a JSR223 element with the script templates/groovy/`file`.groovy."""
    properties = {
        "scriptLanguage": ("stringProp", "groovy"),
        "parameters": ("stringProp", parameters),
        "filename": ("stringProp", ""),
        "cacheKey": ("stringProp", "true"),
        "script": ("stringProp", scripts.script(file)),
    }
    return edits.element(testclass, "TestBeanGUI", name, properties)


def _plugin(kind: str, name: str, properties: Mapping[str, tuple[str, str]]) -> etree._Element:
    return edits.element(f"{elements.PLUGIN}{kind}", f"{elements.PLUGIN}{kind}Gui", name, properties)
