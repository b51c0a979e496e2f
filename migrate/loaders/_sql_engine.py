"""How is a database reached so that a batch is either in it for good or not at all?"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from migrate.errors import AnswerLost, TargetError
from migrate.loaders._sql_errors import DRIVER_ERRORS, failure, says_rolled_back

BUSY_SECONDS = 30
CONNECT_SECONDS = 10

_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
}
_EXTRAS = {"postgresql": "postgresql", "mysql": "mysql"}
_KEYS_PER_CALL = {"sqlite": 900, "mysql": 5_000, "postgresql": 50_000}


@dataclass(frozen=True)
class Database:
    """One target database; ``label`` names it without user, password or parameters."""

    engine: sa.Engine = field(repr=False)
    dialect: str
    label: str
    path: Path | None = None

    def quote(self, name: str) -> str:
        return self.engine.dialect.identifier_preparer.quote_identifier(name)

    @property
    def mark(self) -> str:
        """How this driver writes a parameter."""
        return "?" if self.dialect == "sqlite" else "%s"

    @property
    def keys_per_call(self) -> int:
        return _KEYS_PER_CALL[self.dialect]

    @property
    def is_there(self) -> bool:
        """False for an SQLite file that nobody has made yet: to look must not make it."""
        return self.path is None or self.path.is_file()

    @contextmanager
    def connect(self, doing: str) -> Iterator[sa.Connection]:
        """A connection whose driver errors leave as TargetError; what is open is rolled back."""
        connection: sa.Connection | None = None
        try:
            connection = self._connect()
            yield connection
        except DRIVER_ERRORS as error:
            if connection is not None:
                with suppress(*DRIVER_ERRORS):
                    connection.rollback()
                with suppress(*DRIVER_ERRORS):
                    connection.invalidate()
            raise failure(error, self.label, doing) from None
        finally:
            if connection is not None:
                with suppress(*DRIVER_ERRORS):
                    connection.close()

    def _connect(self) -> sa.Connection:
        try:
            return self.engine.connect()
        except TypeError:
            # PyMySQL takes the url's parameters as arguments of a function.
            raise TargetError(
                f"{self.label}: the url has a parameter that the driver does not know",
                hint=f"it has {', '.join(sorted(self.engine.url.query))}: take the wrong one out",
            ) from None

    def commit(self, connection: sa.Connection, doing: str) -> None:
        """Commit, or say truthfully that nobody knows.

        Only an error that the database itself answered means that nothing was written; a
        connection that breaks between our COMMIT and its answer leaves both outcomes open.
        """
        try:
            connection.commit()
        except DRIVER_ERRORS as error:
            if says_rolled_back(error):
                raise
            with suppress(*DRIVER_ERRORS):
                connection.invalidate()
            raise AnswerLost(
                f"{self.label}: the connection broke while {doing} was being committed",
                hint="run the same command again: it asks the target whether the batch is there",
                retryable=True,
            ) from None

    def key_filter(
        self, column: str, sql_type: str, keys: Sequence[Any]
    ) -> tuple[str, tuple[Any, ...]]:
        """The condition that a column is one of some keys, and its parameters."""
        if self.dialect == "postgresql":
            return f"{self.quote(column)} = ANY(%s::{sql_type}[])", (list(keys),)
        return f"{self.quote(column)} IN ({','.join([self.mark] * len(keys))})", tuple(keys)


def open_database(url: str, *, must_exist: bool) -> Database:
    """The database at a URL. Nothing is connected and nothing is written yet.

    ``must_exist``: an SQLite file that is not there is an error, not a new database.
    """
    parsed = _parsed(url)
    dialect = parsed.get_backend_name()
    if dialect == "sqlite":
        return _sqlite(parsed, must_exist=must_exist)
    where = f"{parsed.host or 'localhost'}:{parsed.port}" if parsed.port else parsed.host
    label = f"{dialect}://{where or 'localhost'}/{parsed.database or ''}"
    arguments: dict[str, Any] = {}
    if "connect_timeout" not in parsed.query:
        arguments["connect_timeout"] = CONNECT_SECONDS
    if dialect == "mysql":
        parsed = parsed.update_query_dict({"charset": "utf8mb4"})
        # Without strict mode MariaDB cuts what is too long and says nothing.
        arguments["init_command"] = (
            "SET SESSION time_zone = '+00:00', "
            "sql_mode = CONCAT_WS(',', @@SESSION.sql_mode, 'STRICT_ALL_TABLES')"
        )
    try:
        engine = sa.create_engine(
            parsed, hide_parameters=True, pool_pre_ping=True, connect_args=arguments
        )
    except ModuleNotFoundError as error:
        raise TargetError(
            f"{label}: the driver {error.name!r} is not installed",
            hint=f'type: pip install "crm-migrate[{_EXTRAS[dialect]}]"',
        ) from None
    if dialect == "postgresql":
        sa.event.listen(engine, "connect", _set_up_postgresql)
    return Database(engine, dialect, label)


def _parsed(url: str) -> sa.URL:
    if "://" not in url:
        url = f"sqlite:///{url}"
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise TargetError(
            "the target's url cannot be read",
            hint="write it as postgresql://user:password@host:5432/database; "
            "a password with / : or @ in it must be percent-encoded",
        ) from None
    backend = parsed.drivername.split("+")[0]
    if backend not in _DRIVERS:
        raise TargetError(
            f"{backend!r} databases cannot be loaded",
            hint="targets can be sqlite, postgresql, mysql or mariadb",
        )
    return parsed.set(drivername=_DRIVERS[backend])


def _sqlite(parsed: sa.URL, *, must_exist: bool) -> Database:
    if not parsed.database or parsed.database == ":memory:":
        raise TargetError(
            "an SQLite target needs a file: a database in memory is gone when the command ends",
            hint="write url: sqlite:///crm.db",
        )
    path = Path(parsed.database).resolve()
    label = f"sqlite:///{path.as_posix()}"
    if must_exist and not path.is_file():
        raise TargetError(f"{label}: there is no such file", hint="correct the environment's url")
    # Sorted out here, because on Windows a relative path would follow the current folder.
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS},
    )
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return Database(engine, "sqlite", label, path)


def make_private_file(database: Database) -> None:
    """Make the SQLite file of a new CRM, readable by its owner only."""
    if database.path is None or database.path.exists():
        return
    if not database.path.parent.is_dir():
        raise TargetError(
            f"{database.label}: the folder {database.path.parent} is not there",
            hint="make the folder, or correct the environment's url",
        )
    try:
        os.close(os.open(database.path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        raise TargetError(
            f"{database.label}: the file cannot be made ({error.strerror})",
            hint="make the folder writable, or correct the environment's url",
        ) from None


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN would leave savepoints and DDL outside the transaction.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    # A batch that was answered must survive a power failure, whatever the file's journal mode.
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _set_up_postgresql(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
        cursor.execute("SELECT current_setting('synchronous_commit')")
        if cursor.fetchone()[0] == "off":
            cursor.execute("SET synchronous_commit = on")
    connection.commit()
