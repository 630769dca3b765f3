from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.errors import UsageError
from jmxgen.simulator import faults

# The keys without which a fault is none.
NEEDED = {
    "auth": ":key=k",
    "cap": ":limit=1",
    "idle": ":limit=1s",
    "late": ":limit=1s",
    "max-age": ":limit=1s",
    "queue": ":limit=1",
    "random": ":hazard=1/s",
    "rate": ":limit=1/s",
    "refuse": ":share=10%",
    "slots": ":limit=1",
    "slow-accept": ":rate=1/s",
    "window": ":limit=1",
}


@pytest.mark.parametrize("name", faults.registry())
def test_every_fault_can_be_made_from_its_text_and_has_its_test(name: str) -> None:
    fault = faults.parse(name + NEEDED.get(name, ""))

    module = type(fault).__module__.rpartition(".")[2]
    assert fault.name == name
    assert (Path(__file__).parent / f"test_{module}.py").exists()
    assert type(fault).__doc__


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cop:limit=3", "no fault 'cop' (did you mean 'cap'?)"),
        ("cap:limti=3", "fault cap: no key 'limti' (did you mean 'limit'?)"),
        ("cap:limit", "fault cap: no key 'limit' (did you mean 'limit'?)"),
        ("cap:limit=-1", "fault cap: limit=-1 is not a whole number"),
        ("cap:limit=1,form=204", "fault cap: form=204 is not reset, eof, or an HTTP status"),
        ("cap", "fault cap: limit missing (as in cap:limit=…[,form=503][,after=10ms]"),
        ("idle:limit=5", "fault idle: limit=5 is not a duration such as 500ms, 5s or 1m30s"),
        ("idle:limit=5s,form=999", "fault idle: form=999 is not reset, eof, cut, or a close code"),
        ("", "no fault ''"),
    ],
)
def test_a_text_that_is_no_fault_is_told_with_a_way_out(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        faults.parse(text)

    assert message in str(caught.value)


def test_the_same_fault_twice_is_an_error() -> None:
    with pytest.raises(UsageError, match="cap is given twice"):
        faults.parse_all(["cap:limit=1", "rate:limit=1/s", "cap:limit=2"])
