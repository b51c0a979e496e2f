"""Any file, cleaned alone: the same rows and columns, what was changed, what was refused, and back."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from migrate.errors import SourceError, UsageError
from migrate.extractors import open_source
from migrate.extractors._text import unique_names
from migrate.pipeline.clean_batches import (
    CLEAN_ROWS,
    USEFUL_PARTS,
    Cleansed,
    clean_batches,
    joined_changes,
)
from migrate.pipeline.clean_changes import (
    COLUMNS,
    Restored,
    changes_head,
    changes_path,
    undo_changes,
)
from migrate.pipeline.clean_files import Frames, IssueFile, write_changes, write_output
from migrate.pipeline.clean_plan import (
    KINDS,
    ColumnPlan,
    in_cleaning_order,
    kind_named,
    plan_columns,
)
from migrate.pipeline.clean_report import Cleaned, clean_json, clean_report
from migrate.pipeline.column_readings import ColumnSample
from migrate.pipeline.reading_file import TableReading, read_reading_file, write_reading_file
from migrate.pipeline.table_files import table_files
from migrate.reports.html import render_html
from migrate.specs.secrets import mask_url
from migrate.store.csvfile import write_csv
from migrate.store.runfolder import text_frame, write_private_text
from migrate.values import (
    BATCH_ROWS,
    SOURCE_ROW,
    UNREADABLE,
    Issue,
    Progress,
    RunReport,
    Table,
    silent,
)

_HINTS = {
    "digits_lost": "the spreadsheet rounded it: get the value from where it was exported",
    "ambiguous_date": "say which comes first: order: dmy or mdy in the reading file",
    "not_in_column_order": "two orders are mixed in this column: correct the value",
    "ambiguous_number": 'say the decimal sign: decimal: "," or "." in the reading file',
    "region_missing": "say whose numbers they are with --region",
    "typo_domain": "the part suggestion has the likely domain; correct it when you are sure",
    "unknown_country": "add it to aliases: of the column in the reading file",
    "formula_error": "the formula was broken when the file was saved: repair it there",
}


@dataclass(frozen=True)
class Request:
    """What to clean, as which kind of records, and where to.

    ``to`` is a file (CSV, or a workbook by its ending .xlsx), or a folder for several tables.
    ``processes`` work at a time on a long table.
    """

    place: str
    to: Path
    kind: str
    table: str = ""
    readings: Mapping[str, TableReading] = field(default_factory=dict)
    locale: str = ""
    region: str = ""
    overwrites: bool = False
    processes: int = 1
    show_personal_data: bool = False


def clean_place(
    request: Request, *, progress: Progress = silent
) -> tuple[RunReport, dict[str, Any]]:
    """Clean the tables of a place; the report, and the answer for scripts.

    Raises SourceError where the place cannot be read, and UsageError where it holds several tables
    and ``to`` is one file, or where ``to`` is there already or is the source itself.
    """
    kind = kind_named(request.kind)
    tables = _opened(request)
    outputs = _outputs(request, tables)
    if len(tables) > 1 or request.to.is_dir():
        request.to.mkdir(parents=True, exist_ok=True)
        beside = request.to / "cleaning"
    else:
        request.to.parent.mkdir(parents=True, exist_ok=True)
        beside = request.to
    issues_file = beside.with_name(f"{beside.name}.issues.jsonl")
    done = []
    with IssueFile(issues_file) as lines:
        for table, output in zip(tables, outputs, strict=True):
            done.append(_cleaned(table, output, kind, request, lines, progress))
    reading = beside.with_name(f"{beside.name}.reading.yaml")
    _write_reading(reading, request.place, kind, done)
    page = beside.with_name(f"{beside.name}.report.html")
    files = {
        "cleaned": ", ".join(str(output) for output in outputs),
        "changes": ", ".join(str(changes_path(output)) for output in outputs),
        "issues": str(issues_file),
        "reading": str(reading),
        "report": str(page),
    }
    shown = request.show_personal_data
    report = clean_report(done, request.place, kind, files, show_personal_data=shown)
    write_private_text(page, render_html(report, show_personal_data=shown))
    return report, clean_json(report, done, show_personal_data=shown)


def clean_asked(
    place: str, to: Path, reading: Path | None, asked: Mapping[str, Any], *,
    progress: Progress = silent,
) -> tuple[RunReport, dict[str, Any]]:  # fmt: skip
    """Clean as a command line asks for it: with the reading file read, and on two processors.

    Raises UsageError where it does not say what a row is.
    """
    if not asked["kind"]:
        raise UsageError(
            "--as is missing: what is a row of the file?",
            hint=f"add --as and one of: {', '.join(KINDS)}",
        )
    readings = read_reading_file(reading) if reading else {}
    processes = min(2, os.cpu_count() or 1)
    request = Request(place, to, readings=readings, processes=processes, **asked)
    return clean_place(request, progress=progress)


def undo_cleaning(
    cleaned: Path, target: Path, *, overwrites: bool = False
) -> tuple[RunReport, dict[str, Any]]:
    """Write a cleaned file as it was before; the report, and the answer for scripts."""
    done: Restored = undo_changes(cleaned, target, overwrites=overwrites)
    report = RunReport(
        command="clean", migration="", environment="", run_id="",
        title=f"{cleaned.name} as it was before cleaning: {done.values:,} values put back",
        issues=done.issues,
        figures={"rows": done.rows, "restored": done.values},
        files={"restored": str(target)},
    )  # fmt: skip
    answer = {
        "rows": done.rows,
        "restored": done.values,
        "columns_removed": list(done.columns_removed),
        "kept": len(done.issues),
        "files": dict(report.files),
    }
    return report, answer


def _opened(request: Request) -> list[Table]:
    arguments: dict[str, Any] = {}
    if request.readings:
        arguments["tables"] = {name: dict(said.options) for name, said in request.readings.items()}
    if request.table:
        arguments["only"] = [request.table]
        if request.readings:
            own = arguments["tables"]
            arguments["tables"] = {n: said for n, said in own.items() if n == request.table}
    tables = open_source(request.place, **arguments)
    if not tables:
        raise SourceError(
            "holds no table", hint="name a file with rows and a header", where=request.place
        )
    return tables


def _outputs(request: Request, tables: Sequence[Table]) -> list[Path]:
    """Where each table goes. Nothing that is there is written over unasked, the source never."""
    to = request.to
    is_folder = to.is_dir() or (len(tables) > 1 and not to.suffix)
    if len(tables) > 1 and not is_folder:
        raise UsageError(
            f"there are {len(tables)} tables: {', '.join(table.name for table in tables)}",
            hint="choose one with --table, or name a folder after --to",
            where=request.place,
        )
    outputs = (
        [to / file for file in table_files([t.name for t in tables]).values()]
        if is_folder
        else [to]
    )
    source = Path(request.place)
    for output in outputs:
        if source.exists() and output.exists() and output.samefile(source):
            raise UsageError(
                "is the source itself, which is never written over",
                hint="name another file after --to", where=str(output),
            )  # fmt: skip
        if output.exists() and not request.overwrites:
            raise UsageError(
                "is there already", hint="name another file after --to, or add --force",
                where=str(output),
            )  # fmt: skip
    return outputs


def _cleaned(
    table: Table, output: Path, kind: str, request: Request, lines: IssueFile, progress: Progress
) -> Cleaned:
    """Read the table once, decide, clean it batch by batch, and write what came out."""
    given = request.readings.get(table.name, TableReading()).columns
    with tempfile.TemporaryDirectory(
        prefix=".cleaning-", dir=output.parent, ignore_cleanup_errors=True
    ) as folder:
        raw, made = Path(folder) / "raw.parquet", Path(folder) / "made.parquet"
        samples = _read(table, raw, progress)
        plans = plan_columns(
            samples,
            kind,
            locale=request.locale,
            region=request.region,
            given=given,
            reading=table.reading,
        )
        done = Cleaned(table, output.name, plans)
        for issue in (*table.issues(), *_unknown_columns(table, given)):
            _note(done, lines, issue)
        parts = _part_names(table, plans)
        record = changes_path(output)
        pieces = _pieces(raw, made, done, parts, request.processes, lines, progress)
        body = Path(folder) / "changes.csv"
        write_csv(body, pieces, COLUMNS)
        used = [name for name in parts.values() if name in done.added]
        done.added = tuple(used)
        write_output(output, made, [*table.column_names, *used])
        write_changes(record, body, changes_head(done.rows, used))
        _count_again(table, done, lines)
        _note_nulls(table, done, lines)
    return done


def _read(table: Table, raw: Path, progress: Progress) -> dict[str, ColumnSample]:
    """Keep the table's rows as they are read, and look at the values of each column."""
    samples = {name: ColumnSample() for name in table.column_names}
    rows = 0
    with Frames(raw, [SOURCE_ROW, *table.column_names]) as out:
        for batch in table.batches(BATCH_ROWS):
            for name, sample in samples.items():
                sample.add(batch[name])
            out.write(batch)
            rows += len(batch)
            progress(f"reading {table.name}", rows, 0)
    return samples


def _pieces(
    raw: Path, made: Path, done: Cleaned, parts: Mapping[tuple[str, str], str], processes: int,
    lines: IssueFile, progress: Progress,
) -> Iterator[pd.DataFrame]:  # fmt: skip
    """Clean the kept rows; the cleaned ones go to ``made``, their changes are yielded."""
    table, plans = done.table, in_cleaning_order(done.plans)
    names = list(table.column_names)
    added: set[str] = set()
    total = pq.read_metadata(raw).num_rows
    with Frames(made, [*names, *parts.values()]) as out:
        for batch, work in clean_batches(_kept(raw), plans, processes=processes):
            made_batch = batch[names].copy()
            ordered = {name: work[name] for name in names if name in work}
            for name, cleansed in ordered.items():
                made_batch[name] = cleansed.values.array
                for part, values in cleansed.parts.items():
                    column = parts.get((name, part))
                    if column is None:
                        continue  # the table says it in a column of its own
                    made_batch[column] = values.array
                    added.add(column)
                _count(done, name, cleansed)
                _refused(done, batch, name, cleansed, lines)
            for column in parts.values():
                if column not in made_batch:
                    made_batch[column] = None
            out.write(made_batch)
            changes = joined_changes(batch, ordered, first=done.rows + 1)
            done.rows += len(batch)
            progress(f"cleaning {table.name}", done.rows, total)
            yield changes.astype("str")
    done.added = tuple(sorted(added))


def _kept(raw: Path) -> Iterator[pd.DataFrame]:
    with pq.ParquetFile(raw) as stored:
        for part in stored.iter_batches(batch_size=CLEAN_ROWS):
            yield text_frame(pa.Table.from_batches([part]))


def _count(done: Cleaned, name: str, cleansed: Cleansed) -> None:
    for rule, count in cleansed.counts.items():
        done.changed[rule, name] = done.changed.get((rule, name), 0) + count
    done.examples.add(name, cleansed.pairs)


def _refused(
    done: Cleaned, batch: pd.DataFrame, name: str, cleansed: Cleansed, lines: IssueFile
) -> None:
    """An issue for each value that could not be read, and each that looks wrong."""
    refused = cleansed.refused
    if refused.empty:
        return
    cleaner = next(plan.cleaner for plan in done.plans if plan.name == name)
    rows = batch[SOURCE_ROW].to_numpy()[refused["row"].to_numpy()].tolist()
    for row, rule, value, status in zip(
        rows, refused["rule"], refused["value"], refused["status"], strict=True
    ):
        is_error = status == UNREADABLE
        done.refused[name] += is_error
        _note(done, lines, Issue(
            code=str(rule), severity="error" if is_error else "warning", entity=done.table.name,
            column=name, record=f"row {row}", place=done.table.origin, value=str(value),
            message=f"cannot be read as {cleaner}: it was written as the source has it"
            if is_error else f"looks wrong for {cleaner}: look at it",
            hint=_HINTS.get(
                str(rule), f"correct the source, or the decision about {name} in the reading file"
            ),
        ))  # fmt: skip


def _note(done: Cleaned, lines: IssueFile, issue: Issue) -> None:
    done.note(issue)
    lines.write(issue)


def _unknown_columns(table: Table, given: Mapping[str, Any]) -> Iterator[Issue]:
    for column in given:
        if column not in table.column_names:
            yield Issue(
                code="unknown_column", severity="warning", entity=table.name, column=column,
                message="the reading decides about a column that is not there",
                hint=f"the table has: {', '.join(table.column_names)}",
            )  # fmt: skip


def _count_again(table: Table, done: Cleaned, lines: IssueFile) -> None:
    counted = table.count()
    lost = sum(issue.code == "row_not_placed" for issue in table.issues())
    if done.rows + lost != counted:
        _note(done, lines, Issue(
            code="count_differs", severity="error", entity=table.name, place=table.origin,
            message=f"{done.rows} rows were read and {lost} could not be placed,"
            f" but the source itself counts {counted}",
            hint="do not use the cleaned file before this is explained",
        ))  # fmt: skip


def _note_nulls(table: Table, done: Cleaned, lines: IssueFile) -> None:
    """One line a column where texts that mean nothing were emptied: a person may want them back."""
    for plan in done.plans:
        count = done.changed.get(("null_spelling", plan.name), 0)
        if count:
            listed = plan.decision.get("nulls") or {}
            shown = ", ".join(repr(str(text)) for text in list(listed)[:5])
            _note(done, lines, Issue(
                code="null_spelling", severity="info", entity=table.name, column=plan.name,
                message=f"{count} values that mean nothing were emptied ({shown})",
                hint="take the spelling out of nulls: in the reading file to keep it",
            ))  # fmt: skip


def _part_names(table: Table, plans: Sequence[ColumnPlan]) -> dict[tuple[str, str], str]:
    """(column, part) -> the name of the column that would be added for it."""
    has_own_names = {plan.semantic.type for plan in plans} >= {"first_name", "last_name"}
    wanted = [
        (plan.name, part)
        for plan in plans
        for part in USEFUL_PARTS.get(plan.cleaner, ())
        if not (plan.cleaner == "person_name" and has_own_names)
    ]
    taken = list(table.column_names)
    names = unique_names([*taken, *(f"{column}_{part}" for column, part in wanted)])
    return dict(zip(wanted, names[len(taken) :], strict=True))


def _write_reading(path: Path, place: str, kind: str, done: Sequence[Cleaned]) -> None:
    columns = {
        one.table.name: {
            plan.name: {
                "clean": plan.cleaner,
                **({"companions": dict(plan.companions)} if plan.companions else {}),
                **{key: value for key, value in plan.decision.items() if key != "clean"},
            }
            for plan in one.plans
        }
        for one in done
    }
    tables = [one.table for one in done]
    files = {one.table.name: one.file for one in done}
    again = f"clean {mask_url(place)} --as {kind} --to OUT"
    write_reading_file(path, place, tables, columns, files, command=again)
