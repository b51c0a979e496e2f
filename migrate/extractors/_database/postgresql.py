"""How are PostgreSQL's tables read at one moment, and as fast as the server sends them?

A keeper connection holds a repeatable-read transaction and exports its snapshot; every table is
read by a connection of its own that takes it, with COPY, so that two tables may be read in turns
and a broken connection may be made anew at the same moment.
"""

from __future__ import annotations

import selectors
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv as pc_csv
import sqlalchemy as sa
from psycopg import pq, sql

from migrate.errors import SourceError
from migrate.extractors._database.connections import is_lost, own_connection
from migrate.extractors._database.families import FAMILIES
from migrate.extractors._database.select import Selection, after_key, statement
from migrate.extractors._database.texts import (
    BOOLEAN,
    CHAR,
    DAY,
    FLOAT,
    INSTANT,
    MOMENT,
    OTHER,
    TEXT,
    Part,
    SourceColumn,
    decoded_texts,
    standard_texts,
)

_KINDS = {
    16: BOOLEAN, 700: FLOAT, 701: FLOAT, 1042: CHAR, 1082: DAY, 1114: MOMENT, 1184: INSTANT,
    25: TEXT, 1043: TEXT, 19: TEXT,
}  # fmt: skip
_MONEY = 790
_MOST_BYTES = 64 << 20  # of a batch
_PING_SECONDS = 60


class PostgresqlMoment:
    """One moment of a PostgreSQL database; opened at the first read."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._keeper = _connection(engine)
        self._close = weakref.finalize(self, _shut, self._keeper)
        self._pinged = time.monotonic()
        cursor = self._keeper.cursor()
        cursor.execute(FAMILIES["postgresql"].begin[0])
        cursor.execute("SELECT current_setting('server_encoding')")
        self._is_bytes = str(cursor.fetchone()[0]) == "SQL_ASCII"
        cursor.execute("SELECT pg_export_snapshot()")
        self._snapshot = str(cursor.fetchone()[0])

    def close(self) -> None:
        self._close()

    def is_alive(self) -> bool:
        """Ask the server whether the snapshot is still held."""
        with suppress(psycopg.Error):
            self._keeper.execute("SELECT 1")
            self._pinged = time.monotonic()
            return True
        return False

    def number(self, query: str) -> int:
        connection = self._reader()
        try:
            return int(connection.execute(query.encode()).fetchone()[0])
        finally:
            _shut(connection)

    def batches(self, selection: Selection, rows: int) -> Iterator[Part]:
        """Yield the rows in order, at most ``rows`` at a time."""
        done, tries = 0, 0
        key: tuple[Any, ...] = ()
        while True:
            connection = self._reader()
            try:
                for last, part in self._copied(connection, selection, rows, key):
                    key = tuple(last) if selection.is_unique else ()
                    done += part.rows
                    tries = 0
                    yield part
                    self._ping()
                return
            except (psycopg.Error, OSError) as problem:
                # Once anew, at the same moment, after the last key that arrived.
                can_go_on = selection.is_unique or not done
                if tries or not can_go_on or not is_lost(problem, self._engine, connection):
                    raise
                tries += 1
                if not self.is_alive():
                    raise
            finally:
                _shut(connection)

    def _copied(
        self, connection: Any, selection: Selection, rows: int, key: Sequence[str | None]
    ) -> Iterator[tuple[list[Any], Part]]:
        oids, arrays = described(connection, selection)
        after = ""
        if key:
            literals = [sql.Literal(part).as_string(connection) for part in key]
            after = after_key(selection, literals)
        expressions = [
            _expression(selection.quote(column.name), oid, arrays)
            for column, oid in zip(selection.columns, oids, strict=True)
        ]
        is_plain = selection.is_plain_query and not any(
            oid == _MONEY or oid in arrays for oid in oids
        )
        select = statement(selection, [] if is_plain else expressions, after=after)
        kinds = [_KINDS.get(oid, OTHER) for oid in oids]
        names = selection.names
        kind_of_bytes = pa.large_binary() if self._is_bytes else pa.large_string()
        command = f"COPY ({select}\n) TO STDOUT (FORMAT csv)"
        for parts in _parts(_messages(connection, command), rows):
            raw = _parsed(parts, len(kinds), kind_of_bytes)
            last = [raw[names.index(name)][-1].as_py() for name in selection.order]
            yield last, _standard(selection.columns, raw, kinds)

    def _reader(self) -> Any:
        connection = _connection(self._engine)
        try:
            connection.execute(FAMILIES["postgresql"].begin[0])
            connection.execute(f"SET TRANSACTION SNAPSHOT '{self._snapshot}'")
            if self._is_bytes:
                connection.execute("SET client_encoding = 'SQL_ASCII'")  # as they are stored
        except psycopg.Error:
            _shut(connection)
            raise
        return connection

    def _ping(self) -> None:
        """Tell the server that the snapshot is still wanted."""
        if time.monotonic() - self._pinged > _PING_SECONDS:
            self.is_alive()


def _connection(engine: sa.Engine) -> Any:
    connection = own_connection(engine)
    connection.autocommit = True  # transactions are begun in so many words
    return connection


def _shut(connection: Any) -> None:
    with suppress(psycopg.Error):
        connection.close()


def described(connection: Any, selection: Selection) -> tuple[list[int], frozenset[int]]:
    """Give the type of each column as the server numbers them, and which of them are arrays."""
    cursor = connection.cursor()
    plain = selection.query or statement(selection)
    # A query that ends in a comment must not swallow the bracket.
    cursor.execute(f"SELECT * FROM ({plain}\n) AS described LIMIT 0".encode())
    oids = [int(part.type_code) for part in cursor.description or ()]
    cursor.execute(
        "SELECT oid::int8 FROM pg_catalog.pg_type WHERE oid = ANY(%s) AND typcategory = 'A'",
        [oids],
    )
    return oids, frozenset(int(row[0]) for row in cursor.fetchall())


def described_query(connection: Any, query: str) -> list[SourceColumn]:
    """Give the columns of a query; two of them may still have one name."""
    with connection.transaction(force_rollback=True):
        # A cursor is refused for what would write, and for several statements in one.
        connection.execute(f"DECLARE described NO SCROLL CURSOR FOR {query}".encode())
        cursor = connection.execute("FETCH 0 FROM described")
        return [
            SourceColumn(str(part.name), kind=_KINDS.get(part.type_code, OTHER))
            for part in cursor.description or ()
        ]


def _expression(quoted: str, oid: int, arrays: frozenset[int]) -> str:
    if oid == _MONEY:
        return f"{quoted}::numeric"  # else in the currency and signs of the server's locale
    if oid in arrays:
        return f"to_json({quoted})"
    return quoted


def _messages(connection: Any, command: str) -> Iterator[memoryview]:
    """Yield what COPY sends, one message for each row.

    Straight from libpq: the driver's own loop around it takes longer than the server.
    """
    pgconn = connection.pgconn
    with selectors.DefaultSelector() as ready:
        ready.register(pgconn.socket, selectors.EVENT_READ)
        pgconn.send_query(command.encode())
        while pgconn.flush():
            ready.select(0.01)
        _refuse_failure(_answer(pgconn, ready), pgconn, pq.ExecStatus.COPY_OUT)
        fetch = pgconn.get_copy_data
        while True:
            size, message = fetch(1)
            if size > 0:
                yield message
            elif size == 0:
                ready.select()
                pgconn.consume_input()
            else:
                break
        while (result := _answer(pgconn, ready)) is not None:
            _refuse_failure(result, pgconn, pq.ExecStatus.COMMAND_OK)


def _answer(pgconn: Any, ready: selectors.BaseSelector) -> Any:
    while pgconn.is_busy():
        ready.select()
        pgconn.consume_input()
    return pgconn.get_result()


def _refuse_failure(result: Any, pgconn: Any, wanted: pq.ExecStatus) -> None:
    if result is None:
        raise psycopg.OperationalError(pgconn.get_error_message())
    if result.status != wanted:
        raise psycopg.errors.error_from_result(result)


def _parts(messages: Iterator[memoryview], rows: int) -> Iterator[list[memoryview]]:
    """Gather the messages into batches; rows of megabytes come fewer at a time."""
    parts: list[memoryview] = []
    size = 0
    for message in messages:
        parts.append(message)
        size += len(message)
        if len(parts) == rows or size > _MOST_BYTES:
            yield parts
            parts, size = [], 0
    if parts:
        yield parts


def _parsed(parts: list[memoryview], width: int, kind: pa.DataType) -> list[pa.Array]:
    names = [str(number) for number in range(width)]
    table = pc_csv.read_csv(
        pa.BufferReader(b"".join(parts)),
        read_options=pc_csv.ReadOptions(
            column_names=names, block_size=max(1 << 20, 2 * max(map(len, parts)))
        ),
        parse_options=pc_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=pc_csv.ConvertOptions(
            column_types=dict.fromkeys(names, kind),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            check_utf8=pa.types.is_large_string(kind),
        ),
    )
    if table.num_rows != len(parts):
        raise SourceError(
            f"the server sent {len(parts)} rows, and {table.num_rows} can be told apart",
            hint="read it without a connection pooler in between",
        )
    return [column.combine_chunks() for column in table.columns]


def _standard(
    columns: Sequence[SourceColumn], raw: Sequence[pa.Array], kinds: Sequence[str]
) -> Part:
    """Give the batch of what was sent; a database without an encoding sends any bytes as text."""
    texts, not_utf8 = [], {}
    for index, (values, kind) in enumerate(zip(raw, kinds, strict=True)):
        try:
            text = values.cast(pa.large_string())
        except pa.ArrowInvalid:
            text, not_utf8[index] = decoded_texts(values.to_pylist(), columns[index].page)
        texts.append(standard_texts(text, kind))
    return Part(tuple(texts), not_utf8=not_utf8)
