"""The gap report: of a migration by its mapping, or of any place by suggestions alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from migrate.cleaners import COMPANIONS, OPTIONS, PARTS
from migrate.errors import UsageError
from migrate.mapping import Suggestion, suggest
from migrate.mapping.checking.values import check_values
from migrate.mapping.gaps.creation import creation_scripts
from migrate.mapping.gaps.measured import measure
from migrate.mapping.gaps.model import Gap, find_gaps
from migrate.mapping.gaps.shown import (
    Cut,
    GapReport,
    Lacking,
    gap_json,
    gap_sections,
    gap_sheets,
)
from migrate.mapping.learned import known_decisions
from migrate.mapping.uses import column_uses
from migrate.pipeline.checking import look
from migrate.pipeline.dry_rows import dry_rows
from migrate.pipeline.setup import Setup
from migrate.pipeline.suggesting import tables_of_place, target_and_objects
from migrate.reports.html import render_html
from migrate.specs.catalogue import read_target
from migrate.specs.glossary import read_glossary
from migrate.specs.plan import CleanerKeys
from migrate.specs.secrets import mask_url
from migrate.store.runfolder import private_folder, write_private_text
from migrate.values import Issue, Progress, RunReport, Table, TargetSchema, silent


def gaps_of_migration(
    setup: Setup,
    *,
    to: Path | None = None,
    scripts: Path | None = None,
    show_personal_data: bool = False,
    progress: Progress = silent,
) -> RunReport:
    """Every source column of a migration: has it a field, needs it one, or does it stay behind?

    ``to`` is a workbook or a page to write, ``scripts`` a folder for what makes the new fields.
    What of the mapping cannot be carried out is measured as far as it can be; ``map check`` tells.
    Raises SourceError where a source cannot be read, UsageError where the target is not known.
    """
    _refuse_ending(to)
    looked = look(setup)
    schema = looked.schema
    if schema is None:
        raise UsageError("the target tells nothing of its fields", hint="crm-migrate check")
    project, mapping = setup.project, setup.mapping
    keys = {name: _key(setup, table) for name, table in looked.tables.items()}
    uses = column_uses(mapping, keys)
    decided = {place for place, used in uses.items() if not used.is_empty}
    decided |= {(drop.table, drop.column) for drop in mapping.drops}
    suggestions = _suggestions(setup, schema, looked.tables, decided)
    limits = _limits([s for s in suggestions if (s.table, s.column) not in decided], schema)
    measured = measure(
        looked.tables.values(), locale=project.locale, region=project.region, limits=limits,
        progress=progress,
    )  # fmt: skip
    gaps = find_gaps(
        measured, schema, read_glossary(setup.folder), suggestions=suggestions, mapping=mapping,
        uses=uses,
    )  # fmt: skip
    cuts, lacking = _of_mapped(setup, schema, looked.tables, looked.issues, progress)
    found = GapReport(tuple(gaps), (*cuts, *_cuts_of(gaps)), lacking)
    title = f"Gaps between {project.name} and {schema.label or schema.name}"
    report = RunReport(
        command="map gaps", migration=project.name, environment=setup.environment.name, run_id="",
        title=title,
    )  # fmt: skip
    return _told(report, found, schema, to, scripts, show_personal_data)


def gaps_of_place(
    place: str,
    target: str,
    *,
    only: Sequence[str] = (),
    region: str = "",
    folder: Path | None = None,
    to: Path | None = None,
    scripts: Path | None = None,
    show_personal_data: bool = False,
    progress: Progress = silent,
) -> RunReport:
    """The same for a file, folder or database, where suggestions say what has a field.

    ``target`` is "salesforce" or "salesforce:Account,Contact"; see ``suggest_for_place``.
    """
    _refuse_ending(to)
    name, objects = target_and_objects(target)
    schema = read_target(name, folder=folder)
    tables = tables_of_place(place, only, folder=folder)
    suggestions = suggest(
        tables, schema, objects=objects, region=region, folder=folder,
        learned=known_decisions(folder),
    )  # fmt: skip
    limits = _limits(suggestions, schema)
    measured = measure(tables, region=region, limits=limits, progress=progress)
    gaps = find_gaps(measured, schema, read_glossary(folder), suggestions=suggestions)
    lacking = tuple(
        Lacking(str(s.best.field), tuple((c.source, c.count) for c in s.values if c.target is None))
        for s in suggestions
        if s.best.field and any(choice.target is None for choice in s.values)
    )
    found = GapReport(tuple(gaps), tuple(_cuts_of(gaps)), lacking)
    title = f"Gaps between {mask_url(place)} and {schema.label or schema.name}"
    report = RunReport("map gaps", "", "", "", title)
    return _told(report, found, schema, to, scripts, show_personal_data)


def _key(setup: Setup, table: Table) -> tuple[str, ...]:
    source, _, own = table.name.partition(".")
    return setup.project.sources[source].table(own).key or table.key


def _suggestions(
    setup: Setup, schema: TargetSchema, tables: Mapping[str, Table], decided: set[tuple[str, str]]
) -> list[Suggestion]:
    """Suggestions for the tables that have columns which nobody has decided about."""
    found: list[Suggestion] = []
    learned = known_decisions(setup.folder)
    for name, table in tables.items():
        if all((name, column) in decided for column in table.column_names):
            continue
        blocks = [b for b in setup.mapping.blocks if name in (b.table, *(j.table for j in b.joins))]
        known = {target.name for target in schema.objects}
        objects = tuple(dict.fromkeys(b.object for b in blocks if b.object in known))
        found += suggest(
            [table], schema, objects=objects, region=setup.project.region, folder=setup.folder,
            learned=learned,
        )  # fmt: skip
    return found


def _limits(
    suggestions: Sequence[Suggestion], schema: TargetSchema
) -> dict[tuple[str, str], tuple[int, ...]]:
    limits: dict[tuple[str, str], tuple[int, ...]] = {}
    for found in suggestions:
        object, _, name = (found.best.field or "").partition(".")
        target = schema.object(object)
        field = target.field(name) if target else None
        if field is not None and field.length and not field.picklist:
            limits[found.table, found.column] = (field.length,)
    return limits


def _cuts_of(gaps: Sequence[Gap]) -> list[Cut]:
    """What suggested fields are too short for, by the values as they stand in the source."""
    return [
        Cut(gap.fields[0], f"{one.table}.{one.column}", o.limit, o.count, one.filled, o.worst)
        for gap in gaps
        if gap.verdict == "exists" and gap.decided_by == "suggestion"
        for one in (gap.measured,)
        for o in one.over
    ]


def _of_mapped(
    setup: Setup, schema: TargetSchema, tables: Mapping[str, Table], issues: Sequence[Issue],
    progress: Progress,
) -> tuple[list[Cut], tuple[Lacking, ...]]:  # fmt: skip
    """What mapped fields are too short for and lack, by the values as the plan would send them."""
    with dry_rows(
        setup, schema, tables, issues, keys=CleanerKeys(PARTS, COMPANIONS, OPTIONS),
        progress=progress,
    ) as rows:  # fmt: skip
        found = check_values(rows.connection, rows.mapping, schema, rows.canonical)
    objects = {block.name: block.object for block in setup.mapping.blocks}
    cuts = [
        Cut(f"{objects[one.block]}.{one.field}", f"{one.column} (block {one.block})", one.length,
            one.count, one.filled, one.worst, one.where)
        for one in found.too_long
    ]  # fmt: skip
    values: dict[str, dict[str, int]] = {}
    for home in found.homeless:
        counted = values.setdefault(f"{objects[home.block]}.{home.field}", {})
        counted[home.value] = counted.get(home.value, 0) + home.count
    return cuts, tuple(Lacking(name, tuple(counted.items())) for name, counted in values.items())


def _told(
    report: RunReport, found: GapReport, schema: TargetSchema, to: Path | None,
    scripts: Path | None, show_personal_data: bool,
) -> RunReport:  # fmt: skip
    """The report with its sections and figures, and the files written that were asked for."""
    figures = gap_json(found, show_personal_data=show_personal_data)
    written: dict[str, str] = {}
    if scripts is not None:
        missing = {one.field: [value for value, _ in one.values] for one in found.lacking}
        made = creation_scripts(schema, found.fields, missing_values=missing)
        for script in made:
            path = scripts / script.path
            private_folder(path.parent)
            write_private_text(path, script.content)
        figures["scripts"] = [(scripts / script.path).as_posix() for script in made]
        if made:
            written["scripts"] = str(scripts)
    report = replace(report, sections=gap_sections(found), figures=figures)
    if to is not None:
        _write(to, report, found, show_personal_data)
        written["report"] = str(to)
    return replace(report, files=written)


def _refuse_ending(to: Path | None) -> None:
    if to is not None and to.suffix.lower() not in (".xlsx", ".html"):
        raise UsageError(
            f"{to} is neither a workbook nor a page", hint="name a file that ends in .xlsx or .html"
        )


def _write(to: Path, report: RunReport, found: GapReport, show_personal_data: bool) -> None:
    from migrate.reports.xlsx import write_workbook

    if to.suffix.lower() == ".html":
        write_private_text(to, render_html(report, show_personal_data=show_personal_data))
        return
    sheets = gap_sheets(found, title=report.title, show_personal_data=show_personal_data)
    write_workbook(to, sheets)
