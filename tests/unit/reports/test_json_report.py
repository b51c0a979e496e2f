"""The JSON that scripts read."""

from __future__ import annotations

import dataclasses
import json

import pytest

from migrate.reports.json_report import report_json
from migrate.values import DISPOSITIONS, ISSUE_FIELDS, ObjectCount, RunReport


def test_figures_are_numbers_and_every_disposition_is_there(report: RunReport) -> None:
    answer = json.loads(json.dumps(report_json(report), allow_nan=False))
    contact = next(line for line in answer["objects"] if line["object"] == "Contact")
    assert contact == {
        "object": "Contact", "wave": "1", "extracted": 5528, "rows": 5210, "splits": 318,
        "created": 4702, "updated": 12, "unchanged": 0, "merged": 611, "excluded": 90,
        "quarantined": 112, "failed": 1, "pending": 0, "incomplete": 0,
    }  # fmt: skip
    assert contact["extracted"] == sum(contact[name] for name in DISPOSITIONS)
    assert answer["identity"] is True
    assert answer["seconds"] == 41.5


def test_issues_have_all_fields_in_order_and_are_masked(report: RunReport) -> None:
    issues = report_json(report)["issues"]
    assert all(tuple(issue) == ISSUE_FIELDS for issue in issues)
    assert "jan.novak@example.com" not in json.dumps(issues, ensure_ascii=False)
    shown = report_json(report, show_personal_data=True)["issues"]
    assert shown[12]["record"] == "jan.novak@example.com"


def test_counts_win_over_the_examples_in_the_report(report: RunReport) -> None:
    assert report_json(report)["issue_counts"]["phone_unreadable"] == 324


def test_two_equal_reports_give_the_same_text(report: RunReport) -> None:
    again = dataclasses.replace(report)
    assert json.dumps(report_json(report)) == json.dumps(report_json(again))


def test_a_broken_identity_is_false() -> None:
    line = ObjectCount("Contact", "1", 3, 0, {"created": 2})
    assert report_json(RunReport("load", "a", "s", "r", "t", objects=(line,)))["identity"] is False


def test_a_stage_cannot_overwrite_the_reports_own_keys() -> None:
    with pytest.raises(ValueError, match="identity"):
        report_json(RunReport("load", "a", "s", "r", "t", figures={"identity": True}))
