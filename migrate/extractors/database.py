"""What tables does a database hold? SQLite files, PostgreSQL, MariaDB and MySQL, read-only.

Each table is read in one transaction that cannot write, in the order of its key, streamed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from migrate.errors import SourceError, UsageError
from migrate.extractors._connections import open_engine, read_only, refused, refusing, said_by
from migrate.extractors._text import (
    check_options,
    checked_names,
    chosen,
    frame_of,
    nearest,
    table_options,
    text_of,
)
from migrate.specs.secrets import mask_url
from migrate.values import Column, ForeignKey, Issue, Table

TABLE_OPTIONS = ("table", "key")


def read_tables(
    place: str | Path,
    *,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
    queries: Mapping[str, str] | None = None,
    **options: Any,
) -> list[Table]:
    """Give the tables and views of a database, and one table for each of ``queries``.

    ``tables`` gives a table of the database another name (``table``) or a ``key`` that the
    database does not declare; the others stay as they are.
    """
    shown = mask_url(str(place))
    check_options(options, ("tables", "only", "queries"), shown)
    table_options(tables or {}, TABLE_OPTIONS, shown)
    engine = open_engine(place)
    try:
        return _reflected(engine, shown, tables or {}, only, queries or {})
    except SQLAlchemyError as problem:
        raise refused(problem, engine, shown) from None


def _reflected(
    engine: sa.Engine,
    shown: str,
    tables: Mapping[str, Mapping[str, Any]],
    only: Sequence[str] | None,
    queries: Mapping[str, str],
) -> list[Table]:
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        there = [n for n in inspector.get_table_names() if not n.startswith("sqlite_")]
        views = frozenset(inspector.get_view_names())
        there += sorted(views)
        renamed = {str(own["table"]): name for name, own in tables.items() if "table" in own}
        for name, own in tables.items():
            if (wanted := str(own.get("table", name))) not in there:
                near = nearest(wanted, there)
                raise SourceError(
                    f'there is no table "{wanted}"; there are: {", ".join(sorted(there))}',
                    hint=f'did you mean "{near}"?' if near else "correct the name in `tables`",
                    where=shown,
                )
        names = {renamed.get(table, table): table for table in sorted(there)}
        taken = [name for name in queries if name in names]
        if taken:
            raise UsageError(
                f"a query has the name of a table: {', '.join(taken)}",
                hint="give the query another name",
                where=shown,
            )
        result: list[Table] = []
        broken: list[Issue] = []
        for name in chosen([*names, *queries], only, shown):
            own_key = tuple(tables.get(name, {}).get("key", ()))
            if name in queries:
                result.append(_query(engine, shown, name, queries[name]))
                continue
            try:
                table = _table(engine, inspector, shown, name, names[name], own_key, names)
            except SQLAlchemyError as problem:
                if names[name] not in views or only is not None:
                    raise
                broken.append(_broken_view(name, shown, said_by(problem, engine)))
                continue
            result.append(replace(table, is_view=names[name] in views))
    if broken and result:
        result[0] = replace(result[0], issues=lambda: tuple(broken))
    return result


def _broken_view(name: str, shown: str, said: str) -> Issue:
    return Issue(
        code="view_unreadable", severity="warning", entity=name, place=f"{shown}#{name}",
        message=f"the view cannot be read: {said}", hint="it may name a table that is gone",
    )  # fmt: skip


def _table(
    engine: sa.Engine,
    inspector: sa.Inspector,
    shown: str,
    name: str,
    table: str,
    own_key: tuple[str, ...],
    names: Mapping[str, str],
) -> Table:
    columns = tuple(
        Column(str(c["name"]), _declared(c["type"], engine)) for c in inspector.get_columns(table)
    )
    place = f"{shown}, table {table}"
    checked_names([(i, c.name) for i, c in enumerate(columns, start=1)], place)
    key = own_key or tuple(inspector.get_pk_constraint(table).get("constrained_columns") or ())
    unknown = [part for part in key if part not in {c.name for c in columns}]
    if unknown:
        near = nearest(unknown[0], [c.name for c in columns])
        raise SourceError(
            f'the key names a column that is not there: "{unknown[0]}"',
            hint=f'did you mean "{near}"?' if near else "correct `key`",
            where=place,
        )
    listed = ", ".join(_quoted(engine, c.name) for c in columns)
    order = ", ".join(_quoted(engine, part) for part in key)
    select = f"SELECT {listed} FROM {_quoted(engine, table)}" + (
        f" ORDER BY {order}" if key else ""
    )
    return Table(
        name=name,
        columns=columns,
        origin=f"{shown}#{table}",
        read=_reader(engine, shown, select, columns),
        count=_counter(engine, shown, f"SELECT count(*) FROM {_quoted(engine, table)}"),
        key=key,
        foreign_keys=_foreign_keys(inspector, table, names),
        reading={"table": table, "order": list(key)},
    )


def _foreign_keys(
    inspector: sa.Inspector, table: str, names: Mapping[str, str]
) -> tuple[ForeignKey, ...]:
    """Give the declared references under the names that our tables have."""
    ours = {theirs: name for name, theirs in names.items()}
    keys = []
    for found in inspector.get_foreign_keys(table):
        target = found["referred_table"]
        if target not in ours:
            continue  # declared, but to a table that is not there
        # SQLite lets a reference leave out the columns: then it means the primary key.
        columns = (
            found["referred_columns"] or inspector.get_pk_constraint(target)["constrained_columns"]
        )
        keys.append(ForeignKey(tuple(found["constrained_columns"]), ours[target], tuple(columns)))
    return tuple(keys)


def _query(engine: sa.Engine, shown: str, name: str, query: str) -> Table:
    select = query.strip().rstrip(";")
    place = f"{shown}, query {name}"
    if not select.lower().startswith(("select", "with")):
        raise UsageError(
            "a query must begin with SELECT or WITH", hint="correct `queries`", where=place
        )
    # MySQL's stream must be read to its end; elsewhere the query itself tells two equal names.
    is_mysql = engine.dialect.name in ("mysql", "mariadb")
    described = f"SELECT * FROM ({select}) AS described WHERE 1 = 0" if is_mysql else select
    with refusing(engine, place), read_only(engine, streams=not is_mysql) as cursor:
        cursor.execute(described)
        columns = tuple(Column(str(part[0])) for part in cursor.description)
    checked_names([(i, c.name) for i, c in enumerate(columns, start=1)], place)
    return Table(
        name=name,
        columns=columns,
        origin=f"{shown}#{name}",
        read=_reader(engine, shown, select, columns),
        count=_counter(engine, shown, f"SELECT count(*) FROM ({select}) AS counted"),
        reading={"query": query},
    )


def _declared(kind: sa.types.TypeEngine[Any], engine: sa.Engine) -> str:
    if isinstance(kind, sa.types.NullType):
        return "text"
    return str(kind.compile(engine.dialect)).lower()


def _quoted(engine: sa.Engine, name: str) -> str:
    return engine.dialect.identifier_preparer.quote_identifier(name)


def _reader(
    engine: sa.Engine, shown: str, select: str, columns: tuple[Column, ...]
) -> Callable[[int], Iterator[pd.DataFrame]]:
    names = [column.name for column in columns]
    bits = [i for i, column in enumerate(columns) if column.type.startswith("bit")]

    def read(rows: int) -> Iterator[pd.DataFrame]:
        done = 0
        with refusing(engine, shown), read_only(engine, streams=True) as cursor:
            cursor.execute(select)
            while (found := cursor.fetchmany(rows)) or not done:
                values = list(zip(*found, strict=True)) or [()] * len(names)
                yield frame_of(
                    names,
                    [_texts(column, index in bits) for index, column in enumerate(values)],
                    range(done + 1, done + len(found) + 1),
                )
                done += len(found)
                if not found:
                    return

    return read


def _texts(values: Sequence[object], is_bit: bool) -> list[str | None]:
    if is_bit:
        values = [int.from_bytes(v, "big") if isinstance(v, bytes) else v for v in values]
    return [value if type(value) is str else text_of(value) for value in values]


def _counter(engine: sa.Engine, shown: str, select: str) -> Callable[[], int]:
    def count() -> int:
        with refusing(engine, shown), read_only(engine) as cursor:
            cursor.execute(select)
            return int(cursor.fetchone()[0])

    return count
