"""What did an extract read, guess and find wrong? As a report for people and as JSON for scripts."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrate.pipeline.reading_file import FILE_NAME, plain
from migrate.profiling.semantics import Semantic
from migrate.reports.mask import mask_value
from migrate.specs.secrets import mask_url
from migrate.values import Decision, Issue, RunReport, Section, Table

ISSUES_SHOWN = 1_000
"""So many issues of a code are in the report and the JSON; ``issues.jsonl`` has them all."""


@dataclass(frozen=True)
class Extracted:
    """One table that was written: its file, its rows, and how each column was read."""

    table: Table
    file: str
    rows: int
    semantics: Mapping[str, Semantic]
    decisions: Mapping[str, Decision]
    issues: Sequence[Issue]


def extract_report(written: Sequence[Extracted], place: str, files: Mapping[str, str]) -> RunReport:
    """The report of one extract: tables, guesses, columns, issues."""
    issues = [issue for one in written for issue in one.issues]
    return RunReport(
        command="extract",
        migration="",
        environment="",
        run_id="",
        title=f"What was read from {mask_url(place)}",
        issues=_capped(issues),
        issue_counts=Counter(issue.code for issue in issues),
        sections=(_tables_section(written), *_reading_sections(written)),
        files=files,
    )


def extract_json(
    report: RunReport, written: Sequence[Extracted], folder: Path, *, show_personal_data: bool
) -> dict[str, Any]:
    """The answer for scripts: tables, and issues with their row."""
    return {
        "tables": [_table_json(one, folder) for one in written],
        "issues": [
            issue_json(issue, show_personal_data=show_personal_data) for issue in report.issues
        ],
        "issue_counts": dict(report.issue_counts),
        "files": dict(report.files),
    }


def issue_json(issue: Issue, *, show_personal_data: bool = False) -> dict[str, Any]:
    """One issue as the commands that work on a single file give it: with the source's row.

    >>> issue_json(Issue("ragged_row", "warning", "short", entity="a", place="a.csv:7"))["row"]
    7
    """
    return {
        "code": issue.code,
        "severity": issue.severity,
        "entity": issue.entity,
        "column": issue.column,
        "row": row_of(issue),
        "value": issue.value if show_personal_data else mask_value(issue.value),
        "message": issue.message,
        "hint": issue.hint,
    }


_ROW = re.compile(r"(?:line|row) (\d+)$|[:!]\$?[A-Z]{0,3}\$?(\d+)$")


def row_of(issue: Issue) -> int | None:
    """The line or row of the source that an issue is about, None where it is about no single one.

    >>> row_of(Issue("x", "info", "", place="a.xlsx!Sheet!B12")), row_of(Issue("x", "info", ""))
    (12, None)
    """
    for text in (issue.record, issue.place):
        if found := _ROW.search(text):
            return int(found.group(1) or found.group(2))
    return None


def _capped(issues: Sequence[Issue]) -> tuple[Issue, ...]:
    seen: Counter[str] = Counter()
    kept = []
    for issue in issues:
        seen[issue.code] += 1
        if seen[issue.code] <= ISSUES_SHOWN:
            kept.append(issue)
    return tuple(kept)


def _tables_section(written: Sequence[Extracted]) -> Section:
    header = ("table", "rows", "columns", "file", "read from")
    rows = tuple(
        (o.table.name, f"{o.rows:,}", str(len(o.table.columns)), o.file, mask_url(o.table.origin))
        for o in written
    )
    return Section("Tables", tables=((header, *rows),))


def _reading_sections(written: Sequence[Extracted]) -> Iterator[Section]:
    rows = []
    for one in written:
        evidence = one.table.reading.get("evidence", {})
        for name, value in one.table.reading.items():
            if name in ("evidence", "columns"):
                continue
            rows.append((
                one.table.name, name, _short(value), _short(evidence.get(name, "")),
                _short(evidence.get(f"{name}_runner_up", "")),
            ))  # fmt: skip
    if rows:
        yield Section(
            "What was guessed",
            text=(f"Each can be changed in {FILE_NAME} and given back with --reading.",),
            tables=((("table", "what", "guess", "evidence", "next best"), *rows),),
        )
    columns = [
        (one.table.name, column, semantic.type, f"{semantic.share:.0%}", _decided(one, column))
        for one in written
        for column, semantic in one.semantics.items()
    ]
    if columns:
        header = ("table", "column", "looks like", "conforms", "read as")
        yield Section("Columns", tables=((header, *columns),))


def _decided(one: Extracted, column: str) -> str:
    decision = one.decisions.get(column, {})
    said = [
        f"{key} {_short(value)}"
        for key, value in decision.items()
        if key in ("clean", "order", "decimal", "scale", "serials", "nulls", "picklist") and value
    ]
    return ", ".join(said)


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_short(item)}" for key, item in list(value.items())[:6])
    if isinstance(value, (list, tuple)):
        return ", ".join(_short(item) for item in value[:8]) + ("…" if len(value) > 8 else "")
    text = repr(value)[1:-1] if isinstance(value, str) else str(value)
    return text if len(text) <= 120 else f"{text[:119]}…"


def _table_json(one: Extracted, folder: Path) -> dict[str, Any]:
    return {
        "name": one.table.name,
        "rows": one.rows,
        "columns": [
            {
                "name": column.name,
                "type": column.type if column.type != "text" else _type(one, column.name),
                "meaning": one.semantics[column.name].type,
            }
            for column in one.table.columns
        ],
        "key": list(one.table.key),
        "foreign_keys": [plain(dataclasses.asdict(key)) for key in one.table.foreign_keys],
        "origin": mask_url(one.table.origin),
        "file": str(folder / one.file),
        "reading": {**plain(one.table.reading), "columns": plain(one.decisions)},
    }


def _type(one: Extracted, column: str) -> str:
    """The type that the values have: what the column's cleaner makes of them, else text."""
    return str(one.decisions.get(column, {}).get("clean", "text"))
