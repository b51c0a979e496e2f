"""Check the mapping against the values themselves: the quick check's problems, and what rows show.

``check`` reads headers; this reads every row, cleans it and maps it as the plan would, and tells
everything at once, each problem with the line of the mapping.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from migrate.cleaners import COMPANIONS, OPTIONS, PARTS
from migrate.mapping.checking.columns import (
    Extracted,
    check_columns,
    check_parents,
    check_passed_over,
)
from migrate.mapping.checking.values import Found, check_values
from migrate.mapping.uses import column_uses
from migrate.pipeline.checking import Looked, check_exit_code, count_codes, look
from migrate.pipeline.dry_rows import DryRows, dry_rows
from migrate.pipeline.extracting import key_columns, table_spec
from migrate.pipeline.setup import Setup, read_setup
from migrate.specs.mapping import MappingSpec
from migrate.specs.plan import CleanerKeys
from migrate.specs.project import Project
from migrate.values import Issue, Progress, RunReport, Section, TargetSchema, silent

_ORDER = {"error": 0, "warning": 1, "info": 2}


def check_mapping(folder: Path, environment: str = "", *, progress: Progress = silent) -> RunReport:
    """Every problem of the mapping: those of files, headers and schema, and those of the values.

    ``figures`` has how many of each there are: ``quick`` is what ``check`` says. Raises SourceError
    where a table cannot be read to its end.
    """
    setup, issues = read_setup(folder, environment)
    name = setup.project.name if setup else ""
    quick = list(issues)
    found: Found | None = None
    measured: list[Issue] = []
    able: MappingSpec | None = None
    if setup is not None:
        looked = look(setup)
        quick += looked.issues
        if looked.schema is not None:
            found, measured, able = _measured(setup, looked, looked.schema, quick, progress)
    every = sorted(dict.fromkeys([*quick, *measured]), key=lambda issue: _ORDER[issue.severity])
    counts = {s: sum(i.severity == s for i in every) for s in ("error", "warning", "info")}
    left = _left_out(setup, able) if setup and able else ()
    text = f"{counts['error']} errors, {counts['warning']} warnings, {counts['info']} notes."
    sections = [Section("Mapping check", (text, *left))]
    if found and found.homeless:
        sections.append(_homeless(found))
    return RunReport(
        command="map check", migration=name, environment=setup.environment.name if setup else "",
        run_id="", title=f"Check of the mapping of {name or folder}", issues=tuple(every),
        issue_counts=count_codes(every), sections=tuple(sections),
        figures={"errors": counts["error"], "warnings": counts["warning"], "quick": len(quick),
                 "measured": len(measured), "not_measured": list(left)},
        verdict="not met" if counts["error"] else "met",
    )  # fmt: skip


def map_check_exit_code(report: RunReport) -> int:
    """That of ``check`` where the plan cannot be made; 1 where only values would be refused."""
    quick = [i for i in report.issues if i.severity == "error" and i.code not in _OF_VALUES]
    if quick:
        return check_exit_code(dataclasses.replace(report, issues=tuple(quick)))
    return 1 if any(issue.severity == "error" for issue in report.issues) else 0


_OF_VALUES = frozenset(
    ("rows_refused", "values_not_read", "values_without_home", "values_too_long",
     "numbers_too_large", "required_field_empty", "parents_not_found")
)  # fmt: skip


def _measured(
    setup: Setup, looked: Looked, schema: TargetSchema, quick: Sequence[Issue], progress: Progress
) -> tuple[Found, list[Issue], MappingSpec]:
    keys = CleanerKeys(PARTS, COMPANIONS, OPTIONS)
    with dry_rows(setup, schema, looked.tables, quick, keys=keys, progress=progress) as rows:
        found = check_values(rows.connection, rows.mapping, schema, rows.canonical)
        issues = [*rows.issues, *found.issues, *_of_columns(rows, setup)]
        return found, issues, rows.mapping


def _of_columns(rows: DryRows, setup: Setup) -> list[Issue]:
    project = rows.setup.project
    parents = check_parents(
        rows.connection, rows.mapping, rows.canonical, rows.extracts,
        key_digits={name: table_spec(project, name).key_digits for name in rows.tables},
        folder=rows.run.path,
    )  # fmt: skip
    extracted = Extracted(
        rows.connection, rows.extracts,
        {name: _nulls(project, name) for name in rows.extracts},
    )  # fmt: skip
    keys = {name: key_columns(project, table) for name, table in rows.tables.items()}
    uses = column_uses(setup.mapping, keys)
    return [
        *parents,
        *check_passed_over(extracted, rows.mapping),
        *check_columns(extracted, setup.mapping, rows.tables, uses),
    ]


def _nulls(project: Project, table: str) -> tuple[str, ...]:
    return (*project.nulls, *table_spec(project, table).nulls)


def _left_out(setup: Setup, able: MappingSpec) -> tuple[str, ...]:
    """What could not be measured, because it cannot be carried out: said, never passed over."""
    told = []
    for block in setup.mapping.blocks:
        ours = able.block(block.name)
        if ours is None:
            told.append(f"Not measured: block {block.name!r}, until its errors are mended.")
            continue
        missing = [f.field for f in block.fields if f.field not in {o.field for o in ours.fields}]
        if missing:
            names = ", ".join(dict.fromkeys(missing))
            told.append(f"Not measured: {names} of block {block.name!r}, until mended.")
    return tuple(told)


def _homeless(found: Found) -> Section:
    rows = [("block", "field", "value", "rows", "place")]
    rows += [(h.block, h.field, h.value, f"{h.count:,}", h.where) for h in found.homeless]
    text = "Add them to values: of the field, or to the list in the CRM."
    return Section("Values without a home", (text,), (tuple(rows),), private=("value",))
