"""The decision workbook of a migration goes out: files, sources and suggestions become its sheets."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from migrate.errors import UsageError
from migrate.mapping.decisions.counts import count_table
from migrate.mapping.decisions.lines import decide
from migrate.mapping.decisions.lists import value_columns
from migrate.mapping.decisions.sheets import SentOut, new_fields, questions, workbook_sheets
from migrate.mapping.decisions.state import Basis, Decisions
from migrate.mapping.learned import known_decisions
from migrate.mapping.suggestions import suggest
from migrate.mapping.value_maps import ValueChoice, suggest_values
from migrate.pipeline.setup import Setup, choose_environment, file_hash, open_tables, open_target
from migrate.reports.xlsx import write_workbook
from migrate.specs.catalogue import read_target, target_names
from migrate.specs.glossary import Meaning, read_glossary
from migrate.specs.mapping import MappingSpec
from migrate.specs.mappingfile import read_mapping
from migrate.specs.problems import raise_errors
from migrate.specs.project import Project
from migrate.specs.projectfile import read_project
from migrate.values import Progress, RunReport, Section, Table, TargetField, TargetSchema, silent


def open_undecided(folder: Path, environment: str = "") -> Setup:
    """Read migration.yaml and whatever mapping there is; there may be none yet.

    Raises MappingError with every problem of the files at once.
    """
    project, issues = read_project(folder, environment)
    raise_errors(issues)
    if project is None:
        raise UsageError(f"there is nothing to work on in {folder}", hint="crm-migrate init")
    mapping: MappingSpec | None = MappingSpec(())
    if project.mapping_files:
        mapping, issues = read_mapping(project.mapping_files, waves=project.waves)
        raise_errors(issues)
    return Setup(project, mapping or MappingSpec(()), choose_environment(project, environment))


def export_decisions(setup: Setup, path: Path, *, progress: Progress = silent) -> RunReport:
    """Write the decision workbook, readable by its owner only.

    Raises SourceError where a source cannot be read, UsageError where the workbook cannot be
    written.
    """
    schema = target_schema(setup)
    tables = undecided_tables(setup)
    basis = basis_of(setup, schema, tables, progress=progress)
    decisions = decide(basis)
    sent = SentOut(
        setup.project.name, setup.environment.name, mapping_hashes(setup), schema_hash(schema)
    )
    write_workbook(path, workbook_sheets(decisions, basis, sent))
    return _report(setup, path, decisions, basis)


def target_schema(setup: Setup) -> TargetSchema:
    """The schema of the environment's target: its file where there is one, or what it tells itself."""
    name = setup.environment.target
    if name in target_names(folder=setup.folder):
        return read_target(name, folder=setup.folder)
    with closing(open_target(setup)) as loader:
        return loader.describe()


def undecided_tables(setup: Setup) -> dict[str, Table]:
    """The tables of the sources, and the views that the mapping reads, by their full names."""
    return open_tables(setup)


def basis_of(
    setup: Setup,
    schema: TargetSchema,
    tables: Mapping[str, Table],
    *,
    progress: Progress = silent,
) -> Basis:
    """Suggest and count: everything that the lines of the workbook are made from."""
    project, mapping = setup.project, setup.mapping
    found, counts = [], {}
    learned = known_decisions(setup.folder)
    for number, (name, table) in enumerate(tables.items()):
        progress("tables", number, len(tables))
        found += suggest(
            [table], schema, region=project.region, folder=setup.folder, learned=learned
        )
        columns = value_columns(mapping, schema, name)
        nulls = (*project.nulls, *_table_nulls(project, name))
        counts[name] = count_table(table, mapping, columns=columns, nulls=nulls)
    progress("tables", len(tables), len(tables))
    return Basis(
        mapping=mapping,
        schema=schema,
        counts=counts,
        suggestions=found,
        keys={name: table_key(project, table) for name, table in tables.items()},
        owners=setup.environment.owners,
        same_value=_same_value(setup),
    )


def table_key(project: Project, table: Table) -> tuple[str, ...]:
    """The columns that identify a row: those that migration.yaml names, or those of the source."""
    source, _, own = table.name.partition(".")
    return project.sources[source].table(own).key or table.key


def _table_nulls(project: Project, name: str) -> tuple[str, ...]:
    source, _, own = name.partition(".")
    return project.sources[source].table(own).nulls


def _same_value(
    setup: Setup,
) -> Callable[[Mapping[str, int], TargetField], list[ValueChoice]]:
    glossary = read_glossary(setup.folder)

    def suggest_for(values: Mapping[str, int], spec: TargetField) -> list[ValueChoice]:
        concept = Meaning.read(spec.means).concept if spec.means else ""
        return suggest_values(values, spec, concept, glossary)

    return suggest_for


def mapping_hashes(setup: Setup) -> dict[str, str]:
    """The mapping files with their hashes, by their names in the folder."""
    return {
        Path(file).name: file_hash(Path(file))
        for file in sorted(setup.mapping.files)
        if Path(file).is_file()
    }


def schema_hash(schema: TargetSchema) -> str:
    """A hash of the objects and fields of a target."""
    text = json.dumps([dataclasses.asdict(o) for o in schema.objects], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _report(setup: Setup, path: Path, decisions: Decisions, basis: Basis) -> RunReport:
    chosen = sum(bool(line.choice["Chosen"]) for line in decisions.fields)
    new = new_fields(decisions, basis)
    asked = len(list(questions(decisions, basis, new)))
    figures = {
        "fields": len(decisions.fields), "chosen": chosen, "values": len(decisions.values),
        "owners": len(decisions.owners), "duplicates": len(decisions.duplicates),
        "exclusions": len(decisions.exclusions), "new_fields": len(new), "questions": asked,
    }  # fmt: skip
    text = (
        f"{path.name}: {chosen} of {len(decisions.fields)} lines have a choice; {asked} questions "
        "are open.",
        "Fill in the yellow cells, save, close, then: crm-migrate map import " + path.name,
    )
    return RunReport(
        command="map export", migration=setup.project.name, environment=setup.environment.name,
        run_id="", title=f"Decisions of {setup.project.name}", sections=(Section("Decisions", text),),
        figures=figures, files={"workbook": str(path)},
    )  # fmt: skip
