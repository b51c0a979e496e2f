"""Any source into plain files: each table as UTF-8 CSV, what was guessed, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from migrate.errors import UsageError
from migrate.extractors import open_source
from migrate.pipeline.column_readings import ColumnSample, decide_column, meaning, means_nothing
from migrate.pipeline.extract_report import Extracted, extract_report
from migrate.pipeline.reading_file import FILE_NAME, TableReading, write_reading_file
from migrate.pipeline.table_files import table_files
from migrate.reports.html import render_html
from migrate.reports.issues import write_issues
from migrate.store.csvfile import write_csv
from migrate.store.runfolder import write_private_text
from migrate.transform.fields import clean_column
from migrate.values import (
    SOURCE_ROW,
    UNREADABLE,
    Cleaned,
    Decision,
    Issue,
    Progress,
    RunReport,
    Table,
    silent,
)


@dataclass(frozen=True)
class Request:
    """What to extract, and how.

    ``readings`` are what a person edited in a reading file; ``options`` go to the extractor for
    every table. ``is_typed`` writes dates as ISO 8601, numbers with a decimal point, yes and no as
    true and false and null spellings as nothing; without it every value stays as the source has it.
    ``with_rows`` adds the line or row number of the source as the first column.
    """

    place: str
    folder: Path
    only: Sequence[str] = ()
    readings: Mapping[str, TableReading] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    locale: str = ""
    region: str = ""
    is_typed: bool = False
    with_rows: bool = False
    overwrites: bool = False


def extract_place(
    request: Request, *, progress: Progress = silent
) -> tuple[RunReport, list[Extracted]]:
    """Write every table of a place into a folder; the report, and what was written.

    Raises SourceError where the place cannot be read, UsageError where the folder holds files.
    """
    folder = request.folder
    _require_free(folder, overwrites=request.overwrites)
    tables = _opened(request)
    folder.mkdir(parents=True, exist_ok=True)
    files = table_files([table.name for table in tables])
    written = [_written(table, files[table.name], request, progress) for table in tables]
    reading = folder / FILE_NAME
    write_reading_file(
        reading,
        request.place,
        [one.table for one in written],
        {one.table.name: one.decisions for one in written},
        {one.table.name: one.file for one in written},
    )
    found = write_issues(folder, (issue for one in written for issue in one.issues))
    page = folder / "report.html"
    listed = {"reading": str(reading), **found, "report": str(page)}
    report = extract_report(written, request.place, listed)
    write_private_text(page, render_html(report))
    return report, written


def _require_free(folder: Path, *, overwrites: bool) -> None:
    if folder.is_file():
        raise UsageError(
            "is a file; the tables go into a folder",
            hint="name a folder after --to",
            where=str(folder),
        )
    if not folder.is_dir() or overwrites:
        return
    there = sorted(entry.name for entry in folder.iterdir())
    if there:
        raise UsageError(
            f"the folder is not empty ({', '.join(there[:3])}{', …' if len(there) > 3 else ''})",
            hint="name another folder after --to, or write over its tables with --force",
            where=str(folder),
        )


def _opened(request: Request) -> list[Table]:
    arguments: dict[str, Any] = dict(request.options)
    if request.readings:
        arguments["tables"] = {name: dict(said.options) for name, said in request.readings.items()}
        arguments["only"] = list(request.readings)
    if request.only:
        arguments["only"] = list(request.only)
        if request.readings:
            arguments["tables"] = {
                name: own for name, own in arguments["tables"].items() if name in request.only
            }
    return open_source(request.place, **arguments)


def _written(table: Table, file: str, request: Request, progress: Progress) -> Extracted:
    """Write one table, and decide about its columns from what passes by."""
    names = list(table.column_names)
    samples = {name: ColumnSample() for name in names}
    path = request.folder / file
    rows = 0

    def watched() -> Iterator[pd.DataFrame]:
        nonlocal rows
        for batch in table.batches():
            for column in names:
                samples[column].add(batch[column])
            rows += len(batch)
            progress(f"reading {table.name}", rows, 0)
            yield batch

    write_csv(path, watched(), names, with_rows=request.with_rows)
    given = request.readings.get(table.name, TableReading()).columns
    semantics = {column: meaning(column, samples[column], request.region) for column in names}
    decisions = {
        column: decision
        for column in names
        if (
            decision := decide_column(
                samples[column],
                semantics[column],
                column=column,
                reading=table.reading,
                locale=request.locale,
                region=request.region,
                given=given.get(column),
            )
        )
    }
    issues = [*table.issues(), *_unknown_columns(table, given)]
    if request.is_typed:
        write_csv(
            path, _typed(table, names, decisions, issues, progress), names,
            with_rows=request.with_rows,
        )  # fmt: skip
    counted = table.count()
    lost = sum(issue.code == "row_not_placed" for issue in table.issues())
    if rows + lost != counted:
        issues.append(Issue(
            code="count_differs", severity="error", entity=table.name, place=table.origin,
            message=f"{rows} rows were read and {lost} could not be placed,"
            f" but the source itself counts {counted}",
            hint="do not migrate before this is explained",
        ))  # fmt: skip
    return Extracted(table, file, rows, semantics, decisions, issues)


def _unknown_columns(table: Table, given: Mapping[str, Decision]) -> Iterator[Issue]:
    for column in given:
        if column not in table.column_names:
            yield Issue(
                code="unknown_column", severity="warning", entity=table.name, column=column,
                place=FILE_NAME, message="the reading decides about a column that is not there",
                hint=f"the table has: {', '.join(table.column_names)}",
            )  # fmt: skip


def _typed(
    table: Table,
    names: Sequence[str],
    decisions: Mapping[str, Decision],
    issues: list[Issue],
    progress: Progress,
) -> Iterator[pd.DataFrame]:
    rows = 0
    for batch in table.batches():
        made = batch.copy()
        for column in names:
            decision = decisions.get(column, {})
            values = batch[column]
            if cleaner := decision.get("clean"):
                cleaned = clean_column(str(cleaner), values, decision)
                is_null = means_nothing(values, cleaned.status, decision)
                values = cleaned.columns["value"].mask(is_null)
                issues += _refused(table, batch, column, str(cleaner), cleaned, is_null)
            elif nulls := decision.get("nulls"):
                values = values.mask(values.isin([str(text) for text in nulls]))
            made[column] = values
        rows += len(batch)
        progress(f"typing {table.name}", rows, 0)
        yield made


def _refused(
    table: Table, batch: pd.DataFrame, column: str, cleaner: str, cleaned: Cleaned,
    is_null: pd.Series,
) -> Iterator[Issue]:  # fmt: skip
    refused = (cleaned.status == UNREADABLE) & ~is_null
    rows, texts, rules = batch[SOURCE_ROW][refused], batch[column][refused], cleaned.rule[refused]
    for row, text, rule in zip(rows, texts, rules, strict=True):
        yield Issue(
            code="value_unreadable", severity="warning", entity=table.name, column=column,
            record=f"row {row}", place=table.origin, value=str(text),
            message=f"cannot be read as {cleaner} ({rule}); it was written as the source has it",
            hint=f"correct the source, or the decision about {column} in {FILE_NAME}",
        )  # fmt: skip
