"""Raw rows of a block into canonical units, their problems and their changes, batch by batch."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from migrate.cleaners import CLEANERS
from migrate.pipeline.extracting import table_spec
from migrate.pipeline.reading import RETENTION_CLEANER
from migrate.pipeline.setup import Setup
from migrate.specs.mapping import Block, FieldMap, MappingSpec
from migrate.store import sets
from migrate.store.runfolder import ParquetFile, RunFolder
from migrate.store.sets import literal, quote
from migrate.transform.fields import (
    BLOCKS_SUFFIX,
    FOLDED_SUFFIX,
    decision_name,
    map_fields,
)
from migrate.transform.noting import PROBLEM_COLUMNS
from migrate.transform.rows import partners_column, units_of, with_corrections, without_nulls
from migrate.values import (
    EXTERNAL_ID,
    KEY,
    KEY_PROBLEM,
    PART,
    REASON,
    RECORD_ID,
    RECORD_KEY,
    ROLE,
    RULE,
    UNIT_COLUMNS,
    UNREADABLE,
    Decision,
    Progress,
    TargetObject,
    silent,
)

_KEY_MESSAGES = {
    "duplicate_key": (
        "another row has the same key and other content: neither can be told from the other",
        "give one of them its own key in the source, or declare another key in migration.yaml",
    ),
    "missing_key": (
        "the row has no key, so it could not be recognised when it comes again",
        "fill the key in the source, or declare another key in migration.yaml",
    ),
}


@dataclass(frozen=True)
class Corrections:
    """What admins decided in the quarantine workbook: new raw values, and records left out."""

    values: pd.DataFrame
    left_out: Mapping[str, frozenset[int]] = field(default_factory=dict)  # block -> record ids


def create_tables(connection: sets.Connection) -> None:
    """The scratch tables of units and problems."""
    sets.run(
        connection,
        f"CREATE TABLE units ({RECORD_ID} BIGINT, block TEXT, part TEXT, object TEXT, wave TEXT, "
        "key TEXT, external_id TEXT, role TEXT, reason TEXT, rule TEXT, entity TEXT)",
    )
    columns = ", ".join(
        f"{quote(name)} {'BIGINT' if name == RECORD_ID else 'TEXT'}" for name in PROBLEM_COLUMNS
    )
    sets.run(connection, f"CREATE TABLE problems (block TEXT, {columns})")


def transform_block(
    connection: sets.Connection, run: RunFolder, setup: Setup, block: Block, target: TargetObject,
    *, extracts: Mapping[str, Path], decisions: Mapping[str, Decision], corrections: Corrections,
    progress: Progress = silent,
) -> tuple[Path, dict[str, int]]:  # fmt: skip
    """Write the block's canonical file; units and problems go to the scratch tables.

    Returns the file and how many values each cleaning rule changed.
    """
    path = run.file("canonical", block.name)
    columns = canonical_columns(block, setup.mapping)
    changes: dict[str, int] = {}
    nulls = (*setup.project.nulls, *table_spec(setup.project, block.table).nulls)
    with ParquetFile(path, columns, integers=[RECORD_ID]) as out:
        for raw in _raw_rows(connection, block, extracts):
            rows = without_nulls(with_corrections(raw, corrections.values), nulls)
            units = units_of(
                rows,
                block,
                retention=setup.project.retention,
                read_dates=lambda values: _read_dates(values, block, decisions),
                left_out=corrections.left_out.get(block.name, frozenset()),
            )
            _refuse_keys(connection, block, units)
            _refuse_ambiguous_joins(connection, block, units)
            active = units[units[ROLE] == ""]
            mapped = map_fields(
                active,
                block,
                target,
                mapping=setup.mapping,
                decisions=decisions,
                rates=setup.project.rates,
                folder=setup.folder,
            )
            refused = mapped.problems[mapped.problems["severity"] == "error"]
            _note(connection, block, mapped.problems)
            _quarantine(units, refused)
            for name, count in mapped.changes.items():
                changes[name] = changes.get(name, 0) + count
            canonical = units[[RECORD_ID, *UNIT_COLUMNS]].join(mapped.fields)
            out.write(canonical.reindex(columns=columns))
            progress(f"cleaning and mapping {block.name}", out.rows, 0)
    sets.run(
        connection,
        f"INSERT INTO units SELECT {RECORD_ID}, {literal(block.name)}, {PART}, "
        f"{literal(block.object)}, {literal(block.wave)}, {KEY}, {EXTERNAL_ID}, {ROLE}, {REASON}, "
        f"{RULE}, NULL FROM {sets.parquet([path])}",
    )
    return path, changes


def canonical_columns(block: Block, mapping: MappingSpec) -> list[str]:
    """The columns of a block's canonical file: the unit's own, then the fields."""
    names = [RECORD_ID, *UNIT_COLUMNS]
    for field_map in block.fields:
        names.append(field_map.field)
        if field_map.lookup and field_map.lookup.type_column:
            names.append(field_map.field + BLOCKS_SUFFIX)
        parents = (
            [mapping.block(b) for b in field_map.lookup.all_blocks] if field_map.lookup else ()
        )
        if any(parent is not None and parent.distinct for parent in parents):
            names.append(field_map.field + FOLDED_SUFFIX)
    return names


def _raw_rows(
    connection: sets.Connection, block: Block, extracts: Mapping[str, Path]
) -> Iterator[pd.DataFrame]:
    """The rows of the block's table with the columns of joined tables as ``alias.column``."""
    columns = ["t.*"]
    joins = []
    for join in block.joins:
        other = sets.parquet([extracts[join.table]])
        on = " AND ".join(
            f"trim({_joined_by(block, own)}) = trim({quote(join.alias)}.{quote(theirs)})"
            for own, theirs in join.on.items()
        )
        held = [
            str(row[0])
            for row in sets.run(connection, f"DESCRIBE SELECT * FROM {other}")
            if not str(row[0]).startswith("_")
        ]
        partners = f"{quote(join.alias)}.{quote('@partners')}"
        # a partner that is not the only one is no partner: taking either would be a guess
        columns += [
            f"CASE WHEN {partners} = 1 THEN {quote(join.alias)}.{quote(name)} END "
            f"AS {quote(f'{join.alias}.{name}')}"
            for name in held
        ]
        columns.append(f"{partners}::TEXT AS {quote(partners_column(join))}")
        keys = ", ".join(f"trim({quote(theirs)})" for theirs in join.on.values())
        only = (
            f"(SELECT *, count(*) OVER (PARTITION BY {keys}) AS {quote('@partners')} FROM {other} "
            f"QUALIFY row_number() OVER (PARTITION BY {keys}) = 1)"
        )
        joins.append(f"LEFT JOIN {only} {quote(join.alias)} ON {on}")
    query = (
        f"SELECT {', '.join(columns)} FROM {sets.parquet([extracts[block.table]])} t "
        f"{' '.join(joins)} ORDER BY t.{RECORD_ID}"
    )
    yield from sets.frames(connection, query)


def _joined_by(block: Block, own: str) -> str:
    """A column by which a table is joined: the block's own, or one of a table joined earlier,
    whose row must be the only partner there."""
    alias, column = block.joined_column(own)
    if not alias:
        return f"t.{quote(own)}"
    return (
        f"CASE WHEN {quote(alias)}.{quote('@partners')} = 1 THEN {quote(alias)}.{quote(column)} END"
    )


def _read_dates(values: pd.Series, block: Block, decisions: Mapping[str, Decision]) -> pd.Series:
    name = decision_name(
        block, FieldMap(str(values.name), columns=(str(values.name),)), RETENTION_CLEANER
    )
    module, _, function = CLEANERS[RETENTION_CLEANER].partition(":")
    clean = getattr(importlib.import_module(module), function)
    cleaned = clean(values, companions=None, decision=decisions.get(name, {}))
    dates: pd.Series = cleaned.columns["value"].where(cleaned.status != UNREADABLE)
    return dates


def _refuse_keys(connection: sets.Connection, block: Block, units: pd.DataFrame) -> None:
    """Rows whose key cannot be trusted wait in quarantine, unless the block needs no key."""
    if block.distinct:
        return
    bad = (units[KEY_PROBLEM] != "") & (units[ROLE] == "")
    if not bad.any():
        return
    rows = units[bad]
    problems = pd.DataFrame(
        {
            RECORD_ID: rows[RECORD_ID].to_numpy(),
            "part": rows[PART].to_numpy(),
            "code": rows[KEY_PROBLEM].to_numpy(),
            "severity": "error",
            "field": "",
            "column": "",
            "value": rows[RECORD_KEY].to_numpy(),
            "message": rows[KEY_PROBLEM].map(lambda code: _KEY_MESSAGES[code][0]).to_numpy(),
            "hint": rows[KEY_PROBLEM].map(lambda code: _KEY_MESSAGES[code][1]).to_numpy(),
        }
    )
    _note(connection, block, problems)
    _quarantine(units, problems)


def _refuse_ambiguous_joins(connection: sets.Connection, block: Block, units: pd.DataFrame) -> None:
    """Rows with several partners in a joined table: which of them is theirs, nobody can tell."""
    for join in block.joins:
        partners = units[partners_column(join)]
        rows = units[partners.notna() & (partners != "1") & (units[ROLE] == "")]
        if rows.empty:
            continue
        problems = pd.DataFrame({RECORD_ID: rows[RECORD_ID], "part": rows[PART]})
        outcome = "the record waits in quarantine" if join.is_required else "none is joined"
        texts = {
            "code": "join_ambiguous",
            "severity": "error" if join.is_required else "warning",
            "field": "", "column": next(iter(join.on)), "value": "",
            "message": f"several rows of {join.table} are its partners: {outcome}",
            "hint": f"make {', '.join(join.on.values())} of {join.table} unique, or join by more "
            f"columns ({join.where})",
        }  # fmt: skip
        for name, text in texts.items():
            problems[name] = text
        _note(connection, block, problems)
        _quarantine(units, problems[problems["severity"] == "error"])


def _note(connection: sets.Connection, block: Block, problems: pd.DataFrame) -> None:
    if problems.empty:
        return
    texts = {name: "str" for name in problems.columns if name != RECORD_ID}
    sets.append(connection, "problems", problems.astype(texts).assign(block=block.name))


def _quarantine(units: pd.DataFrame, problems: pd.DataFrame) -> None:
    """Units with an error go to quarantine; the first problem is the unit's reason."""
    if problems.empty:
        return
    first = problems.drop_duplicates([RECORD_ID, "part"])
    first = first.set_index([RECORD_ID, "part"])
    keys = pd.MultiIndex.from_arrays([units[RECORD_ID], units[PART]])
    hit = pd.Series(keys.isin(first.index), index=units.index) & (units[ROLE] == "")
    chosen = first.loc[keys[hit.to_numpy()]]
    field = chosen["field"].fillna("")
    reason = (field + ": ").where(field != "", "") + chosen["message"]
    units.loc[hit, ROLE] = "quarantined"
    units.loc[hit, REASON] = reason.to_numpy()
    units.loc[hit, RULE] = chosen["code"].to_numpy()


def note_problems(connection: sets.Connection, block: Block, problems: pd.DataFrame) -> None:
    """Add problems found after the transform, and quarantine their units in the scratch table."""
    _note(connection, block, problems)
    errors = problems[problems["severity"] == "error"]
    if errors.empty:
        return
    sets.put(connection, "refusing", errors.drop_duplicates([RECORD_ID, "part"]))
    sets.run(
        connection,
        "UPDATE units SET role = 'quarantined', rule = r.code, reason = r.message FROM refusing r "
        f"WHERE units.{RECORD_ID} = r.{RECORD_ID} AND units.part = r.part "
        f"AND units.block = {literal(block.name)} AND units.role = ''",
    )
    sets.run(connection, "DROP TABLE refusing")
