"""The dry run: everything but the writing. What would happen to each unit, and at what price."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

from migrate.loading.book import WITHOUT
from migrate.loading.payload import Payload, mapped_columns, write_payloads
from migrate.loading.predict import Compared, predict
from migrate.pipeline.accounting import book_block_counts, count_columns, count_objects
from migrate.pipeline.corrections import (
    corrections_of,
    read_corrections,
    settle_stale,
    stale_corrections,
    stale_issues,
)
from migrate.pipeline.entities import Made, make_entities
from migrate.pipeline.extracting import extract
from migrate.pipeline.homes import gone_issues
from migrate.pipeline.making import Making
from migrate.pipeline.plan_report import plan_sections
from migrate.pipeline.problems import count_problems, problem_issues
from migrate.pipeline.reading import decide_columns, write_reading
from migrate.pipeline.registering import (
    register_entities,
    register_quarantine,
    register_units,
)
from migrate.pipeline.reporting import write_report
from migrate.pipeline.runs import REGISTERED_PLAN, finish_run, start_run
from migrate.pipeline.setup import (
    Setup,
    check_setup,
    environment_ledger,
    fingerprints,
    open_tables,
    open_target,
)
from migrate.pipeline.transforming import create_tables, transform_block
from migrate.reports.issues import write_issues
from migrate.specs.mapping import MappingSpec
from migrate.specs.order import LoadOrder, load_order
from migrate.specs.problems import raise_errors
from migrate.store import sets
from migrate.store.duck import connect
from migrate.store.ledger import Ledger
from migrate.store.runfolder import RunFolder, new_run, write_json
from migrate.store.sets import literal, quote
from migrate.values import Issue, Loader, Progress, RunReport, Table, TargetSchema, silent

SHOWN_ISSUES = 1_000


def plan(setup: Setup, *, progress: Progress = silent) -> RunReport:
    """Make a plan for the environment: the run folder, the ledger's predictions and the report.

    Raises MappingError with all problems of the files, SourceError and TargetError when a source
    or the target cannot be read. Nothing is written to the target.
    """
    with closing(open_target(setup)) as loader:
        schema = loader.describe()
        tables = open_tables(setup)
        found = check_setup(setup, schema, tables)
        raise_errors(found)  # before the ledger is made: a plan that is refused leaves no file
        with closing(environment_ledger(setup)) as ledger, ledger.exclusive():
            return _run(setup, loader, ledger, schema, tables, found, progress)


def _run(
    setup: Setup, loader: Loader, ledger: Ledger, schema: TargetSchema, tables: dict[str, Table],
    found: list[Issue], progress: Progress,
) -> RunReport:  # fmt: skip
    run = new_run(setup.project.runs_folder, "plan")
    start_run(ledger, run.run_id, "plan", fingerprints(setup, schema))
    connection = connect(temp_folder=run.stage("scratch"))
    try:
        report = _plan(setup, loader, ledger, schema, tables, run, connection, progress, found)
    except BaseException:
        finish_run(ledger, run.run_id, "failed")
        raise
    finally:
        connection.close()
        _clear(run.path / "scratch")
    finish_run(ledger, run.run_id, "finished", figures=dict(report.figures))
    return report


def _plan(
    setup: Setup, loader: Loader, ledger: Ledger, schema: TargetSchema, tables: dict[str, Table],
    run: RunFolder, connection: sets.Connection, progress: Progress, found: list[Issue],
) -> RunReport:  # fmt: skip
    order = load_order(setup.mapping, schema)
    # the extract books the source's rows as they are now: from here on an earlier plan does not
    # fit the books, and until all of this one is in them, none can be loaded
    ledger.set_meta(REGISTERED_PLAN, "")
    extracts = {
        name: extract(connection, ledger, run, setup.project, table, progress=progress)
        for name, table in tables.items()
    }
    decisions = decide_columns(connection, setup, schema, extracts, tables)
    write_reading(run.path / "reading.yaml", decisions, tables)
    create_tables(connection)
    corrections = read_corrections(ledger)
    canonical: dict[str, Path] = {}
    changes: dict[str, int] = {}
    for block in setup.mapping.blocks:
        target = schema.object(block.object)
        assert target is not None  # check refuses unknown objects
        canonical[block.name], rules = transform_block(
            connection, run, setup, block, target, extracts=extracts, decisions=decisions,
            corrections=corrections_of(corrections, block.name), progress=progress,
        )  # fmt: skip
        for rule, count in rules.items():
            changes[rule] = changes.get(rule, 0) + count
    making = Making(connection, setup, schema, order, loader, ledger, run, progress)
    made = make_entities(making, canonical, extracts)
    predictions, conflicts = _predict(making, made)
    second = {name: [f for o, f in sorted(order.deferred) if o == name] for name in order.objects}
    second = {
        name: [f for f in fields if _has(connection, made.entities[name], f)]
        for name, fields in second.items()
        if name in made.entities
    }
    register_entities(
        connection, ledger, run.run_id, setup.mapping, entities=made.entities,
        predictions=predictions, second_pass=second,
    )  # fmt: skip
    kept = register_units(connection, ledger, run.run_id, setup.mapping)
    book_block_counts(connection, ledger, run.run_id, canonical)
    stale = stale_corrections(connection, ledger, setup.mapping, extracts)
    register_quarantine(connection, ledger, run.run_id, setup.mapping, extracts)
    settle_stale(ledger, stale)
    payloads = write_payloads(
        connection, run,
        objects=[o for name in order.objects if (o := schema.object(name)) is not None],
        waves=setup.project.waves, entities=dict(made.entities), predictions=predictions,
        deferred=order.deferred, optional=optional_references(setup.mapping, schema),
    )  # fmt: skip
    ledger.set_meta(REGISTERED_PLAN, run.run_id)
    issues = [*found, *made.issues, *_conflict_issues(conflicts), *_kept_issues(kept)]
    issues += stale_issues(stale, setup.mapping)
    issues += gone_issues(ledger)
    issues += [i for table in tables.values() for i in table.issues()]
    return _report(
        setup, loader, ledger, run, connection, tables, extracts, order, payloads, changes, issues
    )


def optional_references(mapping: MappingSpec, schema: TargetSchema) -> dict[str, tuple[str, ...]]:
    """Object -> references that its records may be loaded without when the parent is refused: all
    its blocks say ``orphan: blank``, and the target does not require the field."""
    found: dict[str, tuple[str, ...]] = {}
    for target in schema.objects:
        maps = [f for b in mapping.blocks if b.object == target.name for f in b.fields if f.lookup]
        strict = {f.field for f in maps if f.lookup and f.lookup.orphan != "blank"}
        strict |= {field.name for field in target.references if field.is_required}
        found[target.name] = tuple(sorted({f.field for f in maps} - strict))
    return found


def _has(connection: sets.Connection, path: Path, column: str) -> bool:
    rows = sets.run(connection, f"DESCRIBE SELECT * FROM {sets.parquet([path])}")
    return column in {str(row[0]) for row in rows}


def _predict(making: Making, made: Made) -> tuple[dict[str, Path], list[pd.DataFrame]]:
    """Hold every entity against the target; the conflicts name their object."""
    connection, ledger = making.connection, making.ledger
    predictions: dict[str, Path] = {}
    conflicts: list[pd.DataFrame] = []
    loaded_runs = [
        str(r[0])
        for part in ledger.stream("SELECT DISTINCT loaded_run FROM entity WHERE loaded_run NOTNULL")
        for r in part
    ]
    for name in made.entities:
        _ledger_table(connection, ledger, name)
    for name, path in made.entities.items():
        target = making.schema.object(name)
        assert target is not None
        mapped = mapped_columns(connection, path, target)
        references = {field.name for field in target.references}
        blocks = [block for block in making.setup.mapping.blocks if block.object == name]
        compared = Compared(
            target,
            tuple(f for f in mapped if f not in references),
            tuple(f for f in mapped if f in references),
            frozenset(b.external_id_prefix() for b in blocks if b.action == "bind"),
            frozenset(b.external_id_prefix() for b in blocks if b.action == "create"),
            {b.external_id_prefix(): frozenset(f.field for f in b.fields) for b in blocks},
        )
        before = {
            run_id: file
            for run_id in loaded_runs
            if (file := making.run.path.parent / run_id / "entities" / path.name).exists()
        }
        predictions[name] = making.run.file("predictions", name)
        found = predict(
            connection, compared, entities=path, snapshot=made.snapshots[name], loaded=before,
            out=predictions[name],
        )  # fmt: skip
        conflicts.append(found.assign(object=name))
        making.progress(f"predicting {name}", 1, 1)
    return predictions, conflicts


def _ledger_table(connection: sets.Connection, ledger: Ledger, name: str) -> None:
    """What the ledger knows of an object's loaded entities, as a scratch table.

    A record that an earlier plan found and nothing was done to is as the target holds it today; one
    whose second pass a killed load never sent was loaded without its reference.
    """
    columns = ("external_id", "target_id", "version", "loaded_hash", "loaded_run")
    empty = pd.DataFrame({column: pd.Series(dtype="str") for column in columns})
    sets.put(connection, f"ledger_{name}", empty)
    for rows in ledger.stream(
        "SELECT external_id, target_id, version, CASE WHEN incomplete = 1 THEN "
        f"{literal(WITHOUT)} ELSE loaded_hash END, loaded_run FROM entity WHERE object = :o "
        "AND target_id NOTNULL AND loaded_hash NOTNULL",
        o=name,
    ):
        frame = pd.DataFrame([tuple(row) for row in rows], columns=list(columns)).astype("str")
        sets.append(connection, f"ledger_{name}", frame)
    # parents that this plan does not speak of are in the target none the less
    sets.run(
        connection,
        f"INSERT INTO target_ids SELECT {literal(name)}, external_id, target_id FROM "
        f"{quote(f'ledger_{name}')} WHERE external_id NOT IN (SELECT external_id FROM target_ids "
        f"WHERE object = {literal(name)})",
    )


def _conflict_issues(conflicts: list[pd.DataFrame]) -> list[Issue]:
    return [
        Issue(
            str(row.code), "warning", str(row.message), entity=str(row.object),
            column=str(row.field), record=str(row.external_id),
            hint="look at the record in the CRM and decide which value is right",
        )
        for frame in conflicts
        for row in frame.itertuples(index=False)
    ]  # fmt: skip


def _kept_issues(kept: list[tuple[str, str]]) -> list[Issue]:
    return [
        Issue(
            "refused_after_load", "warning",
            "the row is refused now, but its record is in the target and stays as it was loaded",
            entity=object, record=external_id, hint="correct the row, then plan and load again",
        )
        for object, external_id in kept
    ]  # fmt: skip


def _report(
    setup: Setup, loader: Loader, ledger: Ledger, run: RunFolder, connection: sets.Connection,
    tables: Mapping[str, Table], extracts: Mapping[str, Path], order: LoadOrder,
    payloads: list[Payload], changes: Mapping[str, int], issues: list[Issue],
) -> RunReport:  # fmt: skip
    objects = count_objects(
        ledger, setup.mapping, setup.project.waves, order.objects, predicted=True
    )
    counts = count_problems(connection)
    for issue in issues:
        counts[issue.code] = counts.get(issue.code, 0) + 1
    problems = problem_issues(connection, setup.mapping, tables, extracts)
    files = write_issues(run.path, itertools.chain(issues, problems))
    shown = itertools.islice(
        itertools.chain(issues, problem_issues(connection, setup.mapping, tables, extracts)),
        SHOWN_ISSUES,
    )
    columns = count_columns(connection, setup, tables, extracts)
    sections, figures = plan_sections(
        setup, loader, ledger, connection, objects=objects, payloads=payloads, changes=changes,
        columns=columns, issue_counts=counts,
    )  # fmt: skip
    figures |= {"payloads": [payload.as_json() for payload in payloads], "changes": dict(changes)}
    figures["columns"] = [list(line) for line in columns]
    write_json(run.path / "plan.json", figures | {"objects": list(order.objects)})
    report = RunReport(
        command="plan", migration=setup.project.name, environment=setup.environment.name,
        run_id=run.run_id, title=f"Dry run of {setup.project.name} into {setup.environment.name}",
        objects=objects, issues=tuple(shown), issue_counts=counts, sections=sections,
        figures=figures, files={"reading": str(run.path / "reading.yaml"), **files},
    )  # fmt: skip
    return write_report(run, report)


def _clear(folder: Path) -> None:
    for path in sorted(folder.glob("**/*"), reverse=True):
        if path.is_file():
            path.unlink(missing_ok=True)
        else:
            path.rmdir()
    if folder.exists():
        folder.rmdir()


def plan_figures(run: RunFolder) -> dict[str, Any]:
    """What the plan wrote down for the load: payloads in order, objects, counts."""
    figures: dict[str, Any] = json.loads((run.path / "plan.json").read_text(encoding="utf-8"))
    return figures
