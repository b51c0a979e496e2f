"""What a terminal shows: aligned, capped, masked, and honest about the identity."""

from __future__ import annotations

import dataclasses
import unicodedata

from migrate.reports.text import accounting_table, render_text
from migrate.values import Issue, ObjectCount, RunReport, Section


def _report(**parts: object) -> RunReport:
    return dataclasses.replace(RunReport("load", "acme", "sandbox", "r1", "Load"), **parts)  # type: ignore[arg-type]


def test_columns_end_under_their_headers(report: RunReport) -> None:
    lines = accounting_table(report.objects).splitlines()
    contact = next(line for line in lines if line.startswith("Contact"))
    for title, figure in (("extracted", "5,528"), ("created", "4,702"), ("merged", "611")):
        end = lines[0].index(title) + len(title)
        assert contact[:end].endswith(f" {figure}")


def test_total_line_adds_up_every_column(report: RunReport) -> None:
    lines = accounting_table(report.objects).splitlines()
    total = next(line for line in lines if line.startswith("total")).split()
    assert total == ["total", "39,352", "34,003", "56", "9", "1,272", "3,793", "213", "4", "2"]
    assert "extracted = 38,973 source rows + 379 splits" in lines
    assert lines[-1] == "identity: holds"


def test_accents_typed_as_their_own_characters_align_too() -> None:
    composed = ObjectCount("Zákazníci", "1", 1, 0, {"created": 1})
    decomposed = dataclasses.replace(composed, object=unicodedata.normalize("NFD", "Zákazníci"))
    lines = accounting_table([composed, decomposed]).splitlines()
    assert unicodedata.normalize("NFC", lines[3]) == lines[2]


def test_broken_identity_names_the_line_and_the_difference() -> None:
    lines = [
        ObjectCount("Contact", "1", 10, 2, {"created": 11}),
        ObjectCount("Deal", "2", 5, 0, {"created": 6}),
        ObjectCount("Note", "2", 5, 0, {"created": 5}),
    ]
    shown = accounting_table(lines)
    assert "identity: BROKEN: Contact, wave 1: 12 extracted, 11 accounted for, 1 missing" in shown
    assert "identity: BROKEN: Deal, wave 2: 5 extracted, 6 accounted for, 1 too many" in shown
    assert "holds" not in shown
    assert "Note, wave" not in shown


def test_no_objects_no_table() -> None:
    assert accounting_table([]) == ""


def test_long_tables_show_ten_rows_and_say_where_the_rest_is() -> None:
    rows = tuple((f"u-{n}", str(n)) for n in range(322))
    section = Section("Users", tables=((("user", "records"), *rows),))
    shown = render_text(_report(sections=(section,), files={"report": "runs/r1/report.html"}))
    assert "u-9 " in shown and "u-10 " not in shown
    assert "and 312 more in runs/r1/report.html" in shown


def test_issues_are_counted_by_code_and_capped_at_ten_examples(report: RunReport) -> None:
    shown = render_text(report)
    assert "warning phone_unreadable: 324" in shown
    assert shown.count("Contact.phone") == 10
    assert "and 314 more in runs/2026-03-14-load-2/issues.xlsx" in shown
    assert shown.index("error date_ambiguous") < shown.index("warning phone_unreadable")


def test_counts_without_examples_still_show() -> None:
    shown = render_text(_report(issue_counts={"orphan": 7}))
    assert "orphan: 7" in shown


def test_personal_data_shows_only_when_asked_for(report: RunReport) -> None:
    secrets = ("jan.novak@example.com", "+421 905 12 34 03", "Ľubica Nováková", "Žltý kôň")
    masked, open_ = render_text(report), render_text(report, show_personal_data=True)
    for secret in secrets:
        assert secret not in masked
        assert secret in open_


def test_colour_codes_only_when_asked_for(report: RunReport) -> None:
    assert "\x1b" not in render_text(report)
    assert "\x1b[31mNOT MET\x1b[0m" in render_text(report, color=True)


def test_a_value_cannot_steer_the_terminal() -> None:
    issue = Issue("x", "error", "bad", "Contact", value="a\x1b[2J\r\nb\u202ec")
    shown = render_text(_report(issues=(issue,)), show_personal_data=True)
    assert not set("\x1b\r\u202e") & set(shown)
    assert "a\\x1b[2J\\r\\nb\\u202ec" in shown


def test_prose_and_tables_keep_to_the_width() -> None:
    section = Section(
        "Rules", ("word " * 60,), ((("rule", "text"), ("R01", "long " * 60), ("R02", "x")),)
    )
    shown = render_text(_report(sections=(section,)), width=60)
    assert max(map(len, shown.splitlines())) <= 60
