"""The page for the customer: self-contained, escaped, accessible."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

from migrate.reports.html import TABLE_ROWS, render_html
from migrate.values import Issue, ObjectCount, RunReport, Section

VOID = {"meta", "br", "hr", "img", "input", "link"}


class _Balance(HTMLParser):
    """Fails on a tag that is closed twice, not at all, or in the wrong order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _parsed(page: str) -> _Balance:
    parser = _Balance()
    parser.feed(page)
    assert parser.open == []
    return parser


def test_needs_no_network_and_no_script(report: RunReport) -> None:
    page = render_html(report)
    tags = _parsed(page).tags
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in tags}
    links = [v for _, attrs in tags for k, v in attrs.items() if k in {"src", "href"}]
    assert links and all(str(link).startswith("#") for link in links)
    assert not re.findall(r"url\(|@import", page)


def test_table_headers_have_a_scope_and_the_page_a_language(report: RunReport) -> None:
    tags = _parsed(render_html(report)).tags
    assert dict(tags)["html"]["lang"] == "en"
    assert all(attrs.get("scope") in {"row", "col"} for tag, attrs in tags if tag == "th")
    drawings = [attrs for tag, attrs in tags if tag == "svg"]
    assert drawings and all(attrs["role"] == "img" for attrs in drawings)
    assert all(attrs["aria-label"] for attrs in drawings)


def test_links_inside_the_page_lead_somewhere(report: RunReport) -> None:
    tags = _parsed(render_html(report)).tags
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {str(a["href"])[1:] for tag, a in tags if tag == "a"} <= set(ids)


def test_everything_is_escaped() -> None:
    attack = "<script>alert('x')</script>&\""
    report = RunReport(
        "load", attack, attack, attack, attack,
        objects=(ObjectCount(attack, attack, 1, 0, {"created": 1}),),
        issues=(Issue(attack, "error", attack, attack, attack, attack, attack, attack, attack),),
        sections=(
            Section(attack, (attack,), (((attack, attack), (attack, "5")),), chart="bars"),
        ),
        files={attack: attack},
    )  # fmt: skip
    page = render_html(report, show_personal_data=True)
    _parsed(page)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") > 20


def test_accounting_chart_stands_at_the_top_with_the_figures(report: RunReport) -> None:
    page = render_html(report)
    drawing = page[page.index("<svg") : page.index("</svg>") + 6]
    ElementTree.fromstring(drawing)
    assert "Contact · 1" in drawing and "18,422" in drawing
    assert "Contact · 1: created 4,702" in drawing
    assert page.index("<svg") < page.index("<table")
    assert "Every record is accounted for" in page


def test_broken_identity_cannot_be_overlooked(report: RunReport) -> None:
    broken = ObjectCount("Contact", "1", 10, 0, {"created": 9})
    page = render_html(dataclasses.replace(report, objects=(broken,)))
    assert "The identity is broken" in page
    assert "Contact, wave 1: 10 extracted, 9 accounted for, 1 missing" in page
    assert "Every record is accounted for" not in page


def test_personal_data_shows_only_when_asked_for(report: RunReport) -> None:
    masked, shown = render_html(report), render_html(report, show_personal_data=True)
    for secret in ("jan.novak@example.com", "+421 905 12 34 03", "Ľubica Nováková", "Žltý kôň"):
        assert secret not in masked
        assert secret in shown
    assert "Personal data is masked" in masked
    assert "keep it where only those who need it" in shown


def test_no_evidence_says_that_it_counts_as_not_met() -> None:
    section = Section("Rollback tested", status="no evidence")
    page = render_html(RunReport("cutover", "a", "s", "r", "Cutover", sections=(section,)))
    assert "No evidence counts as not met." in page


def test_long_tables_say_how_much_is_left_out() -> None:
    rows = tuple((str(n), "x") for n in range(TABLE_ROWS + 312))
    report = RunReport(
        "assess", "a", "s", "r", "t",
        sections=(Section("Columns", tables=((("n", "x"), *rows),)),),
        files={"json": "runs/r/report.json"},
    )  # fmt: skip
    assert "and 312 more in <code>runs/r/report.json</code>" in render_html(report)


def test_an_empty_report_is_a_page_too() -> None:
    _parsed(render_html(RunReport("status", "acme", "", "", "Status")))
