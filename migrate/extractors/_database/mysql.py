"""How are MariaDB's and MySQL's tables read at one moment, over the one connection that has it?

A snapshot cannot be handed to a second connection there, and one connection carries one result. So
a table whose key the server guarantees is read by pages after its last key, each fetched whole;
another is streamed, and what is left of it goes to a temporary file when a second table is asked
for in between. The server joins a row into one text: unpacking each value in Python takes longer
than the server takes to send it.
"""

from __future__ import annotations

import pickle
import re
import tempfile
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc_csv
import pymysql
import sqlalchemy as sa
from pymysql.constants import FIELD_TYPE
from pymysql.cursors import SSCursor

from migrate.errors import SourceError
from migrate.extractors._database.connections import own_connection
from migrate.extractors._database.families import FAMILIES
from migrate.extractors._database.select import Selection, after_key, statement
from migrate.extractors._database.texts import (
    BITS,
    BYTES,
    DAY,
    FLOAT,
    FLOAT32,
    MOMENT,
    NUMBER,
    OTHER,
    TEXT,
    Part,
    SourceColumn,
    standard_texts,
)

_QUERY_KINDS = {
    FIELD_TYPE.DATETIME: MOMENT, FIELD_TYPE.TIMESTAMP: MOMENT, FIELD_TYPE.DATE: DAY,
    FIELD_TYPE.NEWDATE: DAY, FIELD_TYPE.BIT: BITS, FIELD_TYPE.FLOAT: FLOAT,
    FIELD_TYPE.DOUBLE: FLOAT, FIELD_TYPE.VAR_STRING: TEXT, FIELD_TYPE.STRING: TEXT,
    FIELD_TYPE.VARCHAR: TEXT, FIELD_TYPE.BLOB: TEXT,
}  # fmt: skip
_DECLARED = (
    (r"bit\b", BITS), (r"datetime|timestamp", MOMENT), (r"date\b", DAY), (r"float", FLOAT32),
    (r"double|real", FLOAT), (r"(tiny|small|medium|big)?int|decimal|numeric|year|bool", NUMBER),
    (r"(var)?binary|\w*blob|geometry|point|line|polygon|multi|raw", BYTES),
    (r"time\b|enum|set\b|json|uuid|inet", OTHER),
)  # fmt: skip
_NO_PAGES = re.compile(r"enum|set\b|json|time\b|bit|float|double|real|year|geometry", re.I)
_LARGE = re.compile(r"long|mediumtext|mediumblob|json|geometry", re.I)
_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_SPOOLED_ROWS = 10_000
_JOINED_BYTES = 4 << 20  # a joined row beyond max_allowed_packet would be NULL


def kind_of_type(declared: str) -> str:
    """Tell the kind of a column from its declared type.

    >>> [kind_of_type(d) for d in ("int(11)", "datetime(3)", "varchar(9)", "tinyblob", "bit(1)")]
    ['number', 'moment', 'text', 'bytes', 'bits']
    """
    return next((kind for pattern, kind in _DECLARED if re.match(pattern, declared, re.I)), TEXT)


def column_of(name: str, declared: str) -> SourceColumn:
    """Describe a column of a table."""
    is_large = _LARGE.match(declared) is not None
    return SourceColumn(name, declared, kind_of_type(declared), is_large)


def described_query(connection: Any, query: str) -> list[SourceColumn]:
    """Give the columns of a query without reading a row of it; names may still be doubled."""
    with closing(connection.cursor()) as cursor:
        cursor.execute(f"SELECT * FROM ({query}\n) AS described WHERE 1 = 0")
        return [
            SourceColumn(str(part[0]), kind=_QUERY_KINDS.get(part[1], OTHER))
            for part in cursor.description
        ]


class MysqlMoment:
    """One moment of a MariaDB or MySQL database; opened at the first read."""

    def __init__(self, engine: sa.Engine) -> None:
        self._connection = own_connection(engine)
        # As the server writes them: 0000-00-00, 838:59:59 and DECIMAL(65) are beyond Python's types.
        self._connection.decoders = {}
        self._close = weakref.finalize(self, _shut, self._connection)
        self._lock = threading.RLock()
        self._stream: _Stream | None = None
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(FAMILIES["mysql"].begin[0])
            cursor.execute("SAVEPOINT crm_migrate")

    def close(self) -> None:
        self._close()

    def is_alive(self) -> bool:
        with self._lock, suppress(pymysql.Error, OSError):
            self._set_aside()
            self._connection.ping(reconnect=False)
            return True
        return False

    def number(self, query: str) -> int:
        found = int(self._fetched(query)[0][0])
        self._let_go()
        return found

    def batches(self, selection: Selection, rows: int) -> Iterator[Part]:
        """Yield the rows in order, at most ``rows`` at a time."""
        try:
            yield from self._batches(selection, rows)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        """Free the tables for ALTER TABLE, which waits for us otherwise, and makes others wait.

        Back to the savepoint the snapshot stays, and the locks on the tables' definitions go.
        """
        with self._lock, suppress(pymysql.Error, OSError):
            if self._stream is None:
                self._fetched("ROLLBACK TO SAVEPOINT crm_migrate")

    def _batches(self, selection: Selection, rows: int) -> Iterator[Part]:
        if selection.query:
            for found in self._streamed(statement(selection), rows):
                yield _of_query(selection.columns, found)
            return
        row = _Row(selection.columns, selection.quote)
        if not (selection.is_unique and _has_pages(selection)):
            select = statement(selection, row.expressions)
            for found in self._streamed(select, rows):
                yield row.part(found)[1]
            return
        after = ""
        while True:
            page = self._fetched(statement(selection, row.expressions, after=after, limit=rows))
            if not page:
                return
            raw, part = row.part(page)
            yield part
            if len(page) < rows:
                return
            last = {name: raw[selection.names.index(name)][-1].as_py() for name in selection.order}
            after = after_key(selection, [self._literal(selection, n, v) for n, v in last.items()])

    def _literal(self, selection: Selection, name: str, text: str) -> str:
        column = selection.columns[selection.names.index(name)]
        if column.kind == NUMBER and _PLAIN.fullmatch(text):
            return text
        if column.kind == BYTES:
            return f"X'{text[2:]}'"
        return str(self._connection.literal(text))

    def _fetched(self, query: str) -> Sequence[Any]:
        with self._lock:
            self._set_aside()
            with closing(self._connection.cursor()) as cursor:
                cursor.execute(query)
                found: Sequence[Any] = cursor.fetchall()
                return found

    def _streamed(self, query: str, rows: int) -> Iterator[Sequence[Any]]:
        with self._lock:
            self._set_aside()
            self._stream = stream = _Stream(self._connection.cursor(SSCursor), query)
        try:
            while True:
                with self._lock:
                    found = stream.take(rows)
                if not found:
                    return
                yield found
        finally:
            with self._lock, suppress(pymysql.Error, OSError):
                if self._stream is stream:
                    self._stream = None
                stream.close()

    def _set_aside(self) -> None:
        if self._stream is not None:
            self._stream.set_aside()
            self._stream = None


class _Stream:
    """The rows of a result that arrive as they are taken, and can be set aside on disk."""

    def __init__(self, cursor: Any, query: str) -> None:
        self._cursor = cursor
        self._file: Any = None
        self._left: list[Any] = []
        cursor.execute(query)

    def take(self, rows: int) -> list[Any]:
        if self._file is None:
            return list(self._cursor.fetchmany(rows)) if self._cursor else []
        while len(self._left) < rows:
            try:
                self._left += pickle.load(self._file)
            except EOFError:
                break
        taken, self._left = self._left[:rows], self._left[rows:]
        return taken

    def set_aside(self) -> None:
        """Read what is left into a temporary file, so that the connection is free."""
        if self._file is not None or self._cursor is None:
            return
        spooled = tempfile.TemporaryFile(prefix="crm-migrate-")  # noqa: SIM115 — closed by close()
        while found := self._cursor.fetchmany(_SPOOLED_ROWS):
            pickle.dump(list(found), spooled)
        spooled.seek(0)
        self._cursor.close()
        self._file, self._cursor = spooled, None

    def close(self) -> None:
        if self._cursor is not None:
            self._cursor.close()  # reads, and forgets, what is left
            self._cursor = None
        if self._file is not None:
            self._file.close()


class _Row:
    """How the server sends a row: small values as one CSV text, large ones beside it."""

    def __init__(self, columns: Sequence[SourceColumn], quote: Any) -> None:
        self._columns = columns
        widths = {c.name: _most_bytes(c) for c in columns if not c.is_large}
        is_wide = sum(widths.values()) > _JOINED_BYTES
        self._joined = [
            index
            for index, c in enumerate(columns)
            if not c.is_large and not (is_wide and widths[c.name] > 60_000)
        ]
        self._alone = [i for i in range(len(columns)) if i not in set(self._joined)]
        self.expressions = [_alone(quote(columns[i].name), columns[i]) for i in self._alone]
        if self._joined:
            parts = ", ".join(_joined(quote(columns[i].name), columns[i]) for i in self._joined)
            self.expressions.append(f"CAST(CONCAT_WS(',', {parts}) AS BINARY)")

    def part(self, rows: Sequence[Any]) -> tuple[list[pa.Array], Part]:
        """Give the columns as they were sent, and in their one form."""
        values = list(zip(*rows, strict=True))
        raw: list[pa.Array] = [None] * len(self._columns)
        for index, found in zip(self._alone, values, strict=False):
            raw[index] = pa.array(found, pa.large_string())
        if self._joined:
            for index, column in zip(
                self._joined, _split(values[-1], len(self._joined)), strict=True
            ):
                raw[index] = column
        texts = [standard_texts(r, c.kind) for r, c in zip(raw, self._columns, strict=True)]
        return raw, Part(tuple(texts))


def _split(sent: Sequence[bytes | None], width: int) -> list[pa.Array]:
    rows = [row for row in sent if row is not None]
    if len(rows) < len(sent):
        raise SourceError(
            "a row is longer than the server may join (max_allowed_packet)",
            hint="have max_allowed_packet raised on the server: SET GLOBAL max_allowed_packet = …",
        )
    names = [str(number) for number in range(width)]
    longest = max(map(len, rows))
    table = pc_csv.read_csv(
        pa.BufferReader(b"\n".join(rows) + b"\n"),
        read_options=pc_csv.ReadOptions(
            column_names=names, block_size=max(1 << 20, 2 * longest + 2)
        ),
        parse_options=pc_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=pc_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.large_string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    if table.num_rows != len(rows):
        raise SourceError(f"{len(rows)} rows were sent, and {table.num_rows} can be told apart")
    return [column.combine_chunks() for column in table.columns]


def _joined(quoted: str, column: SourceColumn) -> str:
    if column.kind in (NUMBER, DAY, MOMENT, FLOAT):
        return f"IFNULL({quoted}, '')"
    if column.kind == FLOAT32:
        return f"IFNULL(CAST({quoted} AS DOUBLE), '')"
    if column.kind == BITS:
        return f"IFNULL({quoted} + 0, '')"
    if column.kind == BYTES:
        return f"IFNULL(CONCAT(CHAR(92), 'x', LOWER(HEX({quoted}))), '')"
    text = f"CONVERT({quoted} USING utf8mb4)"
    return f"IFNULL(CONCAT('\"', REPLACE({text}, '\"', '\"\"'), '\"'), '')"


def _alone(quoted: str, column: SourceColumn) -> str:
    if column.kind == BYTES:
        return f"CONCAT(CHAR(92), 'x', LOWER(HEX({quoted})))"
    return f"CONVERT({quoted} USING utf8mb4)"


def _most_bytes(column: SourceColumn) -> int:
    """How long the text of a value can become, quotes doubled."""
    length = re.search(r"\((\d+)\)", column.type)
    if column.kind in (NUMBER, DAY, MOMENT, FLOAT, FLOAT32, BITS):
        return 80
    if length and not column.type.lower().startswith(("enum", "set")):
        return 8 * int(length[1]) + 4
    return 2 * 65_535 if column.type.lower() in ("text", "blob") else 2_048


def _has_pages(selection: Selection) -> bool:
    """Whether > and ORDER BY compare the key alike: not so for ENUM, which sorts by position."""
    key = [c for c in selection.columns if c.name in selection.order]
    return not any(_NO_PAGES.match(c.type) or c.is_large for c in key)


def _of_query(columns: Sequence[SourceColumn], rows: Sequence[Any]) -> Part:
    texts = []
    for column, values in zip(columns, zip(*rows, strict=True), strict=True):
        if column.kind == BITS:
            found = [None if v is None else str(int.from_bytes(v, "big")) for v in values]
        else:
            found = ["\\x" + v.hex() if isinstance(v, bytes) else v for v in values]
        texts.append(standard_texts(pa.array(found, pa.large_string()), column.kind))
    return Part(tuple(texts))


def _shut(connection: Any) -> None:
    with suppress(pymysql.Error, OSError):
        connection.close()
