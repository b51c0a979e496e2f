"""Which statements write the records of a batch: insert, update or delete?"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from migrate.errors import TargetError
from migrate.loaders._sql_engine import Database
from migrate.loaders._sql_errors import Refusal, explain
from migrate.loaders._sql_read import versions
from migrate.loaders._sql_schema import LiveTable
from migrate.loaders._sql_values import to_driver, to_text
from migrate.loaders._sql_write import (
    FIRST_VERSION,
    GONE,
    Outcome,
    Work,
    Written,
    created_ids,
)
from migrate.registry import did_you_mean
from migrate.values import ENTITY_ID, Batch


def prepare(
    database: Database, tables: Mapping[str, LiveTable], table: LiveTable, batch: Batch
) -> Work:
    """Make a batch ready to be sent; nothing is connected yet."""
    if batch.op == "create":
        return _creation(database, tables, table, batch.frame)
    if batch.op == "update":
        return _updating(database, tables, table, batch.frame)
    return _deleting(database, table, batch.frame)


@dataclass(frozen=True)
class _Columns:
    """Native values by column, one list entry per record of the batch."""

    values: Mapping[str, Sequence[Any]]

    def rows(self, names: Sequence[str], positions: Sequence[int]) -> list[tuple[Any, ...]]:
        picked = [self.values[name] for name in names]
        if positions[-1] == len(positions) - 1:
            # The first records of the batch, mostly all of them.
            return list(zip(*(column[: len(positions)] for column in picked), strict=True))
        return [tuple(column[p] for column in picked) for p in positions]


def _shape_check(table: LiveTable, names: Iterable[str]) -> None:
    for name in names:
        if name not in table.shapes:
            raise TargetError(
                f"{table.object.name} has no field {name!r}",
                hint=did_you_mean(name, table.shapes),
            )


# -- create -----------------------------------------------------------------------------------


def _creation(
    database: Database,
    tables: Mapping[str, LiveTable],
    table: LiveTable,
    frame: pd.DataFrame,
) -> Work:
    names = [str(name) for name in frame.columns if name != ENTITY_ID]
    external_id = table.object.external_id
    _shape_check(table, names)
    if external_id not in names:
        raise TargetError(f"a batch of {table.object.name} has no column {external_id!r}")
    refused: dict[int, Refusal] = {}
    values: dict[str, Sequence[Any]] = {}
    for name in names:
        values[name], bad = to_driver(frame[name], table.shapes[name], name)
        refused = bad | refused
    keys = frame[external_id].tolist()
    for position in frame[external_id].isna().to_numpy().nonzero()[0].tolist():
        refused.setdefault(position, explain("not_null", external_id))
    columns = _Columns(values)

    def apply(connection: sa.Connection, positions: Sequence[int]) -> dict[int, Outcome]:
        ids = _insert(database, connection, table, columns, positions)
        if ids is None:
            by_key = created_ids(database, connection, table, [keys[p] for p in positions])
            if any(keys[p] not in by_key for p in positions):
                raise TargetError(
                    f"{database.label}: {table.name}.{external_id} did not keep the external ids "
                    "as they were sent, so the records could not be found again",
                    hint=f"make {external_id} a VARCHAR of at least 191 characters",
                )
            ids = [by_key[keys[p]] for p in positions]
        if table.object.version_field:
            # Made by our own column's default: nothing to read back.
            return {p: Written(i, FIRST_VERSION) for p, i in zip(positions, ids, strict=True)}
        now = versions(database, connection, table, ids)
        return {p: Written(i, now[i]) for p, i in zip(positions, ids, strict=True)}

    def locate(connection: sa.Connection, position: int, found: Refusal) -> Refusal:
        record = {name: column[position] for name, column in values.items()}
        return _locate(database, connection, tables, table, record, found)

    return Work(frame[ENTITY_ID].tolist(), apply, locate, refused)


def _insert(
    database: Database,
    connection: sa.Connection,
    table: LiveTable,
    columns: _Columns,
    positions: Sequence[int],
) -> list[str] | None:
    """Insert the records; their ids, or None where the target must be asked for them."""
    sent: Sequence[Any] | None = columns.values.get(table.id)
    if sent is None and table.makes_ids:
        reserved = _reserve(database, connection, table, len(positions))
        if reserved is not None:
            sent = _spread(reserved, positions)
            columns = _Columns({table.id: sent, **columns.values})
    for names, some in _by_defaults(table, columns, positions).items():
        _insert_rows(database, connection, table, names, columns.rows(names, some))
    if sent is None:
        return None
    ids = [sent[p] for p in positions]
    return [str(text) for text in to_text(ids, table.shapes[table.id])]


def _spread(ids: Sequence[int], positions: Sequence[int]) -> Sequence[int | None]:
    """The ids at their records' places in the batch."""
    if positions[-1] == len(positions) - 1:
        return ids
    spread: list[int | None] = [None] * (positions[-1] + 1)
    for p, key in zip(positions, ids, strict=True):
        spread[p] = key
    return spread


def _by_defaults(
    table: LiveTable, columns: _Columns, positions: Sequence[int]
) -> dict[tuple[str, ...], Sequence[int]]:
    """Records by the columns that are sent: a missing value leaves the column's default alone."""
    names = tuple(columns.values)
    optional = [
        name
        for name in names
        if table.shapes[name].has_default
        and any(columns.values[name][p] is None for p in positions)
    ]
    if not optional:
        return {names: positions}
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for p in positions:
        absent = {name for name in optional if columns.values[name][p] is None}
        groups[tuple(name for name in names if name not in absent)].append(p)
    return dict(groups)


def _reserve(
    database: Database, connection: sa.Connection, table: LiveTable, size: int
) -> list[int] | None:
    """Ids that are ours alone, so that the answer needs no read-back; None: the target has no way.

    SQLite: the journal's row already locked the file against every other writer. PostgreSQL: the
    sequence gives each number once.
    """
    if database.dialect == "sqlite":
        key, name = database.quote(table.id), database.quote(table.name)
        largest = connection.exec_driver_sql(f"SELECT max({key}) FROM {name}").scalar_one() or 0
        has_sequence = connection.exec_driver_sql(
            "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'"
        ).scalar_one()
        if has_sequence:
            # The numbers of deleted records are not given again.
            used = connection.exec_driver_sql(
                "SELECT seq FROM sqlite_sequence WHERE name = ?", (table.name,)
            ).scalar()
            largest = max(largest, int(used or 0))
        return list(range(largest + 1, largest + 1 + size))
    if database.dialect == "postgresql":
        sequence = connection.exec_driver_sql(
            "SELECT pg_get_serial_sequence(%s, %s)", (database.quote(table.name), table.id)
        ).scalar_one()
        if sequence is None:
            return None
        rows = connection.exec_driver_sql(
            "SELECT nextval(%s::regclass) FROM generate_series(1, %s)", (sequence, size)
        )
        return [int(row[0]) for row in rows]
    return None


def _insert_rows(
    database: Database,
    connection: sa.Connection,
    table: LiveTable,
    names: Sequence[str],
    rows: list[tuple[Any, ...]],
) -> None:
    into = f"{database.quote(table.name)} ({', '.join(map(database.quote, names))})"
    if database.dialect == "postgresql":
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join([database.mark] * len(names))
    connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({marks})", rows)


# -- update and delete ------------------------------------------------------------------------


def _updating(
    database: Database,
    tables: Mapping[str, LiveTable],
    table: LiveTable,
    frame: pd.DataFrame,
) -> Work:
    changes: list[dict[str, str | None]] = [json.loads(text) for text in frame["changes"]]
    _shape_check(table, dict.fromkeys(name for change in changes for name in change))
    ids = frame["target_id"].tolist()
    by_fields: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for position, change in enumerate(changes):
        by_fields[tuple(sorted(change))].append(position)
    native: list[tuple[Any, ...]] = [()] * len(changes)
    refused: dict[int, Refusal] = {}
    for names, positions in by_fields.items():
        columns = []
        for name in names:
            texts = pd.Series([changes[p][name] for p in positions], dtype="str")
            values, bad = to_driver(texts, table.shapes[name], name)
            refused |= {positions[at]: r for at, r in bad.items() if positions[at] not in refused}
            columns.append(values)
        for p, row in zip(positions, zip(*columns, strict=True), strict=False):
            native[p] = row

    def apply(connection: sa.Connection, positions: Sequence[int]) -> dict[int, Outcome]:
        wanted = set(positions)
        for names, members in by_fields.items():
            rows = [
                (*native[p], key)
                for p in members
                if p in wanted and (key := table.key_value(ids[p])) is not None
            ]
            if names and rows:
                _update_rows(database, connection, table, names, rows)
        now = versions(database, connection, table, [ids[p] for p in positions])
        return {p: Written(ids[p], now[ids[p]]) if ids[p] in now else GONE for p in positions}

    def locate(connection: sa.Connection, position: int, found: Refusal) -> Refusal:
        record = dict(zip(sorted(changes[position]), native[position], strict=True))
        return _locate(database, connection, tables, table, record, found)

    return Work(frame[ENTITY_ID].tolist(), apply, locate, refused)


def _update_rows(
    database: Database,
    connection: sa.Connection,
    table: LiveTable,
    names: Sequence[str],
    rows: list[tuple[Any, ...]],
) -> None:
    mark, quote = database.mark, database.quote
    pairs = ", ".join(f"{quote(name)} = {mark}" for name in names)
    query = f"UPDATE {quote(table.name)} SET {pairs} WHERE {quote(table.id)} = {mark}"
    connection.exec_driver_sql(query, rows)


def _deleting(database: Database, table: LiveTable, frame: pd.DataFrame) -> Work:
    ids = frame["target_id"].tolist()
    query = (
        f"DELETE FROM {database.quote(table.name)} "
        f"WHERE {database.quote(table.id)} = {database.mark}"
    )

    def apply(connection: sa.Connection, positions: Sequence[int]) -> dict[int, Outcome]:
        there = versions(database, connection, table, [ids[p] for p in positions])
        rows = [(table.key_value(ids[p]),) for p in positions if ids[p] in there]
        if rows:
            connection.exec_driver_sql(query, rows)
        return {
            p: Written(ids[p], "", "" if ids[p] in there else "it was gone already")
            for p in positions
        }

    def locate(connection: sa.Connection, position: int, found: Refusal) -> Refusal:
        if found.code == "foreign_key":
            return Refusal(found.code, "other records refer to this one")
        return found

    return Work(frame[ENTITY_ID].tolist(), apply, locate)


# -- which column was it? ---------------------------------------------------------------------


def _locate(
    database: Database,
    connection: sa.Connection,
    tables: Mapping[str, LiveTable],
    table: LiveTable,
    record: Mapping[str, Any],
    found: Refusal,
) -> Refusal:
    """Name the column where the database did not, by the record itself; never its value."""
    if found.column in table.unique_keys:
        return explain(found.code, ", ".join(table.unique_keys[found.column]))
    if found.column:
        return found
    if found.code == "foreign_key":
        return explain(
            found.code, ", ".join(_dangling(database, connection, tables, table, record))
        )
    if found.code == "too_long":
        long = [
            f.name
            for f in table.object.fields
            if f.length and isinstance(v := record.get(f.name), str) and len(v) > f.length
        ]
        return explain(found.code, ", ".join(long))
    return found


def _dangling(
    database: Database,
    connection: sa.Connection,
    tables: Mapping[str, LiveTable],
    table: LiveTable,
    record: Mapping[str, Any],
) -> list[str]:
    names = []
    for reference in table.object.references:
        key = record.get(reference.name)
        parents = [tables[name] for name in reference.references if name in tables]
        if key is None or not parents or reference.type_field:
            continue
        if not any(versions(database, connection, parent, [str(key)]) for parent in parents):
            names.append(reference.name)
    return names
