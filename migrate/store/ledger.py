"""The ledger of one environment: opened, locked to its migration, and read or written in bulk.

Only ``loading`` and ``pipeline`` write it. Row-wise statements go through SQLAlchemy Core; the two
bulk functions hand driver tuples straight to SQLite, which is four times faster.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError

from migrate.errors import MigrateError, UsageError
from migrate.store import ledger_schema as schema

IN_TARGET = ("created", "updated", "unchanged")

DISPOSITION_SQL = """
    CASE
      WHEN u.role = 'excluded' THEN 'excluded'
      WHEN u.role = 'quarantined' THEN 'quarantined'
      WHEN e.entity_id IS NULL THEN 'pending'
      WHEN u.role = 'merged' AND e.state IN ('created', 'updated', 'unchanged') THEN 'merged'
      ELSE e.state
    END
"""
"""The one rule that turns a unit (alias u) and its entity (alias e) into a disposition."""


class Ledger:
    """One environment's ledger file. Use :func:`open_ledger`."""

    def __init__(self, path: Path, engine: Engine) -> None:
        self.path = path
        self._engine = engine

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        with self._telling(), self._engine.begin() as connection:
            yield connection

    def frame(self, query: str, /, **parameters: Any) -> pd.DataFrame:
        """The rows of a SELECT as a frame of text and integers (for results that fit memory)."""
        with self._telling(), self._engine.connect() as connection:
            result = connection.execute(text(query), parameters)
            return pd.DataFrame(result.fetchall(), columns=list(result.keys()))

    def stream(self, query: str, rows: int = 50_000, /, **parameters: Any) -> Iterator[list[Any]]:
        """The rows of a SELECT in lists of at most ``rows``."""
        with self._telling(), self._engine.connect() as connection:
            result = connection.execution_options(stream_results=True).execute(
                text(query), parameters
            )
            yield from (list(part) for part in result.partitions(rows))

    def scalar(self, query: str, /, **parameters: Any) -> Any:
        with self._telling(), self._engine.connect() as connection:
            return connection.execute(text(query), parameters).scalar()

    def meta(self, name: str) -> str:
        value = self.scalar("SELECT value FROM meta WHERE name = :name", name=name)
        return "" if value is None else str(value)

    def set_meta(self, name: str, value: str) -> None:
        with self.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO meta (name, value) VALUES (:name, :value) "
                    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
                ),
                {"name": name, "value": value},
            )

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """One command at a time writes the books; UsageError at once when another one does.

        The lock is freed when its process ends, however it ends.
        """
        lock = FileLock(self.path.with_name(f"{self.path.name}.lock"), timeout=0, mode=0o600)
        try:
            lock.acquire()
        except Timeout as busy:
            raise UsageError(
                f"another command is working with the ledger {self.path.name}",
                hint="wait until it has ended, then run this one again",
                where=str(self.path),
            ) from busy
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Say what is wrong with the file, and never what was to be written into it."""
        try:
            yield
        except OperationalError as error:
            raise UsageError(
                f"the ledger {self.path.name} cannot be read or written: {error.orig}",
                hint="make room if the disk is full, or wait if another program holds the file; "
                "what was booked is safe: run the same command again",
                where=str(self.path),
                retryable=True,
            ) from error

    def close(self) -> None:
        self._engine.dispose()


def write_many(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """Run one statement with ``?`` marks for many driver tuples."""
    many = [tuple(row) for row in rows]
    if many:
        connection.exec_driver_sql(statement, many)


def tuples(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """A frame's rows as driver tuples: missing becomes None, integers plain integers.

    >>> tuples(pd.DataFrame({"a": [1], "b": pd.Series([None], dtype="str")}))
    [(1, None)]
    """
    columns = [frame[name].astype(object).where(frame[name].notna(), None) for name in frame]
    return list(zip(*(column.tolist() for column in columns), strict=True))


def open_ledger(path: Path, *, migration: str, environment: str, create: bool = True) -> Ledger:
    """Open (or make) the ledger of one environment of one migration.

    Raises UsageError when the file belongs to another migration or environment, was written by a
    newer version, is damaged, or is missing and ``create`` is False.
    """
    if not path.exists():
        if not create:
            raise UsageError(
                f"there is no ledger {path.name} for the environment {environment!r} yet",
                hint=f"make a plan first: crm-migrate plan --environment {environment}",
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 60}, hide_parameters=True)
    event.listen(engine, "connect", _pragmas)
    ledger = Ledger(path, engine)
    try:
        schema.metadata.create_all(engine)
        expected = {
            "schema_version": schema.SCHEMA_VERSION,
            "migration": migration,
            "environment": environment,
        }
        for name, value in expected.items():
            _require_meta(ledger, name, value)
    except MigrateError:
        ledger.close()
        raise
    except Exception as error:
        ledger.close()
        raise UsageError(
            f"the ledger {path.name} cannot be opened: "
            f"{getattr(error, 'orig', None) or type(error).__name__}",
            hint="is the file a ledger, the folder writable and the disk not full? Then run the "
            "same command again; restore the file from the backup of the migration folder if it "
            "is damaged",
            where=str(path),
        ) from error
    return ledger


def _pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536", "temp_store=FILE"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _require_meta(ledger: Ledger, name: str, expected: str) -> None:
    found = ledger.meta(name)
    if not found:
        ledger.set_meta(name, expected)
    elif found != expected:
        word = name.replace("_", " ")
        raise UsageError(
            f"the ledger {ledger.path.name} belongs to the {word} {found!r}, not to {expected!r}",
            hint="name another file with `ledger:` under this environment in migration.yaml, "
            "or work in the folder this ledger came from",
            where=str(ledger.path),
        )
