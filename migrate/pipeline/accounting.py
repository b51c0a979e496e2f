"""The accounting identity, counted from the ledger; columns are accounted for too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from sqlalchemy import text

from migrate.evidence.raw_conditions import condition_sql
from migrate.pipeline.extracting import key_columns, table_spec
from migrate.pipeline.setup import Setup
from migrate.specs.mapping import Block, FieldMap, Join, MappingSpec
from migrate.store import sets
from migrate.store.ledger import DISPOSITION_SQL, Ledger, write_many
from migrate.store.sets import literal, quote
from migrate.values import DISPOSITIONS, RECORD_ID, ObjectCount, Table

NOT_MAPPED = "not mapped"

_PREDICTED_SQL = """
    CASE
      WHEN u.role IN ('excluded', 'quarantined') THEN u.role
      WHEN u.role = 'merged' AND e.predicted IN ('created', 'updated', 'unchanged') THEN 'merged'
      WHEN e.target_id IS NOT NULL AND e.last_run <> (SELECT value FROM meta WHERE name = 'registered_plan')
      THEN 'unchanged'
      ELSE coalesce(e.predicted, 'pending')
    END
"""
"""A record that the newest plan does not make (its row is gone from the source, or refused now)
stays in the target as it is; what an earlier plan foretold of it says nothing any more."""


def count_objects(
    ledger: Ledger, mapping: MappingSpec, waves: Sequence[str], objects: Sequence[str],
    *, predicted: bool = False,
) -> tuple[ObjectCount, ...]:  # fmt: skip
    """One line for each object and wave, then one for each table that no mapping reads.

    Left side: the source's own count of rows (not of what was read) times the blocks that read
    them, plus the splits that the plan's transform made, counted in its files. Right side: units by
    disposition. A row lost between the two shows, a unit lost or doubled in the books as well.
    """
    rule = _PREDICTED_SQL if predicted else DISPOSITION_SQL
    found = ledger.frame(
        f"SELECT u.object, u.wave, {rule} AS disposition, count(*) AS units, "
        "sum(coalesce(e.incomplete, 0)) AS incomplete FROM unit u LEFT JOIN entity e "
        "USING (entity_id) GROUP BY 1, 2, 3"
    )
    rows = ledger.frame(
        "SELECT object, wave, block, count(DISTINCT record_id) AS rows, count(*) AS units "
        "FROM unit GROUP BY 1, 2, 3"
    )
    lost = _lost_rows(ledger, mapping, rows)
    more = _more_splits(ledger, mapping, rows)
    not_placed = _not_placed(ledger, mapping)
    homes = _homes(mapping, rows, waves)
    names = tuple(dict.fromkeys((*objects, *(block.object for block in mapping.blocks))))
    counts = []
    for wave in waves:
        for name in names:
            part = found[(found["object"] == name) & (found["wave"] == wave)]
            held = rows[(rows["object"] == name) & (rows["wave"] == wave)]
            here = [block for block, home in homes.items() if home == (name, wave)]
            missing = sum(lost.get(block, 0) for block in here)
            unplaced = sum(not_placed.get(block, 0) for block in here)
            unbooked = sum(more.get(block, 0) for block in here)
            if part.empty and not (missing or unplaced or unbooked):
                continue
            units = dict(zip(part["disposition"], part["units"].astype(int), strict=True))
            own = int(held["rows"].sum())
            splits = sum(units.values()) - own + unbooked
            units["quarantined"] = units.get("quarantined", 0) + unplaced
            counts.append(
                ObjectCount(
                    name,
                    wave,
                    own + missing,
                    splits,
                    {d: int(units.get(d, 0)) for d in DISPOSITIONS},
                    int(part["incomplete"].sum()),
                )
            )
    return (*counts, *_unmapped(ledger, mapping))


def book_block_counts(
    connection: sets.Connection, ledger: Ledger, run_id: str, canonical: Mapping[str, Path]
) -> None:
    """Book how many records and units each block's transform wrote, before anything is booked of
    them: the unit table is held against this count."""
    counted = [
        (
            block,
            *sets.run(
                connection,
                f"SELECT count(DISTINCT {RECORD_ID}), count(*) FROM {sets.parquet([path])}",
            )[0],
            run_id,
        )
        for block, path in canonical.items()
    ]
    with ledger.begin() as book:
        book.execute(text("DELETE FROM block_count"))
        write_many(
            book, 'INSERT INTO block_count (block, "rows", units, run) VALUES (?, ?, ?, ?)', counted
        )


def _homes(
    mapping: MappingSpec, rows: pd.DataFrame, waves: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """Block -> the line (object, wave) that shows what it lost: the first that holds units of it,
    or, where it has none at all, its own."""
    homes = {}
    for block in mapping.blocks:
        held = set(rows.loc[rows["block"] == block.name, "wave"])
        wave = next((w for w in waves if w in held), block.wave)
        homes[block.name] = (block.object, wave)
    return homes


def _more_splits(ledger: Ledger, mapping: MappingSpec, rows: pd.DataFrame) -> dict[str, int]:
    """Block -> splits that the plan's transform made and the unit table does not show (negative:
    the table holds more). Units that an earlier plan left are counted as they stand."""
    counted = ledger.frame('SELECT block, "rows" AS rows, units, run FROM block_count')
    if counted.empty:
        return {}
    older = ledger.frame(
        "SELECT u.block, count(*) AS units, count(DISTINCT CASE WHEN r.gone_run IS NOT NULL THEN "
        "u.record_id END) AS gone FROM unit u JOIN record r USING (record_id) "
        "WHERE u.last_run <> :run GROUP BY 1",
        run=str(counted["run"].iloc[0]),
    )
    left = {b: int(u) - int(g) for b, u, g in older.itertuples(index=False)}
    made = {b: int(u) - int(r) for b, r, u, _ in counted.itertuples(index=False)}
    held = (rows["units"] - rows["rows"]).groupby(rows["block"]).sum().to_dict()
    return {
        b.name: made[b.name] + left.get(b.name, 0) - int(held.get(b.name, 0))
        for b in mapping.blocks
        if b.name in made
    }


def _lost_rows(ledger: Ledger, mapping: MappingSpec, rows: pd.DataFrame) -> dict[str, int]:
    """Block -> rows that the source counts and that no unit stands for (negative: too many)."""
    own = ledger.frame("SELECT name, row_count FROM source_table")
    counted = dict(zip(own["name"], own["row_count"], strict=True))
    gone = ledger.frame(
        "SELECT u.block, count(DISTINCT u.record_id) AS rows FROM unit u JOIN record r "
        "USING (record_id) WHERE r.gone_run IS NOT NULL GROUP BY 1"
    )
    gone_rows = dict(zip(gone["block"], gone["rows"], strict=True))
    held = rows.groupby("block")["rows"].sum().to_dict()
    lost = {}
    for block in mapping.blocks:
        expected = int(counted.get(block.table) or 0) + int(gone_rows.get(block.name, 0))
        difference = expected - int(held.get(block.name, 0))
        if difference:
            lost[block.name] = difference
    return lost


def _not_placed(ledger: Ledger, mapping: MappingSpec) -> dict[str, int]:
    """Block -> lines of its table that are no row: they wait in quarantine, as the Issues say."""
    found = ledger.frame("SELECT name, not_placed FROM source_table WHERE not_placed > 0")
    lines = dict(zip(found["name"], found["not_placed"], strict=True))
    return {b.name: int(lines[b.table]) for b in mapping.blocks if b.table in lines}


def _unmapped(ledger: Ledger, mapping: MappingSpec) -> list[ObjectCount]:
    read = {block.table for block in mapping.blocks}
    own = ledger.frame("SELECT name, row_count FROM source_table ORDER BY name")
    return [
        ObjectCount(
            f"({name})", NOT_MAPPED, int(count), 0,
            {d: int(count) if d == "excluded" else 0 for d in DISPOSITIONS},
        )
        for name, count in zip(own["name"], own["row_count"], strict=True)
        if name not in read
    ]  # fmt: skip


COLUMN_HEADER = ("table", "column", "values", "mapped", "dropped", "archived", "quarantined")


def count_columns(
    connection: sets.Connection, setup: Setup, tables: Mapping[str, Table],
    extracts: Mapping[str, Path],
) -> list[tuple[str, ...]]:  # fmt: skip
    """Non-empty values of each source column = mapped + dropped + archived + quarantined.

    Needs the scratch table ``units``. A value is mapped when a unit that reads it goes to the
    target, quarantined when such a unit waits, archived when no unit carries it.
    """
    drops = {(drop.table, drop.column) for drop in setup.mapping.drops}
    lines: list[tuple[str, ...]] = []
    for name, table in tables.items():
        blocks = [block for block in setup.mapping.blocks if block.table == name]
        joins = [(b, join) for b in setup.mapping.blocks for join in b.joins if join.table == name]
        readers: dict[str, tuple[str, ...]] = {}
        for column in table.column_names:
            own = [_units_of(block) for block in blocks if _reads(block, column)]
            own += [_units_beside(b, j, extracts) for b, j in joins if _reads_joined(b, j, column)]
            readers[column] = tuple(own)
        for column in key_columns(setup.project, table):
            readers[column] = (*(_units_of(block) for block in blocks), *readers[column])
        passed = {c: passed_over(setup, name, c) for c in table.column_names}
        for column in key_columns(setup.project, table):
            passed[column] = ""
        lines += _count_table(connection, name, table, readers, drops, passed, extracts[name])
    return lines


def passed_over(setup: Setup, table: str, column: str) -> str:
    """When is a value of a column read and not taken, because an earlier column is filled, or the
    row does not meet the field's condition?

    A SQL condition on the table's rows (alias ``t``); empty when the column is taken wherever it
    is filled. Of ``from: [phone, mobile]`` the mobile is passed over where there is a phone.
    """
    nulls = (*setup.project.nulls, *table_spec(setup.project, table).nulls)
    spelled = ", ".join(literal(text) for text in ("", *nulls))
    conditions = []
    for block in setup.mapping.blocks:
        if block.table != table or not _reads(block, column):
            continue
        if block.unpivot or column in block.distinct:
            return ""
        for field in block.fields:
            if column not in field.source_columns:
                continue
            own = [*_after_earlier(field, column, spelled), *_not_met(field, spelled)]
            if not own:
                return ""
            conditions.append(f"({' OR '.join(own)})")
    return " AND ".join(conditions)


def _after_earlier(field: FieldMap, column: str, spelled: str) -> list[str]:
    """SQL: one of the columns before this one is filled. Nothing where that is not known."""
    if field.kind != "columns" or column not in field.columns[1:]:
        return []
    earlier = field.columns[: field.columns.index(column)]
    if any("." in name for name in earlier):
        return []  # a joined column is not in the table's own rows
    return [f"trim(t.{quote(name)}) NOT IN ({spelled})" for name in earlier]


def _not_met(field: FieldMap, spelled: str) -> list[str]:
    """SQL: the row does not meet the field's condition. Nothing where SQL cannot tell: a regular
    expression is not the database's, a joined column not in the table's own rows."""
    if field.when is None or any("." in name for name in field.when.columns):
        return []
    if any(test.test == "matches" for test in field.when.tests):
        return []

    def text(name: str) -> str:
        return f"CASE WHEN trim(t.{quote(name)}) NOT IN ({spelled}) THEN t.{quote(name)} END"

    return [f"NOT {condition_sql(field.when, text, {}, trim='trim')}"]


def _reads(block: Block, column: str) -> bool:
    read = {c for field in block.fields for c in field.source_columns} | set(block.distinct)
    if block.unpivot:
        for columns in block.unpivot.groups.values():
            read |= {old for new, old in columns.items() if new in read}
    return column in read


def _reads_joined(block: Block, join: Join, column: str) -> bool:
    """Whether a block reads a column of a table that it joins, if only to find its row."""
    read = {c for field in block.fields for c in field.source_columns}
    read |= {own for other in block.joins for own in other.on}
    return column in join.on.values() or f"{join.alias}.{column}" in read


def _units_of(block: Block) -> str:
    return f"SELECT {RECORD_ID}, role FROM units WHERE block = {literal(block.name)}"


def _units_beside(block: Block, join: Join, extracts: Mapping[str, Path]) -> str:
    """The units of a block at the rows of a table that it joins."""
    joins = []
    for one in block.joins[: block.joins.index(join) + 1]:
        on = []
        for own, theirs in one.on.items():
            alias, column = block.joined_column(own)
            cell = f"{quote(alias)}.{quote(column)}" if alias else f"b.{quote(own)}"
            on.append(f"trim({cell}) = trim({quote(one.alias)}.{quote(theirs)})")
        joins.append(
            f"JOIN {sets.parquet([extracts[one.table]])} {quote(one.alias)} ON {' AND '.join(on)}"
            if one is join
            or any(own.startswith(f"{one.alias}.") for j in block.joins for own in j.on)
            else ""
        )
    return (
        f"SELECT {quote(join.alias)}.{RECORD_ID}, u.role FROM units u "
        f"JOIN {sets.parquet([extracts[block.table]])} b ON b.{RECORD_ID} = u.{RECORD_ID} "
        f"{' '.join(joins)} WHERE u.block = {literal(block.name)}"
    )


def _count_table(
    connection: sets.Connection, name: str, table: Table, readers: Mapping[str, tuple[str, ...]],
    drops: set[tuple[str, str]], passed: Mapping[str, str], extract: Path,
) -> list[tuple[str, ...]]:  # fmt: skip
    groups = sorted({units for units in readers.values() if units})
    sums, joins = [], []
    for number, units in enumerate(groups):
        joins.append(
            f"LEFT JOIN (SELECT {RECORD_ID}, CASE WHEN bool_or(role IN ('survivor', 'merged')) "
            "THEN 'mapped' WHEN bool_or(role = 'quarantined') THEN 'quarantined' END AS fate "
            f"FROM ({' UNION ALL '.join(units)}) GROUP BY 1) g{number} "
            f"ON g{number}.{RECORD_ID} = t.{RECORD_ID}"
        )
    for column in table.column_names:
        filled = f"trim(t.{quote(column)}) <> ''"
        units = readers.get(column, ())
        if units:
            fate = f"coalesce(g{groups.index(units)}.fate, 'archived')"
            if passed[column]:
                fate = f"CASE WHEN {fate} = 'mapped' AND ({passed[column]}) THEN 'archived' ELSE {fate} END"
        else:
            fate = literal("dropped" if (name, column) in drops else "archived")
        sums.append(f"count(*) FILTER ({filled})")
        sums += [
            f"count(*) FILTER ({filled} AND {fate} = {literal(kind)})" for kind in COLUMN_HEADER[3:]
        ]
    if not sums:
        return []
    row = sets.run(
        connection,
        f"SELECT {', '.join(sums)} FROM {sets.parquet([extract])} t {' '.join(joins)}",
    )[0]
    return [
        (name, column, *(str(n) for n in row[5 * place : 5 * place + 5]))
        for place, column in enumerate(table.column_names)
    ]
