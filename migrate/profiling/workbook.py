"""Which sheets does a consultant filter and sort the assessment on?"""

from __future__ import annotations

from collections.abc import Iterator

from migrate.profiling.assessment import Assessment
from migrate.profiling.score import FORMULA, score
from migrate.profiling.showing import Showing
from migrate.profiling.wording import key_of, meaning_of, remarks, share
from migrate.reports.mask import mask_issue, mask_value
from migrate.reports.sheets import MAX_ROWS, Sheet, SheetColumn

_LONGEST = 2_000


def assessment_sheets(
    assessment: Assessment, *, title: str = "", show_personal_data: bool = False
) -> list[Sheet]:
    """Make the sheets: Summary, Tables, Columns, Values, References, Same meaning, Issues."""
    showing = Showing(show_personal_data)
    masked = "" if show_personal_data else "Values that may be personal data are masked."
    return [
        _sheet("Summary", (("what", 44), ("figure", 24)), _summary(assessment), note=title),
        _sheet(
            "Tables",
            (("table", 28), ("rows", 12), ("not placed", 12), ("source counts", 14), ("columns", 10),
             ("empty columns", 14), ("key", 28), ("exact repeats", 14), ("likely repeats", 14),
             ("not touched for years", 18), ("first year", 10), ("last year", 10), ("score", 8),
             ("from", 40)),
            _tables(assessment), note=FORMULA,
        ),
        _sheet(
            "Columns",
            (("table", 24), ("column", 28), ("type", 10), ("holds", 22), ("sure", 8), ("fits", 9),
             ("personal data", 14), ("filled", 12), ("filled share", 12), ("distinct", 12),
             ("shortest", 9), ("longest", 9), ("smallest", 20), ("largest", 20), ("shapes", 44),
             ("last used", 12), ("remarks", 60)),
            _columns(assessment, showing), note=masked,
        ),
        _sheet(
            "Values", (("table", 24), ("column", 28), ("value", 44), ("count", 12), ("what", 22)),
            _values(assessment, showing), note=masked,
        ),
        _sheet(
            "References",
            (("table", 24), ("columns", 24), ("to table", 24), ("to columns", 24), ("known", 10),
             ("sure", 8), ("rows", 12), ("orphans", 12), ("circles", 10), ("not found", 40)),
            _references(assessment, showing), note=masked,
        ),
        _sheet(
            "Same meaning",
            (("table", 24), ("column", 28), ("other table", 24), ("other column", 28), ("both hold", 18),
             ("values in common", 16), ("of the smaller", 14), ("estimated", 10)),
            _same(assessment),
        ),
        _sheet(
            "Issues",
            (("severity", 10), ("code", 24), ("table", 24), ("column", 26), ("row", 14), ("place", 36),
             ("message", 64), ("value", 30), ("what to do", 54)),
            _issues(assessment, showing), note=masked,
        ),
    ]  # fmt: skip


def _sheet(
    name: str, columns: tuple[tuple[str, int], ...], rows: Iterator[tuple[str, ...]], note: str = ""
) -> Sheet:
    cut = (tuple(cell[:_LONGEST] for cell in row) for row in rows)
    most = MAX_ROWS - 3
    limited = (row for number, row in enumerate(cut) if number < most)
    return Sheet(name, [SheetColumn(title, width) for title, width in columns], limited, note)


def _summary(assessment: Assessment) -> Iterator[tuple[str, ...]]:
    columns = [column for table in assessment.tables for column in table.columns]
    yield "tables", str(len(assessment.tables))
    yield "rows", str(sum(table.rows for table in assessment.tables))
    yield "rows that could not be placed", str(sum(t.not_placed for t in assessment.tables))
    yield "columns", str(len(columns))
    yield "columns never filled", str(sum(not column.filled for column in columns))
    yield "columns with personal data", str(sum(bool(c.meaning.personal) for c in columns))
    yield "rows that exactly repeat others", str(sum(t.duplicates.exact for t in assessment.tables))
    yield (
        "rows that likely repeat others",
        str(sum(t.duplicates.estimated for t in assessment.tables)),
    )
    yield "references", str(len(assessment.references))
    yield "orphans", str(sum(found.orphans for found in assessment.references))
    for severity in ("error", "warning", "info"):
        count = sum(issue.severity == severity for issue in assessment.issues)
        yield f"findings: {severity}", str(count)


def _tables(assessment: Assessment) -> Iterator[tuple[str, ...]]:
    for table in assessment.tables:
        scored = score(table, assessment.references)
        years = [year for year, _ in table.volumes]
        yield (
            table.name, str(table.rows), str(table.not_placed), str(table.own_count),
            str(len(table.columns)), str(len(table.empty_columns)), key_of(table),
            str(table.duplicates.exact), str(table.duplicates.estimated),
            str(table.staleness.stale) if table.staleness else "",
            str(years[0]) if years else "", str(years[-1]) if years else "",
            str(scored.total) if scored else "", table.origin,
        )  # fmt: skip


def _columns(assessment: Assessment, showing: Showing) -> Iterator[tuple[str, ...]]:
    for table in assessment.tables:
        for column in table.columns:
            yield (
                table.name, column.name, column.type, meaning_of(column),
                share(column.meaning.confidence) if column.filled else "",
                share(column.meaning.share) if column.filled else "", column.meaning.personal,
                str(column.filled), share(column.fill_rate), str(column.distinct),
                str(column.min_length), str(column.max_length),
                showing.value(column, column.minimum), showing.value(column, column.maximum),
                "\n".join(f"{each.shape}  {share(each.share)}" for each in column.patterns),
                column.last_used, "; ".join(remarks(column, showing)),
            )  # fmt: skip


def _values(assessment: Assessment, showing: Showing) -> Iterator[tuple[str, ...]]:
    for table in assessment.tables:
        for column in table.columns:
            told = (
                ("most frequent", column.top), ("stands for nothing", column.sentinels),
                ("suspiciously frequent", column.spikes),
            )  # fmt: skip
            for what, values in told:
                for text, count in values:
                    if count > 1 or what != "most frequent":
                        shown = showing.value(column, text, count)
                        yield table.name, column.name, shown, str(count), what
            for found in column.outliers:
                for text in found.examples:
                    shown = showing.value(column, text)
                    yield table.name, column.name, shown, "", f"far from others ({found.what})"


def _references(assessment: Assessment, showing: Showing) -> Iterator[tuple[str, ...]]:
    for found in assessment.references:
        examples = showing.orphans(found, assessment)
        yield (
            found.table, ", ".join(found.columns), found.target_table,
            ", ".join(found.target_columns), "declared" if found.is_declared else "inferred",
            share(found.score), str(found.rows), str(found.orphans), str(found.cycles),
            ", ".join(examples),
        )  # fmt: skip


def _same(assessment: Assessment) -> Iterator[tuple[str, ...]]:
    for found in assessment.same_meanings:
        yield (
            *found.first, *found.second, found.meaning.replace("_", " "), str(found.shared),
            share(found.overlap), "yes" if found.is_estimated else "no",
        )  # fmt: skip


def _issues(assessment: Assessment, showing: Showing) -> Iterator[tuple[str, ...]]:
    for issue in assessment.issues:
        value = issue.value
        if not showing.show_personal_data:
            issue = mask_issue(issue)
            value = ", ".join(mask_value(part) for part in value.split(", ")) if value else ""
        yield (
            issue.severity, issue.code, issue.entity, issue.column, issue.record, issue.place,
            issue.message, value, issue.hint,
        )  # fmt: skip
