"""What is in the target now: records, versions, counts and children?

Every page is a transaction of its own: a reader that kept one open would hold up the writer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import pandas as pd
import sqlalchemy as sa

from migrate.loaders._sql_engine import Database
from migrate.loaders._sql_schema import LiveTable
from migrate.loaders._sql_values import row_hash, text_frame, to_text
from migrate.values import BATCH_ROWS, TargetField

_Item = TypeVar("_Item")


def chunks(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def _columns(table: LiveTable) -> list[str]:
    """The columns of one record image, each once: the external id may be the key itself."""
    keys = (table.id, table.object.external_id, table.object.version_field)
    return list(dict.fromkeys(name for name in (*keys, *table.readable) if name))


def _select(database: Database, table: LiveTable, columns: Sequence[str], rest: str) -> str:
    names = ", ".join(database.quote(name) for name in columns)
    return f"SELECT {names} FROM {database.quote(table.name)} {rest}"


def _frame(table: LiveTable, columns: Sequence[str], rows: Sequence[Any]) -> pd.DataFrame:
    """Rows as they come from the driver, as a frame of canonical text."""
    native = zip(*rows, strict=True) if rows else ([] for _ in columns)
    texts = {
        name: to_text(values, table.shapes[name])
        for name, values in zip(columns, native, strict=True)
    }
    nothing: list[str | None] = [None] * len(rows)
    versions = texts.get(table.object.version_field, nothing)
    if not table.object.version_field:
        hashed = [texts[name] for name in columns]
        versions = [row_hash(row) for row in zip(*hashed, strict=True)]
    found = {
        "target_id": texts[table.id],
        "external_id": texts.get(table.object.external_id, nothing),
        "version": versions,
    }
    return text_frame(found | {name: texts[name] for name in table.readable if name in texts})


def read_all(database: Database, table: LiveTable) -> Iterator[pd.DataFrame]:
    """All records in the order of their ids."""
    columns, key = _columns(table), database.quote(table.id)
    last: Any = None
    while True:
        after = f"WHERE {key} > {database.mark} " if last is not None else ""
        query = _select(database, table, columns, f"{after}ORDER BY {key} LIMIT {BATCH_ROWS}")
        with database.connect(f"reading {table.name}") as connection:
            rows = connection.exec_driver_sql(query, (last,) if after else ()).all()
        if rows:
            yield _frame(table, columns, rows)
        if len(rows) < BATCH_ROWS:
            return
        last = rows[-1][0]


def read_some(
    database: Database, table: LiveTable, target_ids: Sequence[str]
) -> Iterator[pd.DataFrame]:
    """The named records; those that are gone are left out."""
    for some in chunks(dict.fromkeys(target_ids), BATCH_ROWS):
        with database.connect(f"reading {table.name}") as connection:
            yield images(database, connection, table, some)


def images(
    database: Database, connection: sa.Connection, table: LiveTable, target_ids: Iterable[str]
) -> pd.DataFrame:
    """Record images by target id, inside the caller's transaction."""
    keys = [k for k in map(table.key_value, target_ids) if k is not None]
    return _lookup(database, connection, table, table.id, keys, _columns(table))


def versions(
    database: Database, connection: sa.Connection, table: LiveTable, target_ids: Iterable[str]
) -> dict[str, str]:
    """The version of each record that is there."""
    keys = [k for k in map(table.key_value, target_ids) if k is not None]
    version_field = table.object.version_field
    columns = [table.id, version_field] if version_field else _columns(table)
    found = _lookup(database, connection, table, table.id, keys, columns)
    return dict(zip(found["target_id"], found["version"], strict=True))


def probe(
    database: Database, connection: sa.Connection, table: LiveTable, external_ids: Iterable[str]
) -> pd.DataFrame:
    """Which external ids are there: ``external_id, target_id, version``, doubles included."""
    external_id, version_field = table.object.external_id, table.object.version_field
    keys: list[Any] = list(dict.fromkeys(external_ids))
    if table.shapes[external_id].kind == "integer":
        keys = [int(key) for key in keys if key.removeprefix("-").isdecimal()]
    columns = list(dict.fromkeys((table.id, external_id, version_field)))
    columns = columns if version_field else _columns(table)
    found = _lookup(database, connection, table, external_id, keys, columns)
    return found[["external_id", "target_id", "version"]]


def _lookup(
    database: Database,
    connection: sa.Connection,
    table: LiveTable,
    column: str,
    keys: Sequence[Any],
    columns: Sequence[str],
) -> pd.DataFrame:
    rows: list[Any] = []
    for some in chunks(keys, database.keys_per_call):
        condition, parameters = database.key_filter(column, table.shapes[column].sql_type, some)
        query = _select(database, table, columns, f"WHERE {condition}")
        rows += connection.exec_driver_sql(query, parameters).all()
    return _frame(table, columns, rows)


def count(database: Database, table: LiveTable) -> int:
    with database.connect(f"counting {table.name}") as connection:
        query = f"SELECT count(*) FROM {database.quote(table.name)}"
        return int(connection.exec_driver_sql(query).scalar_one())


def children(
    database: Database,
    table: LiveTable,
    field: TargetField,
    parent: LiveTable,
    target_ids: Sequence[str],
) -> Iterator[tuple[str, str]]:
    """``(parent id, child id)`` of the records whose field refers to one of these parents.

    Of a polymorphic reference only those count whose type column names the parent's object.
    """
    keys = [k for k in map(parent.key_value, target_ids) if k is not None]
    names = ", ".join(database.quote(name) for name in (field.name, table.id))
    shape = table.shapes[field.name]
    for some in chunks(keys, database.keys_per_call):
        condition, parameters = database.key_filter(field.name, shape.sql_type, some)
        if field.type_field:
            condition += f" AND {database.quote(field.type_field)} = {database.mark}"
            parameters = (*parameters, parent.object.name)
        query = f"SELECT {names} FROM {database.quote(table.name)} WHERE {condition}"
        with database.connect(f"looking for children in {table.name}") as connection:
            rows = connection.exec_driver_sql(query, parameters).all()
        parents = to_text((row[0] for row in rows), shape)
        ids = to_text((row[1] for row in rows), table.shapes[table.id])
        yield from ((str(p), str(i)) for p, i in zip(parents, ids, strict=True))
