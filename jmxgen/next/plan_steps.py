"""The steps of a call, as a plan's samplers, timers and controllers make them."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any, Final

from jmxgen.lint import elements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jmxgen.jmx.tree import Node, Tree
    from jmxgen.lint.values import Values

Step = dict[str, Any]

_RANDOM: Final = re.compile(r"\$\{__Random\((\d{1,9}),(\d{1,9})[,)]")
_SLICES: Final = re.compile(r"\$\{(\w+)_slices\}")  # of a wait that is a setting of jmxgen's plans
_HEX: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{2})[\s,]*")
_MACHINERY: Final = ("JSR223Sampler", "TestAction")
_ROUTES: Final = ("GenericController", "TransactionController", "OnceOnlyController")
_LONGEST_MS: Final = 999_999  # that the plugin waits


@dataclasses.dataclass
class Reader:
    """Reads steps below a node; what can't be read becomes a note.

    Attributes:
        tree: the plan.
        known: its properties and variables.
        secrets: texts that stay out of a scenario: a property takes the place of each.
        notes: what was left out, and where.
    """

    tree: Tree
    known: Values
    secrets: tuple[str, ...] = ()
    notes: list[str] = dataclasses.field(default_factory=list)

    def steps(self, nodes: Iterable[Node]) -> list[Step]:
        """Return the steps that these nodes make, one after the other."""
        return [step for node in nodes if node.enabled for step in self._of(node)]

    def without_secrets(self, text: str, where: str) -> str:
        """Return a text of the plan with a property in the place of each secret."""
        for number, secret in enumerate(self.secrets, 1):
            if secret in text:
                text = text.replace(secret, f"${{__P(secret_{number})}}")
                note = f"{where}: a secret is left out: give it with -Jsecret_{number}=…"
                self.notes += [] if note in self.notes else [note]
        return text

    def _of(self, node: Node) -> Iterator[Step]:
        if elements.is_websocket(node) and node.kind != elements.OPEN:
            yield from self._delays(node)
            yield from self._websocket(node)
        elif node.kind == "LoopController":
            yield from self._loop(node)
        elif node.role == "controller":
            yield from self._controller(node)
        elif elements.pause(node) is not None:
            if span := self._span(elements.pause(node) or ""):
                yield {"pause": span}
            else:
                self._note(node, "its pause is only known when the plan runs")
        elif node.role == "sampler" and node.kind not in _MACHINERY and node.kind != elements.OPEN:
            self._note(node, "a scenario has no such step")

    def _websocket(self, node: Node) -> Iterator[Step]:
        match node.kind:
            case elements.REQUEST:
                if payload := self._payload(node):
                    yield {"request": {"send": payload, **self._within(node)}}
            case elements.WRITE:
                if payload := self._payload(node):
                    yield {"send": payload}
            case elements.READ if node.flag("optional"):
                if span := self._span(node.text("readTimeout", "6000")):
                    yield {"pause" if ".." in span else "listen": span}
            case elements.READ:
                yield {"expect": {"frame": "any", **self._within(node)}}
            case elements.PING:
                yield {"ping": self._within(node)}
            case elements.CLOSE:
                code = self.known.number(node.text("statusCode", "1000"))
                yield {"disconnect": {"code": code if code and 1000 <= code < 5000 else 1000}}

    def _payload(self, node: Node) -> str | dict[str, str] | None:
        text = node.text("requestData")
        if node.flag("loadDataFromFile") or not text:
            self._note(node, "its payload is in a file" if not text else "its payload is read from a file")
            return None
        if node.text("payloadType", "Text") == "Text":
            return self.without_secrets(text, f"{node.kind} {node.name!r}")
        digits = _HEX.findall(text)
        if _HEX.sub("", text).strip():
            self._note(node, "its binary payload is made when the plan runs")
            return None
        return {"hex": "".join(digits)}

    def _within(self, node: Node) -> dict[str, str]:
        """Return how long the sampler waits, where that is known."""
        wait = self.known.number(node.text("readTimeout", "6000"))
        return {"within": f"{wait}ms"} if wait and 0 < wait <= _LONGEST_MS else {}

    def _loop(self, node: Node) -> Iterator[Step]:
        """Yield a repeat; a loop around one optional read is a listen in slices."""
        if (own := _SLICES.fullmatch(node.text("LoopController.loops"))) and (wait := self._setting(own[1])):
            yield wait
            return
        inner = self.steps(node.children)
        times = self.known.number(node.text("LoopController.loops", "1"))
        forever = node.flag("LoopController.continue_forever", default=True) and times in (None, -1)
        if forever or times is None or times < 1:
            self._note(node, "how often it loops isn't known: its steps are here once")
            yield from inner
        elif [list(step) for step in inner] == [["listen"]] and inner[0]["listen"].endswith("ms"):
            yield {"listen": f"{times * int(inner[0]['listen'].removesuffix('ms'))}ms"}
        elif inner and times > 1:
            yield {"repeat": {"times": times, "steps": inner}}
        else:
            yield from inner

    def _setting(self, name: str) -> Step | None:
        """Return the wait that the settings of jmxgen's plans name so."""
        low, high = (self.known.number(f"${{{name}_{end}_ms}}") for end in ("min", "max"))
        if low is not None and high is not None:
            return {"pause": f"{low}ms..{high}ms"}
        length = self.known.number(f"${{{name}_ms}}")
        return {"listen": f"{length}ms"} if length else None

    def _controller(self, node: Node) -> Iterator[Step]:
        inner = self.steps(node.children)
        if inner and node.kind not in _ROUTES:
            self._note(node, "its condition can't be said in a scenario: its steps are here once")
        yield from inner

    def _delays(self, node: Node) -> Iterator[Step]:
        """Yield the pauses that timers make before a sampler."""
        for timer in filter(elements.is_timer, self.tree.in_scope(node)):
            if timer.kind == "JSR223Timer":
                continue
            constant = self.known.number(timer.text("ConstantTimer.delay", "0").removesuffix(".0"))
            spread = self.known.number(timer.text("RandomTimer.range", "0").partition(".")[0])
            if timer.kind == "ConstantTimer" and constant:
                yield {"pause": f"{constant}ms"}
            elif timer.kind == "UniformRandomTimer" and constant is not None and spread is not None:
                yield {"pause": f"{constant}ms..{constant + spread}ms"}
            elif timer.kind != "ConstantTimer" or constant is None:
                self._note(timer, "how long it waits can't be said in a scenario")

    def _span(self, written: str) -> str | None:
        """Return a duration, or a range of them, that a number or `${__Random(…)}` of ms stands for."""
        if found := _RANDOM.match(written):
            low, high = sorted((int(found[1]), int(found[2])))
            return f"{low}ms..{high}ms"
        number = self.known.number(written)
        return f"{number}ms" if number and number > 0 else None

    def _note(self, node: Node, what: str) -> None:
        note = f"{node.kind} {node.name!r}: {what}"
        if note not in self.notes:
            self.notes.append(note)
