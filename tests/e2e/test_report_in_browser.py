"""The report in a real Chromium: no script error, nothing wider than a phone, the same words for everyone."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from html import escape
from pathlib import Path

import pytest

from jmxgen.analysis.compare.two_runs import compare
from jmxgen.analysis.model import Analysis
from jmxgen.analysis.report import comparison, html
from tests import made
from tests.programs import program

# A page that shows the report as it is, in a frame as wide as a phone: Chromium's window can't be so narrow.
# It asks the report what a person would notice; the answer is read from the dumped DOM.
HOST = """<!doctype html>
<body><iframe width="{width}" height="900" style="border:0" srcdoc="{page}"></iframe><script>
addEventListener("load", () => {{
  const report = document.querySelector("iframe").contentDocument;
  const across = report.documentElement.clientWidth;
  const wide = [...report.body.querySelectorAll("*")].filter((element) =>
    !element.closest(".scroll") && element.getBoundingClientRect().right > across + 1).length;
  const button = report.querySelector("table.sortable th:nth-child(4) button");
  button?.click();
  const sort = button?.closest("th").getAttribute("aria-sort");
  const buttons = report.querySelectorAll("th button").length;
  const scroll = report.documentElement.scrollWidth;
  document.body.dataset.probe = `${{across}} ${{scroll}} ${{wide}} ${{buttons}} ${{sort}}`;
}});
</script></body>"""


def chromium(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    browser = program("chromium", "chromium-browser", "google-chrome")
    return subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--enable-logging=stderr", f"--user-data-dir={folder / 'profile'}", *arguments,
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip


def console(shown: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in shown.stderr.splitlines() if "CONSOLE" in line]


def probed(page: str, width: int, folder: Path) -> str:
    """Return what HOST finds in a page of that width, after no script has failed."""
    host = folder / "host.html"
    host.write_text(HOST.format(width=width, page=escape(page, quote=True)), encoding="utf-8")

    dumped = chromium(folder, "--window-size=1400,1000", "--dump-dom", host.as_uri())

    assert not console(dumped)
    probe = re.search(r'<body data-probe="([^"]*)"', dumped.stdout)
    assert probe, dumped.stdout[:500]
    return probe.group(1)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("make", [made.cap, made.hostile])
def test_a_report_shows_without_error_and_without_overflow(
    make: Callable[[], Analysis], width: int, tmp_path: Path
) -> None:
    assert probed(html.render(make()), width, tmp_path) == f"{width} {width} 0 8 descending"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("after", [made.cap, made.hostile])
def test_a_comparison_shows_without_error_and_without_overflow(
    after: Callable[[], Analysis], width: int, tmp_path: Path
) -> None:
    page = comparison.html(compare(made.healthy(), after()))

    assert probed(page, width, tmp_path) == f"{width} {width} 0 0 undefined"


@pytest.mark.parametrize("make", [made.cap, made.leak, made.two_faults])
def test_a_report_prints_on_few_pages(make: Callable[[], Analysis], tmp_path: Path) -> None:
    page, printed = tmp_path / "report.html", tmp_path / "report.pdf"
    page.write_text(html.render(make()), encoding="utf-8")

    shown = chromium(tmp_path, f"--print-to-pdf={printed}", page.as_uri())

    assert not console(shown)
    # A page's object is not compressed in Chromium's PDF.
    assert len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) <= 4


def test_the_page_s_policy_stops_a_script_that_is_not_its_own(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    attack = "<script>document.title = 'hacked'</script>"
    page.write_text(html.render(made.cap()).replace("</main>", attack + "</main>"), encoding="utf-8")

    dumped = chromium(tmp_path, "--dump-dom", page.as_uri())

    assert "<title>hacked</title>" not in dumped.stdout
    assert any("Content Security Policy" in line for line in console(dumped))
