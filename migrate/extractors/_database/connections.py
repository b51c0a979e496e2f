"""How is a database opened so that it can only be read, and what is told when it cannot be?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from migrate.errors import SourceError
from migrate.extractors._database.families import (
    FAMILIES,
    Family,
    advice,
    check_driver,
    completed,
    family_of,
    missing_driver,
)
from migrate.extractors._database.files import sqlite_engine
from migrate.extractors._text import nearest
from migrate.specs.secrets import MASK, mask_url


def open_engine(place: str | Path) -> sa.Engine:
    """Make the engine for an SQLite file or a URL; no connection is made yet.

    Raises SourceError for what is no URL, a database that is not known, and a missing driver.
    """
    if "://" not in str(place):
        return sqlite_engine(Path(place))
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
    family = family_of(url.drivername)
    if family is None:
        near = nearest(url.drivername.partition("+")[0].lower(), FAMILIES)
        raise SourceError(
            f'"{url.drivername}" is not a database that can be read;'
            f" known databases: {', '.join(FAMILIES)}",
            hint=f'did you mean "{near}"?'
            if near
            else "export its tables as CSV files, and give their folder",
            where=shown,
        )
    if family.name == "sqlite":
        return sqlite_engine(Path(url.database or ""))
    return _server(url, family, shown)


def _server(url: sa.URL, family: Family, shown: str) -> sa.Engine:
    given = url.drivername.partition("+")[2]
    if not given or given == family.driver.partition("+")[2]:
        check_driver(family, shown)
    try:
        engine = sa.create_engine(completed(url, family, shown), poolclass=sa.pool.NullPool)
    except NoSuchModuleError:
        raise SourceError(
            f'"{url.drivername}" is not a driver that is installed',
            hint=f"leave the driver out: {family.name}://…",
            where=shown,
        ) from None
    except ImportError as problem:
        raise missing_driver(family, shown, problem) from None
    except (ArgumentError, ValueError, TypeError) as problem:
        raise SourceError(
            f"the URL holds a setting that is not understood: {problem}",
            hint="correct what stands behind the ? of the URL",
            where=shown,
        ) from None
    if family.session:
        sa.event.listen(engine, "connect", _greeting(family))
    return engine


def _greeting(family: Family) -> Any:
    """Give what is said to every new connection: texts in one form, whatever the server's habit."""

    def greet(connection: Any, _record: object) -> None:
        with closing(connection.cursor()) as cursor:
            for statement in family.session:
                cursor.execute(statement)
        connection.commit()

    return greet


@contextmanager
def refusing(
    engine: sa.Engine, shown: str, *, what: str = "", hint: str = "", retryable: bool = False
) -> Iterator[None]:
    """Turn what the driver raises into a SourceError without the password.

    ``what`` is said before the driver's own sentence in place of "the database cannot be read".
    """
    driver: type[Exception] = engine.dialect.loaded_dbapi.Error
    try:
        yield
    except (SQLAlchemyError, driver, OSError, OverflowError) as problem:
        raise refused(problem, engine, shown, what=what, hint=hint, retryable=retryable) from None


def refused(
    problem: Exception,
    engine: sa.Engine,
    shown: str,
    *,
    what: str = "",
    hint: str = "",
    retryable: bool = False,
) -> SourceError:
    """Make the error that a person sees when the database does not answer as it should."""
    said = said_by(problem, engine)
    helps, may_succeed = advice(said)
    return SourceError(
        f"{what or 'the database cannot be read'}: {said}",
        hint=hint or helps,
        where=shown,
        retryable=retryable or may_succeed,
    )


def said_by(problem: Exception, engine: sa.Engine) -> str:
    """Give the driver's own sentence, without the password, the statement and values of rows."""
    cause = getattr(problem, "orig", None) or problem
    text = mask_url(str(cause))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("LINE ", "CONTEXT:", "DETAIL:", "^"))]
    said = told[0] if told else type(cause).__name__
    return said.replace(str(engine.url.password), MASK) if engine.url.password else said


def own_connection(engine: sa.Engine) -> Any:
    """Give the driver's own connection, which SQLAlchemy keeps no account of."""
    pooled = engine.raw_connection()
    connection = pooled.driver_connection
    pooled.detach()
    return connection


def is_lost(problem: Exception, engine: sa.Engine, connection: Any) -> bool:
    """Tell a connection that broke from a statement that was refused."""
    if getattr(connection, "closed", False) is True or getattr(connection, "broken", False) is True:
        return True
    cause = getattr(problem, "orig", None) or problem
    # PostgreSQL says itself that it ends the session, before the connection is seen to be gone.
    state = getattr(cause, "sqlstate", "")
    if str(state or "").startswith(("08", "57P")):
        return True
    if state is None and isinstance(cause, engine.dialect.loaded_dbapi.OperationalError):
        return True  # libpq itself speaks, not the server
    return isinstance(problem, OSError) or bool(
        isinstance(cause, engine.dialect.loaded_dbapi.Error)
        and engine.dialect.is_disconnect(cause, None, None)
    )
