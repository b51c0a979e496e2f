"""A run's report into its folder: JSON for machines, HTML for people, masked both."""

from __future__ import annotations

import dataclasses
import json

from migrate.reports.html import render_html
from migrate.reports.json_report import report_json
from migrate.store.runfolder import RunFolder, write_private_text
from migrate.values import RunReport


def write_report(
    run: RunFolder, report: RunReport, *, show_personal_data: bool = False
) -> RunReport:
    """Write report.json and report.html, and return the report with their places added."""
    html, machine = run.path / "report.html", run.path / "report.json"
    files = {**report.files, "report": str(html), "json": str(machine)}
    report = dataclasses.replace(report, files=files)
    content = report_json(report, show_personal_data=show_personal_data)
    write_private_text(machine, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    write_private_text(html, render_html(report, show_personal_data=show_personal_data))
    return report
