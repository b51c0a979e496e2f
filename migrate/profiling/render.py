"""How is an assessment shown in a terminal, and as JSON for programs?

Values are hidden here already, one by one, unless they may be seen: nothing of a report that was
made without ``show_personal_data`` has to be hidden again.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from typing import Any

from migrate.profiling.assessment import (
    Assessment,
    ColumnProfile,
    Reference,
    TableProfile,
)
from migrate.profiling.score import FORMULA, score
from migrate.profiling.showing import Showing
from migrate.profiling.wording import key_of, meaning_of, remarks, repeats, share, untouched
from migrate.reports.mask import mask_issue, mask_value
from migrate.values import Issue, RunReport, Section


def assessment_report(
    assessment: Assessment,
    migration: str = "",
    *,
    environment: str = "",
    run_id: str = "",
    show_personal_data: bool = False,
) -> RunReport:
    """Make the report of an assessment, its values hidden unless they may be seen."""
    showing = Showing(show_personal_data)
    sections = [
        _tables(assessment),
        *(_columns(table, showing) for table in assessment.tables),
    ]
    if assessment.references:
        sections.append(_references(assessment, showing))
    if assessment.same_meanings:
        sections.append(_same_meanings(assessment))
    sections += [_volumes(table) for table in assessment.tables if table.volumes]
    if any(table.owners for table in assessment.tables):
        sections.append(_owners(assessment))
    sections.append(_reading(assessment))
    return RunReport(
        command="assess",
        migration=migration,
        environment=environment,
        run_id=run_id,
        title="What is in the legacy system",
        issues=tuple(_shown(issue, showing) for issue in assessment.issues),
        issue_counts=dict(Counter(issue.code for issue in assessment.issues)),
        sections=tuple(sections),
        figures={
            "tables": len(assessment.tables),
            "rows": sum(table.rows for table in assessment.tables),
            "columns": sum(len(table.columns) for table in assessment.tables),
            "references": len(assessment.references),
            "orphans": sum(found.orphans for found in assessment.references),
        },
    )


def _shown(issue: Issue, showing: Showing) -> Issue:
    """An issue of the assessment itself lists several values: each is hidden for itself."""
    if showing.show_personal_data:
        return issue
    value = ", ".join(mask_value(part) for part in issue.value.split(", ")) if issue.value else ""
    return dataclasses.replace(mask_issue(issue), value=value)


def _tables(assessment: Assessment) -> Section:
    header = ("table", "rows", "not placed", "source counts", "columns", "key", "repeats", "score")
    rows = []
    for table in assessment.tables:
        found = score(table, assessment.references)
        rows.append(
            (table.name, f"{table.rows:,}", f"{table.not_placed:,}", f"{table.own_count:,}",
             str(len(table.columns)), key_of(table),
             repeats(table.duplicates, table.rows) if table.rows else "",
             f"{found.total}" if found else "")
        )  # fmt: skip
    every = sum(table.rows for table in assessment.tables)
    return Section(
        "Tables",
        text=(f"{len(rows):,} tables, {every:,} rows.", FORMULA),
        tables=((header, *rows),),
    )


def _columns(table: TableProfile, showing: Showing) -> Section:
    header = ("column", "type", "means", "fits", "filled", "distinct", "length", "shapes", "values",
              "remarks")  # fmt: skip
    rows = [
        (column.name, column.type, meaning_of(column), share(column.meaning.share),
         share(column.fill_rate), f"{column.distinct:,}", _lengths(column),
         "  ".join(pattern.shape for pattern in column.patterns[:2]),
         showing.range(column) or showing.counted(column, column.top, 3),
         "; ".join(remarks(column, showing)))
        for column in table.columns
    ]  # fmt: skip
    return Section(f"Columns of {table.name}", text=tuple(_facts(table)), tables=((header, *rows),))


def _lengths(column: ColumnProfile) -> str:
    if column.min_length == column.max_length:
        return str(column.max_length)
    return f"{column.min_length}–{column.max_length}"


def _facts(table: TableProfile) -> Iterator[str]:
    for found in table.duplicates.likenesses:
        yield f"{found.rows:,} rows repeat an earlier one by: {found.method} ({', '.join(found.columns)})."
    if old := untouched(table):
        yield old
    if table.blank_rows:
        yield f"{table.blank_rows:,} rows hold nothing at all."
    if table.test_rows:
        yield f"{table.test_rows:,} rows look like trials."
    if empty := table.empty_columns:
        yield f"Empty columns: {', '.join(empty)}."


def _references(assessment: Assessment, showing: Showing) -> Section:
    header = ("from", "to", "known", "sure", "rows", "orphans", "circles", "not found")
    rows = [
        (f"{found.table}.{'+'.join(found.columns)}",
         f"{found.target_table}.{'+'.join(found.target_columns)}",
         "declared" if found.is_declared else "inferred", share(found.score), f"{found.rows:,}",
         f"{found.orphans:,}", f"{found.cycles:,}",
         ", ".join(showing.orphans(found, assessment)))
        for found in assessment.references
    ]  # fmt: skip
    return Section("References and orphans", tables=((header, *rows),))


def _same_meanings(assessment: Assessment) -> Section:
    header = ("column", "and column", "both are", "values in common", "of the smaller")
    rows = [
        (".".join(found.first), ".".join(found.second), found.meaning.replace("_", " "),
         f"{'about ' if found.is_estimated else ''}{found.shared:,}", share(found.overlap))
        for found in assessment.same_meanings
    ]  # fmt: skip
    return Section("Columns that mean the same", tables=((header, *rows),))


def _volumes(table: TableProfile) -> Section:
    rows = [(str(year), str(count)) for year, count in table.volumes]
    return Section(
        f"Rows per year of {table.name}",
        text=(f"By the column {table.volume_column}.",),
        tables=((("year", "rows"), *rows),),
        chart="bars",
    )


def _owners(assessment: Assessment) -> Section:
    header = ("table", "told by", "active", "gone", "unknown", "owned by those gone")
    rows = [
        (table.name, table.owners.column or table.owners.flag or "no column tells", str(table.owners.active),
         str(table.owners.gone), str(table.owners.unknown),
         ", ".join(f"{name} ({count:,})" for name, count in table.owners.owned_by_gone))
        for table in assessment.tables
        if table.owners
    ]  # fmt: skip
    return Section("Owners", tables=((header, *rows),))


def _reading(assessment: Assessment) -> Section:
    header = ("table", "what", "read as", "because")
    rows = [row for table in assessment.tables for row in guesses(table)]
    return Section(
        "What was guessed while reading",
        text=("Each of these can be given as an option of the source.",),
        tables=((header, *rows),),
    )


def guesses(table: TableProfile) -> Iterator[tuple[str, str, str, str]]:
    """Yield what was guessed while a table was read: table, what, the guess, and why."""
    evidence = table.reading.get("evidence", {})
    for what, value in table.reading.items():
        if what not in ("evidence", "columns"):
            second = evidence.get(f"{what}_runner_up")
            why = str(evidence.get(what, "")) + (f"; second: {second}" if second else "")
            yield table.name, what, repr(value) if what == "delimiter" else str(value), why
    for column, figure in table.control_totals.items():
        yield table.name, f"total of {column}", figure, "a totals row of the sheet"


def assessment_json(assessment: Assessment, *, show_personal_data: bool = False) -> dict[str, Any]:
    """Make the JSON of the assess command; values keep only their shape unless they may be seen."""
    showing = Showing(show_personal_data)
    return {
        "tables": [_table_json(each, assessment, showing) for each in assessment.tables],
        "references": [_reference_json(each, assessment, showing) for each in assessment.references],
        "issues": [
            {"code": i.code, "severity": i.severity, "entity": i.entity, "column": i.column,
             "row": i.record, "place": i.place, "value": i.value, "message": i.message,
             "hint": i.hint}
            for i in (_shown(issue, showing) for issue in assessment.issues)
        ],
    }  # fmt: skip


def _table_json(found: TableProfile, assessment: Assessment, showing: Showing) -> dict[str, Any]:
    owners, old, repeated = found.owners, found.staleness, found.duplicates
    scored = score(found, assessment.references)
    return {
        "name": found.name, "origin": found.origin, "rows": found.rows,
        "not_placed": found.not_placed, "own_count": found.own_count, "key": list(found.key),
        "key_is_declared": found.key_is_declared,
        "candidate_keys": list(found.candidate_keys),
        "composite_keys": [list(pair) for pair in found.composite_keys],
        "columns": [_column_json(each, found.name, assessment, showing) for each in found.columns],
        "volumes": {"column": found.volume_column,
                    "years": {str(year): count for year, count in found.volumes}},
        "duplicates": {
            "exact": repeated.exact, "but_key": repeated.but_key, "estimated": repeated.estimated,
            "methods": [{"method": each.method, "columns": list(each.columns),
                         "groups": each.groups, "rows": each.rows}
                        for each in repeated.likenesses]},
        "stale": None if old is None else {
            "column": old.column, "newest": old.newest, "years": old.years, "rows": old.stale,
            "undated": old.undated, "by_age": {str(age): count for age, count in old.by_age}},
        "owners": None if owners is None else {
            "flag": owners.flag, "active": owners.active, "gone": owners.gone,
            "unknown": owners.unknown, "owned_by_gone": dict(owners.owned_by_gone),
            "column": owners.column},
        "empty_columns": list(found.empty_columns), "blank_rows": found.blank_rows,
        "test_rows": found.test_rows,
        "score": None if scored is None else {"total": scored.total, **{
            part: round(value, 4) for part, value in dataclasses.asdict(scored).items()}},
        "reading": dict(found.reading), "control_totals": dict(found.control_totals),
    }  # fmt: skip


def _column_json(
    found: ColumnProfile, table: str, assessment: Assessment, showing: Showing
) -> dict[str, Any]:
    def pairs(values: tuple[tuple[str, int], ...]) -> list[dict[str, Any]]:
        return [{"value": showing.value(found, value, n), "count": n} for value, n in values]

    ours = (table, found.name)
    same = [
        (each.second if each.first == ours else each.first, each)
        for each in assessment.same_meanings
        if ours in (each.first, each.second)
    ]
    return {
        "name": found.name, "declared": found.declared, "type": found.type,
        "conforming": round(found.conforming, 6), "filled": found.filled,
        "fill_rate": round(found.fill_rate, 6), "distinct": found.distinct,
        "min": showing.value(found, found.minimum), "max": showing.value(found, found.maximum),
        "min_length": found.min_length, "mean_length": round(found.mean_length, 2),
        "max_length": found.max_length,
        "semantic_type": found.meaning.type, "semantic_share": found.meaning.share,
        "confidence": found.meaning.confidence, "runner_up": found.meaning.runner_up,
        "personal": found.meaning.personal,
        "patterns": [{"shape": each.shape, "count": each.count, "share": round(each.share, 6)}
                     for each in found.patterns],
        "patterns_are_sampled": found.is_sampled,
        "outliers": [{"what": each.what, "count": each.count, "rule": each.rule,
                      "examples": [showing.value(found, text) for text in each.examples]}
                     for each in found.outliers],
        "top": pairs(found.top), "sentinels": pairs(found.sentinels), "spikes": pairs(found.spikes),
        "mojibake": found.mojibake, "repair": found.repair, "last_used": found.last_used,
        "blank": found.blank, "padded": found.padded, "controls": found.controls,
        "cases": dict(found.cases), "constant": found.is_constant,
        "nearly_unique": found.is_nearly_unique,
        "same_as": [{"table": other[0], "column": other[1], "shared": each.shared,
                     "overlap": each.overlap, "estimated": each.is_estimated}
                    for other, each in same],
    }  # fmt: skip


def _reference_json(found: Reference, assessment: Assessment, showing: Showing) -> dict[str, Any]:
    return {
        "table": found.table, "columns": list(found.columns),
        "target_table": found.target_table, "target_columns": list(found.target_columns),
        "declared": found.is_declared, "rows": found.rows, "orphans": found.orphans,
        "included": round(found.included, 6), "cycles": found.cycles, "score": found.score,
        "examples": list(showing.orphans(found, assessment)),
    }  # fmt: skip
