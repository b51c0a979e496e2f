"""What does a script read after a run? One report as plain JSON values.

The shape is public: keys are added, never renamed or removed.
"""

from __future__ import annotations

from typing import Any

from migrate.reports.mask import mask_report
from migrate.reports.summary import count_of, issue_kinds
from migrate.values import DISPOSITIONS, ISSUE_FIELDS, Issue, ObjectCount, RunReport, Section

RESERVED_KEYS = (
    "command", "migration", "environment", "run_id", "title", "verdict", "objects", "identity",
    "issues", "issue_counts", "sections", "files",
)  # fmt: skip


def report_json(report: RunReport, *, show_personal_data: bool = False) -> dict[str, Any]:
    """Return the report as JSON values, in an order that two equal runs share.

    >>> line = ObjectCount("Contact", "1", 3, 0, {"created": 2, "quarantined": 1})
    >>> answer = report_json(RunReport("load", "acme", "sandbox", "r1", "Load", objects=(line,)))
    >>> answer["identity"], answer["objects"][0]["extracted"], answer["objects"][0]["created"]
    (True, 3, 2)
    """
    if not show_personal_data:
        report = mask_report(report)
    if clash := sorted(set(report.figures) & set(RESERVED_KEYS)):
        raise ValueError(f"figures must not be called {', '.join(clash)}: the report has its own")
    answer: dict[str, Any] = {
        "command": report.command,
        "migration": report.migration,
        "environment": report.environment,
        "run_id": report.run_id,
        "title": report.title,
        "verdict": report.verdict,
        "objects": [_object(line) for line in report.objects],
        "identity": report.identity_holds,
        "issues": [_issue(issue) for issue in report.issues],
        "issue_counts": {kind.code: kind.count for kind in issue_kinds(report)},
        "sections": [_section(section) for section in report.sections],
        "files": dict(report.files),
    }
    answer.update(report.figures)
    return answer


def _object(line: ObjectCount) -> dict[str, Any]:
    return {
        "object": line.object,
        "wave": line.wave,
        "extracted": line.extracted,
        "rows": line.rows,
        "splits": line.splits,
        **{disposition: count_of(line, disposition) for disposition in DISPOSITIONS},
        "incomplete": line.incomplete,
    }


def _issue(issue: Issue) -> dict[str, str]:
    return {name: getattr(issue, name) for name in ISSUE_FIELDS}


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "status": section.status,
        "text": list(section.text),
        "tables": [
            {"columns": list(table[0]), "rows": [list(row) for row in table[1:]]}
            for table in section.tables
            if table
        ],
    }
