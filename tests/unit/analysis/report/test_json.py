from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from jmxgen.analysis.model import Analysis
from jmxgen.analysis.report import json as report
from jmxgen.analysis.schema import schema
from tests import made

GOLDEN = Path(__file__).parents[3] / "golden" / "report"


@pytest.mark.parametrize("make", [made.cap, made.idle_timeout, made.healthy, made.empty, made.hostile])
def test_every_analysis_fits_the_shipped_schema(make: Callable[[], Analysis]) -> None:
    analysis = make()

    jsonschema.Draft202012Validator(schema()).validate(json.loads(report.render(analysis)))


def test_the_schema_is_itself_valid_and_closed() -> None:
    found = schema()

    jsonschema.Draft202012Validator.check_schema(found)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**report.value(made.cap()), "extra": 1}, found)


def test_the_keys_are_those_of_version_1_in_their_order() -> None:
    value = report.value(made.cap())

    assert list(value) == [
        "schema", "files", "samples", "skipped_rows", "start", "seconds", "connections", "closures", "stalls",
        "silent", "aftermath", "unattributed", "other_errors", "complete", "incomplete_because", "callers",
        "scenario", "criteria", "server_log", "verdict", "hypotheses", "labels",
    ]  # fmt: skip
    assert list(value["connections"]) == ["attempted", "opened", "closed", "leaked", "peak_open"]
    assert list(value["closures"]["data"]) == ["total", "rate", "kinds", "codes"]
    assert list(value["hypotheses"][0]) == [
        "cause",
        "phase",
        "probability",
        "explains",
        "evidence",
        "against",
    ]


def test_the_json_of_a_capped_run_is_as_accepted(accepted: Callable[[Path, str], None]) -> None:
    accepted(GOLDEN / "cap.json", report.render(made.cap()))


def test_what_is_not_finite_is_null_and_numpy_is_plain() -> None:
    verdict = dataclasses.replace(
        made.cap().verdict,
        evidence={
            "limit": np.int64(120),
            "interval": np.array([1.5, math.inf]),
            "seconds": np.float64("nan"),
            "flag": np.bool_(True),
        },
    )
    analysis: Analysis = dataclasses.replace(made.cap(), verdict=verdict)

    evidence = json.loads(report.render(analysis))["verdict"]["evidence"]

    assert evidence == {"limit": 120, "interval": [1.5, None], "seconds": None, "flag": True}


def test_the_same_analysis_gives_the_same_bytes() -> None:
    assert report.render(made.cap()) == report.render(made.cap())
