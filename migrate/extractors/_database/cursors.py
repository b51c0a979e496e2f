"""How are tables read at one moment where one transaction carries several cursors at a time?

SQLite, Oracle, Firebird and SQL Server (there with multiple active results).
"""

from __future__ import annotations

import importlib
import re
import sqlite3
import struct
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import sqlalchemy as sa

from migrate.extractors._database.connections import own_connection
from migrate.extractors._database.families import FAMILIES, family_of
from migrate.extractors._database.files import at_one_moment
from migrate.extractors._database.select import Selection, statement
from migrate.extractors._database.texts import (
    CHAR,
    OTHER,
    TEXT,
    Part,
    SourceColumn,
    part_of,
)

_NOT_UTF8 = "Could not decode to UTF-8"


class CursorMoment:
    """One moment of a database; opened at the first read."""

    def __init__(self, engine: sa.Engine) -> None:
        self._connection = _BEGINNINGS[_name(engine)](own_connection(engine))
        errors: type[Exception] = engine.dialect.loaded_dbapi.Error
        self._close = weakref.finalize(self, _shut, self._connection, errors)
        self._lock = threading.RLock()

    def close(self) -> None:
        self._close()

    def is_alive(self) -> bool:
        return bool(self._close.alive)

    def number(self, query: str) -> int:
        with self._lock, closing(self._connection.cursor()) as cursor:
            cursor.execute(query)
            return int(cursor.fetchone()[0])

    def batches(self, selection: Selection, rows: int) -> Iterator[Part]:
        """Yield the rows in order, at most ``rows`` at a time."""
        done = 0
        is_tolerant = False
        while True:
            try:
                for found in self._fetched(statement(selection), rows, done, is_tolerant):
                    part = part_of(selection.columns, list(zip(*found, strict=True)))
                    done += len(found)
                    yield part
                return
            except sqlite3.OperationalError as problem:
                if is_tolerant or _NOT_UTF8 not in str(problem):
                    raise
            # A text in an old code page: from here on the slower way, which shows its bytes. The
            # same statement gives the same order again, for this is the same moment.
            is_tolerant = True

    def _fetched(self, query: str, rows: int, skipped: int, is_tolerant: bool) -> Iterator[Any]:
        with closing(self._connection.cursor()) as cursor:
            with self._lock:
                cursor.execute(query)
            while skipped:
                with self._lock, _Texts(self._connection, True):
                    skipped -= len(cursor.fetchmany(min(skipped, rows)))
            while True:
                with self._lock, _Texts(self._connection, is_tolerant):
                    found = cursor.fetchmany(rows)
                if not found:
                    return
                yield found


class _Texts:
    """For the time of one fetch: SQLite's texts as they are, or those that are no UTF-8 too."""

    def __init__(self, connection: Any, is_tolerant: bool) -> None:
        self._connection = connection if is_tolerant else None

    def __enter__(self) -> None:
        if isinstance(self._connection, sqlite3.Connection):
            self._connection.text_factory = _any_text

    def __exit__(self, *_problem: object) -> None:
        if isinstance(self._connection, sqlite3.Connection):
            self._connection.text_factory = str


def _any_text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def described_query(connection: Any, query: str, name: str) -> list[SourceColumn]:
    """Give the columns of a query without reading a row of it; names may still be doubled."""
    with closing(connection.cursor()) as cursor:
        # SQL Server would run a second statement too, so that the query stands inside brackets.
        cursor.execute(f"SELECT * FROM ({query}\n) q WHERE 1 = 0" if name != "sqlite" else query)
        return [SourceColumn(str(part[0])) for part in cursor.description or ()]


def column_of(name: str, declared: str) -> SourceColumn:
    """Describe a column of a table.

    >>> column_of("code", "CHAR(10)").kind, column_of("note", "varchar(10)").kind
    ('char', 'text')
    >>> column_of("name", "varchar(40) character set none").cast
    'CAST({} AS VARCHAR(40) CHARACTER SET OCTETS)'
    """
    lower = declared.lower()
    kind = TEXT if "char" in lower or "text" in lower else OTHER
    if lower.startswith(("char", "nchar")) and not lower.startswith("character varying"):
        kind = CHAR
    cast = ""
    if "character set none" in lower:  # Firebird: whatever the program wrote
        length = re.search(r"\((\d+)\)", lower)
        cast = (
            f"CAST({{}} AS VARCHAR({length[1]}) CHARACTER SET OCTETS)"
            if length
            else "CAST({} AS BLOB SUB_TYPE BINARY)"
        )
    elif lower in ("sql_variant", "hierarchyid"):
        cast = "CAST({} AS NVARCHAR(4000))"
    return SourceColumn(name, declared, kind, cast=cast)


def _name(engine: sa.Engine) -> str:
    family = family_of(engine.dialect.name)
    return family.name if family else ""


def _sqlite(connection: Any) -> Any:
    return at_one_moment(connection)


def _oracle(connection: Any) -> Any:
    connection.outputtypehandler = _oracle_texts
    return _begun(connection, FAMILIES["oracle"].begin)


def _oracle_texts(cursor: Any, metadata: Any) -> Any:
    """Numbers as exact texts, long texts and bytes whole, 8-bit junk in US7ASCII kept."""
    oracledb = importlib.import_module("oracledb")
    kind = metadata.type_code
    if kind is oracledb.DB_TYPE_NUMBER:
        return cursor.var(oracledb.DB_TYPE_VARCHAR, arraysize=cursor.arraysize)
    whole = {
        oracledb.DB_TYPE_CLOB: oracledb.DB_TYPE_LONG,
        oracledb.DB_TYPE_NCLOB: oracledb.DB_TYPE_LONG_NVARCHAR,
        oracledb.DB_TYPE_BLOB: oracledb.DB_TYPE_LONG_RAW,
    }.get(kind)
    if whole is not None:
        return cursor.var(whole, arraysize=cursor.arraysize)
    if kind in (oracledb.DB_TYPE_VARCHAR, oracledb.DB_TYPE_CHAR):
        return cursor.var(
            kind, metadata.internal_size or 1, arraysize=cursor.arraysize,
            encoding_errors="surrogateescape",
        )  # fmt: skip
    return None


def _mssql(connection: Any) -> Any:
    cursor = connection.cursor()
    cursor.execute("SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID()")
    if int(cursor.fetchone()[0]) == 1:
        connection.commit()
        cursor.execute("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
    cursor.close()
    connection.add_output_converter(-155, _offset_text)
    return connection


def _offset_text(raw: bytes | None) -> str | None:
    """A datetimeoffset as SQL Server sends it: six numbers, nanoseconds, and the offset."""
    if raw is None:
        return None
    year, month, day, hour, minute, second, nano, east, minutes = struct.unpack("<6hI2h", raw)
    fraction = f".{nano:09d}".rstrip("0").rstrip(".") if nano else ""
    sign = "-" if east < 0 or minutes < 0 else "+"
    return (
        f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}{fraction}"
        f"{sign}{abs(east):02d}:{abs(minutes):02d}"
    )


def _firebird(connection: Any) -> Any:
    driver = importlib.import_module("firebird.driver")
    if connection.main_transaction.is_active():
        connection.rollback()
    connection.main_transaction.begin(
        driver.tpb(
            isolation=driver.Isolation.SNAPSHOT,
            access_mode=driver.TraAccessMode.READ,
            lock_timeout=0,
        )
    )
    return connection


def _begun(connection: Any, statements: tuple[str, ...]) -> Any:
    connection.rollback()
    with closing(connection.cursor()) as cursor:
        for each in statements:
            cursor.execute(each)
    return connection


_BEGINNINGS: dict[str, Callable[[Any], Any]] = {
    "sqlite": _sqlite, "oracle": _oracle, "mssql": _mssql, "firebird": _firebird,
}  # fmt: skip


def _shut(connection: Any, errors: type[Exception]) -> None:
    with suppress(errors):
        connection.close()
