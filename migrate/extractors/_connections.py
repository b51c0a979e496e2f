"""How is a database opened so that it can only be read, and what is told when it cannot be?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from migrate.errors import SourceError
from migrate.extractors._text import existing_file
from migrate.specs.secrets import MASK, mask_url

_DRIVERS = {
    "postgresql": ("postgresql+psycopg", "postgresql"),
    "postgres": ("postgresql+psycopg", "postgresql"),
    "mysql": ("mysql+pymysql", "mysql"),
    "mariadb": ("mariadb+pymysql", "mysql"),
}
_MYSQL_READ_ONLY = (
    # Between two batches the reader may be busy for longer than the server likes to wait.
    "SET SESSION net_write_timeout = 86400",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
)
_READ_ONLY = {
    "sqlite": ("BEGIN",),
    "postgresql": ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",),
    "mysql": _MYSQL_READ_ONLY,
    "mariadb": _MYSQL_READ_ONLY,
}


@contextmanager
def refusing(engine: sa.Engine, shown: str) -> Iterator[None]:
    """Turn what the driver raises into a SourceError without the password."""
    driver: type[Exception] = engine.dialect.loaded_dbapi.Error
    try:
        yield
    except (SQLAlchemyError, driver) as problem:
        raise refused(problem, engine, shown) from None


@contextmanager
def read_only(engine: sa.Engine, *, streams: bool = False) -> Iterator[Any]:
    """Give a driver's cursor in a transaction that cannot write.

    The driver's own values are wanted: SQLAlchemy would turn SQLite's date texts into dates, and
    refuse those it cannot read.
    """
    connection = engine.raw_connection()
    try:
        with closing(connection.cursor()) as opening:
            for statement in _READ_ONLY.get(engine.dialect.name, ()):
                opening.execute(statement)
        with closing(_cursor(engine, connection, streams)) as cursor:
            yield cursor
    finally:
        connection.rollback()
        connection.close()


def _cursor(engine: sa.Engine, connection: Any, streams: bool) -> Any:
    if streams and engine.dialect.name == "postgresql":
        return connection.cursor(name="crm_migrate")
    if streams and engine.dialect.name in ("mysql", "mariadb"):
        from pymysql.cursors import SSCursor

        return connection.cursor(SSCursor)
    return connection.cursor()


def open_engine(place: str | Path) -> sa.Engine:
    """Make the engine for an SQLite file or a URL; no connection is made yet."""
    if "://" not in str(place):
        return _sqlite(Path(place))
    shown = mask_url(str(place))
    try:
        url = sa.make_url(str(place))
    except (ArgumentError, ValueError):
        raise SourceError(
            "is not the URL of a database",
            hint="write it as postgresql://user:password@host:5432/database, and the special"
            " characters of the password as %40 for @, %2F for /",
            where=shown,
        ) from None
    family = url.get_backend_name()
    if family == "sqlite":
        return _sqlite(Path(url.database or ""))
    driver, extra = _DRIVERS.get(family, (url.drivername, ""))
    if "+" not in url.drivername:
        url = url.set(drivername=driver)
    if family in ("mysql", "mariadb") and "charset" not in url.query:
        url = url.update_query_dict({"charset": "utf8mb4"})
    try:
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    except (ImportError, NoSuchModuleError) as problem:
        raise SourceError(
            f"no driver for {url.drivername} is installed ({type(problem).__name__})",
            hint=f'pip install "crm-migrate[{extra}]"'
            if extra
            else f"known databases: sqlite, {', '.join(_DRIVERS)}",
            where=shown,
        ) from None
    if family.startswith("postgres"):
        sa.event.listen(engine, "connect", _plain_moments)
    return engine


def _plain_moments(connection: Any, _record: object) -> None:
    """Read PostgreSQL's moments as text: it knows infinity and years that Python does not."""
    from psycopg.adapt import Loader

    class Moment(Loader):
        def load(self, data: Any) -> str:
            text = bytes(data).decode("ascii")
            if text.endswith(" 00:00:00"):
                return text[:-9]
            return text.replace(" ", "T", 1) + (":00" if text.endswith("+00") else "")

    for kind in ("date", "timestamp", "timestamptz"):
        connection.adapters.register_loader(kind, Moment)
    connection.execute("SET datestyle = 'ISO, YMD'")
    connection.execute("SET timezone = 'UTC'")
    connection.commit()


def _sqlite(path: Path) -> sa.Engine:
    file = existing_file(path).absolute()

    def open_file(flag: str) -> sqlite3.Connection:
        connection = sqlite3.connect(f"{file.as_uri()}?{flag}", uri=True, check_same_thread=False)
        connection.isolation_level = None
        # A text that is not UTF-8 (an old program wrote its code page) stays visible as \x..
        connection.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return connection

    def connect() -> sqlite3.Connection:
        try:
            return open_file("mode=ro")
        except sqlite3.OperationalError as problem:
            if "unable to open" not in str(problem):
                raise
            # A database in WAL mode in a folder where nothing may be written.
            return open_file("immutable=1")

    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.NullPool)


def refused(problem: Exception, engine: sa.Engine, shown: str) -> SourceError:
    """Make the error that a person sees when the database does not answer as it should."""
    return SourceError(
        f"the database cannot be read: {said_by(problem, engine)}",
        hint="check host, port, database, user and password, and that the user may read the tables",
        where=shown,
        retryable=isinstance(problem, sa.exc.OperationalError),
    )


def said_by(problem: Exception, engine: sa.Engine) -> str:
    """Give the driver's own sentence, without the password and without the statement."""
    cause = getattr(problem, "orig", None) or problem
    lines = [line.strip() for line in mask_url(str(cause)).splitlines() if line.strip()]
    said = lines[0] if lines else type(cause).__name__
    return said.replace(str(engine.url.password), MASK) if engine.url.password else said
