"""All rows of a migration, cleaned and mapped as the plan would, in scratch files that are deleted.

Nothing is booked: no ledger, no run folder, no target. What of the mapping cannot be carried out
(a field that does not exist) is left out, so that the rest can be measured all the same.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from migrate.errors import MappingError
from migrate.pipeline.extracting import key_columns, table_spec
from migrate.pipeline.reading import decide_columns
from migrate.pipeline.setup import Setup, read_tables
from migrate.pipeline.transforming import Corrections, create_tables, transform_block
from migrate.specs.check_fields import check_fields
from migrate.specs.mapping import Block, FieldMap, MappingSpec
from migrate.specs.plan import CleanerKeys, Plan
from migrate.store import sets
from migrate.store.duck import connect
from migrate.store.runfolder import ParquetFile, RunFolder
from migrate.transform.keys import derived_keys, record_keys, row_hashes
from migrate.values import (
    KEY_PROBLEM,
    RECORD_ID,
    RECORD_KEY,
    SOURCE_ROW,
    Decision,
    Issue,
    Progress,
    Table,
    TargetSchema,
    silent,
)

# What is wrong with a field and does not keep its values from being read.
_HARMLESS = frozenset(
    ("read_only_field", "value_not_in_picklist", "value_too_long", "value_of_wrong_type",
     "parent_in_later_wave", "polymorphic_without_cases", "lookup_to_wrong_object",
     "lookup_key_parts", "type_mismatch")
)  # fmt: skip


@dataclass(frozen=True)
class DryRows:
    """Where the rows lie: ``extracts`` by table and ``canonical`` by block, and the scratch tables
    ``units`` and ``problems``. ``setup`` holds what of the mapping could be carried out."""

    connection: sets.Connection
    run: RunFolder
    setup: Setup
    schema: TargetSchema
    tables: Mapping[str, Table]
    extracts: Mapping[str, Path]
    canonical: Mapping[str, Path]
    issues: tuple[Issue, ...] = ()

    @property
    def mapping(self) -> MappingSpec:
        return self.setup.mapping


@contextmanager
def dry_rows(
    setup: Setup,
    schema: TargetSchema,
    tables: Mapping[str, Table],
    found: Sequence[Issue] = (),
    *,
    keys: CleanerKeys,
    progress: Progress = silent,
) -> Iterator[DryRows]:
    """Read, clean and map every row; ``found`` is what the quick check says of the mapping.

    Raises SourceError where a table cannot be read to its end.
    """
    able = runnable(setup, schema, tables, found, keys)
    wanted = {table for block in able.mapping.blocks for table in read_tables(block)}
    with tempfile.TemporaryDirectory(prefix="crm-migrate-") as name:
        run = RunFolder(Path(name))
        connection = connect(temp_folder=run.stage("spill"))
        try:
            extracts = {
                name: _extract(connection, run, able, tables[name], progress)
                for name in tables
                if name in wanted
            }
            used = {name: tables[name] for name in extracts}
            decisions, issues = _decisions(connection, able, setup, schema, extracts, used)
            create_tables(connection)
            canonical = {}
            for block in able.mapping.blocks:
                target = schema.object(block.object)
                assert target is not None  # runnable leaves such blocks out
                canonical[block.name], _ = transform_block(
                    connection, run, able, block, target, extracts=extracts, decisions=decisions,
                    corrections=Corrections(_no_corrections()), progress=progress,
                )  # fmt: skip
            yield DryRows(connection, run, able, schema, used, extracts, canonical, tuple(issues))
        finally:
            connection.close()  # before the folder goes: Windows deletes no open file


def runnable(
    setup: Setup,
    schema: TargetSchema,
    tables: Mapping[str, Table],
    found: Sequence[Issue],
    keys: CleanerKeys,
) -> Setup:
    """The setup without the blocks and fields that the quick check says nobody can carry out."""
    broken = {
        issue.place for issue in found if issue.severity == "error" and not _is_of_data(issue)
    }
    # the reader of the files names no entity: such a field was not understood
    unread = {i.place for i in found if i.severity == "error" and i.place and not i.entity}
    plan = Plan(setup.project, setup.mapping, schema, tables, keys.options, keys)
    plan = dataclasses.replace(plan, cleaners=frozenset(keys.parts) | _all_cleaners())
    blocks: list[Block] = []
    names: set[str] = set()
    for block in setup.mapping.blocks:
        target = schema.object(block.object)
        places = {
            block.where,
            *(j.where for j in block.joins),
            *(e.where for e in block.exclusions),
        }
        places |= {block.unpivot.where} if block.unpivot else set()
        is_whole = all(table in tables for table in read_tables(block))
        if target is None or not is_whole or block.name in names or (places - {""}) & broken:
            continue
        names.add(block.name)
        fields: list[FieldMap] = []
        for field in block.fields:
            # one at a time, as an update: what the block as a whole lacks is no fault of the field
            alone = dataclasses.replace(block, fields=(field,), action="update")
            problems = check_fields(plan, alone, target)
            is_double = any(field.field == other.field for other in fields)
            is_unread = (field.where in unread) or (field.kind == "columns" and not field.columns)
            if not (is_double or is_unread) and all(
                i.severity != "error" or i.code in _HARMLESS for i in problems
            ):
                fields.append(field)
        blocks.append(dataclasses.replace(block, fields=tuple(fields)))
    able = _with_parents(blocks)
    mapping = dataclasses.replace(setup.mapping, blocks=tuple(able))
    retention = tuple(r for r in setup.project.retention if r.where not in broken)
    project = dataclasses.replace(setup.project, retention=retention)
    return dataclasses.replace(setup, mapping=mapping, project=project)


def _is_of_data(issue: Issue) -> bool:
    """Whether the problem leaves its block readable."""
    return issue.code in _HARMLESS or issue.code in (
        "required_field_unmapped", "cyclic_blocks_required", "cannot_create", "unknown_wave",
        "bind_by_missing", "external_id_collision", "no_key", "drop_without_signature",
    )  # fmt: skip


def _with_parents(blocks: Sequence[Block]) -> list[Block]:
    """The blocks without the lookups whose parents were left out with their block."""
    names = {block.name for block in blocks}
    return [
        dataclasses.replace(
            block,
            fields=tuple(
                f for f in block.fields if not f.lookup or set(f.lookup.all_blocks) <= names
            ),
        )
        for block in blocks
    ]


def _all_cleaners() -> frozenset[str]:
    from migrate.cleaners import CLEANERS

    return frozenset(CLEANERS)


def _decisions(
    connection: sets.Connection, able: Setup, setup: Setup, schema: TargetSchema,
    extracts: Mapping[str, Path], tables: Mapping[str, Table],
) -> tuple[dict[str, Decision], list[Issue]]:  # fmt: skip
    """How columns are read; a reading.yaml that does not fit is a problem among the others."""
    try:
        return decide_columns(connection, able, schema, extracts, tables), []
    except MappingError as error:
        nowhere = dataclasses.replace(able.project, folder=Path(tempfile.gettempdir()) / "nowhere")
        guessed = dataclasses.replace(able, project=nowhere)
        is_ours = (
            able.mapping.blocks == setup.mapping.blocks
        )  # else it may speak of what was left out
        hint, place = error.hint, error.where
        told = [Issue("bad_reading_file", "error", error.message, place=place, hint=hint)]
        decided = decide_columns(connection, guessed, schema, extracts, tables)
        return decided, told if is_ours else []


def _extract(
    connection: sets.Connection, run: RunFolder, setup: Setup, table: Table, progress: Progress
) -> Path:
    """The raw rows with their keys, as the plan extracts them, but for the ledger's record ids."""
    names = list(table.column_names)
    columns = key_columns(setup.project, table)
    columns = columns if set(columns) <= set(names) else ()
    digits = table_spec(setup.project, table.name).key_digits
    raw, seen = run.file("extract", f".raw-{table.name}"), dict[str, int]()
    kept = [RECORD_ID, SOURCE_ROW, RECORD_KEY, "_hash", *names]
    with ParquetFile(raw, kept, integers=[RECORD_ID, SOURCE_ROW]) as out:
        for frame in table.batches():
            hashes = row_hashes(frame[names])
            keys = (
                record_keys(frame, columns, digits=digits)
                if columns
                else derived_keys(hashes, seen)
            )
            frame = frame.assign(_hash=hashes)
            frame[RECORD_KEY] = keys
            frame[RECORD_ID] = range(out.rows, out.rows + len(frame))
            out.write(frame)
            progress(f"reading {table.name}", out.rows, 0)
    path, source = run.file("extract", table.name), sets.parquet([raw])
    sets.copy_to(
        connection,
        f"SELECT t.* EXCLUDE (_hash) REPLACE (coalesce({RECORD_KEY}, 'hash:' || _hash) AS "
        f"{RECORD_KEY}), CASE WHEN {RECORD_KEY} IS NULL THEN 'missing_key' WHEN d.k IS NOT NULL "
        f"THEN 'duplicate_key' ELSE '' END AS {KEY_PROBLEM} FROM {source} t LEFT JOIN (SELECT "
        f"{RECORD_KEY} AS k FROM {source} WHERE {RECORD_KEY} IS NOT NULL GROUP BY 1 "
        f"HAVING count(DISTINCT _hash) > 1) d ON d.k = t.{RECORD_KEY} ORDER BY {RECORD_ID}",
        path,
    )
    raw.unlink()
    return path


def _no_corrections() -> pd.DataFrame:
    columns = {"column": "str", "base_hash": "str", "correction": "str"}
    empty = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    return empty.assign(**{RECORD_ID: pd.Series(dtype="int64")})
