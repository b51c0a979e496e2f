"""How is an assessment shown: as a report for people, and as JSON for programs?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from migrate.profiling.assessment import Assessment, ColumnProfile, Reference, TableProfile
from migrate.reports.mask import mask_issue, mask_value
from migrate.values import RunReport, Section

_VALUES = ("smallest", "largest", "most frequent", "placeholders")
_EXAMPLES = "not found"


def assessment_report(
    assessment: Assessment, migration: str = "", *, environment: str = "", run_id: str = ""
) -> RunReport:
    """Make the report of an assessment; the columns that hold values are declared private."""
    sections = [_tables(assessment), *(_columns(table) for table in assessment.tables)]
    if assessment.references:
        sections.append(_references(assessment))
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
        issues=assessment.issues,
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


def _tables(assessment: Assessment) -> Section:
    header = ("table", "rows", "not placed", "source counts", "columns", "key", "from")
    rows = [
        (table.name, str(table.rows), str(table.not_placed), str(table.own_count),
         str(len(table.columns)), _key(table), table.origin)
        for table in assessment.tables
    ]  # fmt: skip
    return Section(
        "Tables",
        text=(f"{len(rows)} tables, {sum(t.rows for t in assessment.tables)} rows.",),
        tables=((header, *rows),),
    )


def _key(table: TableProfile) -> str:
    if not table.key:
        return "none"
    return ", ".join(table.key) + ("" if table.key_is_declared else " (found)")


def _columns(table: TableProfile) -> Section:
    header = ("column", "type", "fits", "filled", "distinct", "longest", *_VALUES)
    rows = [
        (column.name, column.type, _share(column.conforming), _share(column.fill_rate),
         str(column.distinct), str(column.max_length), column.minimum, column.maximum,
         _counted(column.top[:3]), _counted(column.sentinels))
        for column in table.columns
    ]  # fmt: skip
    return Section(f"Columns of {table.name}", tables=((header, *rows),), private=_VALUES)


def _counted(values: tuple[tuple[str, int], ...]) -> str:
    return ", ".join(f"{value} ({count})" for value, count in values)


def _share(share: float) -> str:
    """Write a share as a percentage that says 100 % only where it is whole.

    >>> _share(1.0), _share(0.99996), _share(0.5)
    ('100 %', '99.9 %', '50 %')
    """
    if 0.999 < share < 1:
        return "99.9 %"
    return f"{share:.1%}".replace(".0%", "%").replace("%", " %")


def _references(assessment: Assessment) -> Section:
    header = ("from", "to", "known", "rows", "orphans", "circles", _EXAMPLES)
    rows = [
        (f"{found.table}.{'+'.join(found.columns)}",
         f"{found.target_table}.{'+'.join(found.target_columns)}",
         "declared" if found.is_declared else "inferred", str(found.rows), str(found.orphans),
         str(found.cycles), ", ".join(found.examples))
        for found in assessment.references
    ]  # fmt: skip
    return Section("References and orphans", tables=((header, *rows),), private=(_EXAMPLES,))


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
        (table.name, table.owners.flag or "no column tells", str(table.owners.active),
         str(table.owners.gone), str(table.owners.unknown), _counted(table.owners.owned_by_gone))
        for table in assessment.tables
        if table.owners
    ]  # fmt: skip
    return Section("Owners", tables=((header, *rows),))


def _reading(assessment: Assessment) -> Section:
    header = ("table", "what", "read as", "because")
    rows = [row for table in assessment.tables for row in _guesses(table)]
    return Section(
        "What was guessed while reading",
        text=("Each of these can be given as an option of the source.",),
        tables=((header, *rows),),
    )


def _guesses(table: TableProfile) -> Iterator[tuple[str, str, str, str]]:
    evidence = table.reading.get("evidence", {})
    for what, value in table.reading.items():
        if what != "evidence":
            second = evidence.get(f"{what}_runner_up")
            why = str(evidence.get(what, "")) + (f"; second: {second}" if second else "")
            yield table.name, what, repr(value) if what == "delimiter" else str(value), why
    for column, figure in table.control_totals.items():
        yield table.name, f"total of {column}", figure, "a totals row of the sheet"


def assessment_json(assessment: Assessment, *, show_personal_data: bool = False) -> dict[str, Any]:
    """Make the JSON of the assess command; values keep only their shape unless asked for."""
    issues = assessment.issues if show_personal_data else map(mask_issue, assessment.issues)

    def shown(value: str) -> str:
        return value if show_personal_data else mask_value(value)

    def pairs(values: tuple[tuple[str, int], ...]) -> list[dict[str, Any]]:
        return [{"value": shown(value), "count": count} for value, count in values]

    def column(found: ColumnProfile) -> dict[str, Any]:
        return {
            "name": found.name, "declared": found.declared, "type": found.type,
            "conforming": round(found.conforming, 6), "filled": found.filled,
            "fill_rate": round(found.fill_rate, 6), "distinct": found.distinct,
            "min": shown(found.minimum), "max": shown(found.maximum),
            "max_length": found.max_length, "top": pairs(found.top),
            "sentinels": pairs(found.sentinels), "mojibake": found.mojibake,
        }  # fmt: skip

    def table(found: TableProfile) -> dict[str, Any]:
        owners = found.owners
        return {
            "name": found.name, "origin": found.origin, "rows": found.rows,
            "not_placed": found.not_placed, "own_count": found.own_count, "key": list(found.key),
            "key_is_declared": found.key_is_declared,
            "candidate_keys": list(found.candidate_keys),
            "columns": [column(each) for each in found.columns],
            "volumes": {"column": found.volume_column,
                        "years": {str(year): count for year, count in found.volumes}},
            "owners": None if owners is None else {
                "flag": owners.flag, "active": owners.active, "gone": owners.gone,
                "unknown": owners.unknown, "owned_by_gone": dict(owners.owned_by_gone)},
            "reading": dict(found.reading), "control_totals": dict(found.control_totals),
        }  # fmt: skip

    def reference(found: Reference) -> dict[str, Any]:
        return {
            "table": found.table, "columns": list(found.columns),
            "target_table": found.target_table, "target_columns": list(found.target_columns),
            "declared": found.is_declared, "rows": found.rows, "orphans": found.orphans,
            "included": round(found.included, 6), "cycles": found.cycles,
            "examples": [shown(value) for value in found.examples],
        }  # fmt: skip

    return {
        "tables": [table(each) for each in assessment.tables],
        "references": [reference(each) for each in assessment.references],
        "issues": [
            {"code": i.code, "severity": i.severity, "entity": i.entity, "column": i.column,
             "row": i.record, "place": i.place, "value": i.value, "message": i.message,
             "hint": i.hint}
            for i in issues
        ],
    }  # fmt: skip
