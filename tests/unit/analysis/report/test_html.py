from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
import re
from collections.abc import Callable

import pandas as pd
import pytest
from lxml import html as parser

from jmxgen.analysis.model import Analysis
from jmxgen.analysis.report import html as report
from tests import made

VOID_OF_ATTACK = {"script": 1, "img": 0, "iframe": 0, "object": 0, "link": 0, "form": 0}


@functools.cache
def rendered(make: Callable[[], Analysis]) -> str:
    return report.render(make())


def page(make: Callable[[], Analysis]) -> parser.HtmlElement:
    return parser.document_fromstring(rendered(make))


def words_of(element: parser.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def test_the_first_section_answers_what_people_ask() -> None:
    verdict = words_of(page(made.cap).cssselect(".verdict")[0])

    for answer in (
        "Handshakes are refused once 120 connections are open", "concurrency-cap", "very sure, 97%",
        "limit 120 (119 to 121)", "during the handshake", "the server",
    ):  # fmt: skip
        assert answer in verdict


@pytest.mark.parametrize("make", [made.cap, made.idle_timeout, made.healthy, made.empty, made.hostile])
def test_hostile_or_not_the_page_has_only_its_own_elements(make: Callable[[], Analysis]) -> None:
    tree = page(make)

    for tag, number in VOID_OF_ATTACK.items():
        assert len(tree.findall(f".//{tag}")) == number
    handlers = [name for element in tree.iter() for name in element.attrib if name.startswith("on")]
    assert not handlers


def test_hostile_text_is_shown_as_the_text_that_it_is() -> None:
    text = rendered(made.hostile)

    assert "&lt;script&gt;alert(2)&lt;/script&gt;" in text
    assert "<script>alert(2)" not in text
    assert "\x1b" not in text


def test_the_policy_allows_nothing_but_the_page_s_own_style_and_script() -> None:
    text = rendered(made.cap)
    tree = parser.document_fromstring(text)
    policy = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]

    for tag in ("style", "script"):
        inside = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert inside
        digest = base64.b64encode(hashlib.sha256(inside.group(1).encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_nothing_needs_a_style_attribute_that_the_policy_forbids() -> None:
    assert not page(made.cap).xpath("//*[@style]")


def test_nothing_is_loaded_from_anywhere() -> None:
    tree = page(made.idle_timeout)

    targets = tree.xpath("//@href | //@src")
    assert all(target.startswith("#") for target in targets)
    assert "url(http" not in rendered(made.idle_timeout)


def test_identifiers_are_unique_and_references_lead_somewhere() -> None:
    tree = page(made.cap)

    identifiers = tree.xpath("//@id")
    assert len(identifiers) == len(set(identifiers))
    references = [target[1:] for target in tree.xpath("//@href")]
    references += [name for names in tree.xpath("//@aria-labelledby") for name in names.split()]
    references += [name for clip in tree.xpath("//@clip-path") for name in re.findall(r"#([\w-]+)", clip)]
    assert set(references) <= set(identifiers)


def test_a_screen_reader_finds_headings_table_headers_and_descriptions() -> None:
    tree = page(made.cap)

    assert len(tree.findall(".//h1")) == 1
    assert tree.get("lang") == "en"
    assert all(table.xpath(".//th[@scope='col']") for table in tree.findall(".//table"))
    pictures = tree.xpath("//*[local-name()='svg']")
    assert pictures
    for picture in pictures:
        assert picture.get("role") == "img"
        assert all(part.text for part in picture.xpath("./*[local-name()='title' or local-name()='desc']"))


def test_the_report_tells_finding_picture_reasons_and_steps_in_this_order() -> None:
    headings = [words_of(h) for h in page(made.cap).findall(".//h2")]

    assert headings == [
        "Closures by open connections", "Why: causes, for and against", "What to do next",
        "Timeline", "Handshakes attempted and accepted", "Connections one by one", "Answer times",
        "Closures by kind", "What JMeter’s dashboard counts instead", "Elapsed by label",
        "Settings and versions",
    ]  # fmt: skip


def test_a_run_of_thousands_stays_small() -> None:
    assert len(report.render(made.cap(6000, 1000, rate=100.0))) < 1_000_000


def test_no_secret_of_a_scenario_is_shown() -> None:
    plain = made.cap()
    scenario = {
        "name": "ivr",
        "target": {
            "url": "wss://user:hunter2@ivr.example.com/ws?token=hunter2",
            "headers": {"X-API-KEY": "hunter2"},
            "read_timeout": "5s",
        },
        "load": {"callers": 500},
        "call": [{"send": "hunter2"}],
    }
    given = dataclasses.replace(plain, run=dataclasses.replace(plain.run, scenario=scenario))

    text = report.render(given)

    assert "hunter2" not in text
    assert "load.callers" in text
    assert "target.read_timeout" in text


def test_the_same_analysis_gives_the_same_bytes() -> None:
    assert report.render(made.cap()) == rendered(made.cap)


def test_a_billion_labels_make_no_endless_page() -> None:
    plain = made.cap()
    labels = pd.concat([plain.run.labels] * 5000, ignore_index=True)
    labels["label"] = [f"{'x' * 5000}{n}" for n in range(len(labels))]
    many = dataclasses.replace(plain, run=dataclasses.replace(plain.run, labels=labels))

    text = report.render(many)

    assert len(text) < 1_000_000
    assert "and 9,800 more" in text


def test_versions_settings_and_commands_are_shown_as_what_they_are() -> None:
    analysis = made.cap()
    machine = {"JMeter": "5.6.3", "WebSocket samplers": "<1.3.1>"}
    scenario = {"keep_alive": {"reply_to_pings": True, "ping_every": None}, "criteria": []}
    results = dataclasses.replace(analysis.run, machine=machine, scenario=scenario)
    verdict = dataclasses.replace(analysis.verdict, advice=("use `jmxgen <b>`", "a ` alone"))

    text = report.render(dataclasses.replace(analysis, run=results, verdict=verdict))

    for shown in (
        "<div><dt>JMeter</dt><dd>5.6.3</dd></div>",
        "<dd>&lt;1.3.1&gt;</dd>",
        "<div><dt>keep_alive.reply_to_pings</dt><dd>yes</dd></div>",
        "use <code>jmxgen &lt;b&gt;</code>",
        "<li>a ` alone</li>",
    ):
        assert shown in text
    assert "<dt>criteria</dt>" not in text


def test_a_second_cause_has_its_phase_and_limit_on_the_first_screen() -> None:
    verdict = words_of(page(made.two_faults).cssselect(".verdict")[0])

    for answer in (
        "idle-timeout, also concurrency-cap", "limit 120 (119 to 121)",
        "in the data phase (after HTTP 101); concurrency-cap: during the handshake (before HTTP 101)",
    ):  # fmt: skip
        assert answer in verdict


def test_a_column_without_a_word_in_it_is_left_out() -> None:
    plain = made.cap()
    alone = dataclasses.replace(plain, hypotheses=plain.hypotheses[:1])
    heads = [
        words_of(head) for head in parser.document_fromstring(report.render(alone)).cssselect(".causes th")
    ]

    assert heads[:3] == ["Cause", "Probability", "For"]
    assert not {"Against", "How to confirm"} & set(heads)


def test_a_number_and_its_unit_stay_on_one_line() -> None:
    assert "60\N{NO-BREAK SPACE}s without a frame" in rendered(made.idle_timeout)
