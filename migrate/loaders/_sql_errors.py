"""What does a database's error mean: one bad record, or a run that cannot continue?

Drivers put values into their messages. None of that text leaves this module: our sentences name
columns and codes, and nothing else.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from migrate.errors import TargetError


@dataclass(frozen=True)
class Refusal:
    """Why the target did not take one record; ``column`` where the database names it."""

    code: str
    message: str
    column: str = ""
    is_retryable: bool = False


def _driver_errors() -> tuple[type[Exception], ...]:
    """What the installed drivers raise themselves; COPY goes past SQLAlchemy."""
    found: list[type[Exception]] = [sa.exc.DBAPIError, sa.exc.PendingRollbackError, sqlite3.Error]
    try:
        import psycopg

        found.append(psycopg.Error)
    except ImportError:
        pass
    return tuple(found)


DRIVER_ERRORS = _driver_errors()

_SENTENCES = {
    "unique": "another record already has this value in {column}",
    "not_null": "{column} must not be empty",
    "foreign_key": "{column} refers to a record that is not there",
    "too_long": "the value does not fit into {column}",
    "check": "the target's rule {column} does not allow this record",
    "refused": "the target refused the value of {column}",
}
_SQLITE_CODES = {
    "SQLITE_CONSTRAINT_UNIQUE": "unique",
    "SQLITE_CONSTRAINT_PRIMARYKEY": "unique",
    "SQLITE_CONSTRAINT_ROWID": "unique",
    "SQLITE_CONSTRAINT_NOTNULL": "not_null",
    "SQLITE_CONSTRAINT_FOREIGNKEY": "foreign_key",
    "SQLITE_CONSTRAINT_CHECK": "check",
    "SQLITE_TOOBIG": "too_long",
    "SQLITE_MISMATCH": "refused",
}
_POSTGRESQL_CODES = {
    "23505": "unique",
    "23502": "not_null",
    "23503": "foreign_key",
    "23001": "foreign_key",
    "23514": "check",
    "44000": "check",
    "22001": "too_long",
    "22003": "too_long",
    "P0001": "refused",
}
_MYSQL_CODES = {
    1062: "unique",
    1586: "unique",
    1048: "not_null",
    1364: "not_null",
    1452: "foreign_key",
    1216: "foreign_key",
    1451: "foreign_key",
    1217: "foreign_key",
    4025: "check",
    3819: "check",
    1264: "too_long",
    1406: "too_long",
    1265: "refused",
    1292: "refused",
    1366: "refused",
    1644: "refused",
}
_MYSQL_COLUMNS = (
    re.compile(r"FOREIGN KEY \(`([^`]+)`\)"),
    re.compile(r"^Column '([^']+)' cannot be null"),
    re.compile(r"^Field '([^']+)' doesn't have a default"),
    re.compile(r"for column [`'](?:[^`']+`\.`)*([^`']+)[`'] at row \d+$"),
    re.compile(r"for key '([^']+)'$"),
    re.compile(r"^CONSTRAINT `(?:[^`]+`\.`)*([^`]+)` failed"),
)
_COPY_COLUMN = re.compile(r"^COPY .*?, line \d+, column ([^:]+?)(?::|$)")
_KEY_COLUMNS = re.compile(r"^Key \(([^)]*)\)=")


def cause(error: BaseException) -> BaseException:
    """The driver's own error inside SQLAlchemy's."""
    inner = getattr(error, "orig", None)
    return inner if isinstance(inner, BaseException) else error


def refusal(error: BaseException) -> Refusal | None:
    """What the error says of one record, or None where it is not about a record's values."""
    inner = cause(error)
    code, column = _sqlite(inner) if isinstance(inner, sqlite3.Error) else ("", "")
    if hasattr(inner, "diag"):
        code, column = _postgresql(inner)
    elif not code and (number := _mysql_number(inner)):
        code, column = _MYSQL_CODES.get(number, ""), _mysql_column(inner)
    return explain(code, column) if code else None


def explain(code: str, column: str) -> Refusal:
    """
    >>> explain("not_null", "last_name").message
    'last_name must not be empty'
    >>> explain("unique", "").message
    'another record already has this value in a column that the database does not name'
    """
    named = column or "a column that the database does not name"
    return Refusal(code, _SENTENCES[code].format(column=named), column)


def _sqlite(error: sqlite3.Error) -> tuple[str, str]:
    name = getattr(error, "sqlite_errorname", "")
    code = _SQLITE_CODES.get(name, "refused" if name.startswith("SQLITE_CONSTRAINT") else "")
    # "UNIQUE constraint failed: contact.email, contact.kind": names only, never values.
    _, _, names = str(error).partition(" constraint failed: ")
    columns = [part.rpartition(".")[2] for part in names.split(", ") if part]
    return code, ", ".join(columns) if name != "SQLITE_CONSTRAINT_TRIGGER" else ""


def _postgresql(error: Any) -> tuple[str, str]:
    state = error.sqlstate or ""
    if not state:
        # The driver itself refused to send the value.
        return ("refused", "") if type(error).__name__ == "DataError" else ("", "")
    code = _POSTGRESQL_CODES.get(state, "refused" if state[:2] in ("22", "23") else "")
    column = error.diag.column_name or ""
    if not column and (found := _KEY_COLUMNS.match(error.diag.message_detail or "")):
        column = found[1]
    if not column and (found := _COPY_COLUMN.match(error.diag.context or "")):
        column = found[1]
    if not column and code == "check":
        column = error.diag.constraint_name or ""
    return code, column


def _mysql_number(error: BaseException) -> int:
    first = error.args[0] if error.args else 0
    return first if isinstance(first, int) else 0


def _mysql_column(error: BaseException) -> str:
    text = str(error.args[1]) if len(error.args) > 1 else ""
    found = next((match for rule in _MYSQL_COLUMNS if (match := rule.search(text))), None)
    return found[1].rpartition(".")[2] if found else ""


def says_rolled_back(error: BaseException) -> bool:
    """True where the database itself answered a COMMIT with an error: nothing was written.

    Anything else (no answer, a closed connection, a failed write to the disk) leaves it open.
    """
    inner: Any = cause(error)
    if isinstance(inner, sqlite3.Error):
        name = getattr(inner, "sqlite_errorname", "")
        return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_CONSTRAINT"))
    if hasattr(inner, "diag"):
        state = inner.sqlstate or ""
        return state[:2] in ("22", "23", "40", "P0", "53", "55", "42", "25") and state != "40003"
    return _mysql_number(inner) in {*_MYSQL_CODES, 1180, 1205, 1213}


_WAIT = "wait until the other program has finished, then run the same command again"
_SPACE = "free some space, then run the same command again: it goes on where it stopped"
_RIGHTS = "ask the database's administrator for the right to read and write these tables"
_AGAIN = "run the same command again: it goes on where it stopped"
_LOGIN = "check the user and the password in the environment's url"

_SQLITE_FAILURES = {
    "SQLITE_FULL": ("the disk is full", _SPACE, True),
    "SQLITE_READONLY": ("the file is read-only", "make the file and its folder writable", False),
    "SQLITE_BUSY": ("another program keeps the database locked", _WAIT, True),
    "SQLITE_LOCKED": ("another program keeps the database locked", _WAIT, True),
    "SQLITE_CANTOPEN": ("the file cannot be opened", "check the path and its rights", False),
    "SQLITE_NOTADB": ("the file is not an SQLite database", "check the environment's url", False),
    "SQLITE_CORRUPT": ("the database is damaged", "restore it from a backup", False),
    "SQLITE_IOERR": ("the disk cannot be read or written", "check the disk", True),
}
_POSTGRESQL_FAILURES = {
    "28": ("the login was refused", _LOGIN, False),
    "3D": ("there is no such database", "check the name at the end of the url", False),
    "42501": ("the user may not do this", _RIGHTS, False),
    "25006": ("the database is read-only", "connect to the primary server", False),
    "53100": ("the server's disk is full", _SPACE, True),
    "53300": ("the server has no connection left", _WAIT, True),
    "55P03": ("another program keeps the rows locked", _WAIT, True),
    "40": ("the transaction lost against another one and was rolled back", _AGAIN, True),
    "57": ("the server closed the connection", _AGAIN, True),
    "08": ("the connection broke", _AGAIN, True),
}
_MYSQL_FAILURES = {
    1044: ("the user may not use this database", _LOGIN, False),
    1045: ("the login was refused", _LOGIN, False),
    1049: ("there is no such database", "check the name at the end of the url", False),
    1142: ("the user may not do this", _RIGHTS, False),
    1419: (
        "the user may not create triggers",
        "the administrator can type: SET GLOBAL log_bin_trust_function_creators = 1",
        False,
    ),
    1021: ("the server's disk is full", _SPACE, True),
    1114: ("the server's disk is full", _SPACE, True),
    1290: ("the database is read-only", "connect to the primary server", False),
    1205: ("another program keeps the rows locked", _WAIT, True),
    1213: ("the transaction lost against another one and was rolled back", _AGAIN, True),
    2003: ("the server does not answer", "check host and port, and that the server runs", True),
    2006: ("the connection broke", _AGAIN, True),
    2013: ("the connection broke", _AGAIN, True),
}


def failure(error: BaseException, label: str, doing: str) -> TargetError:
    """The error that ends the run: what was being done, what is wrong, what to do next."""
    inner: Any = cause(error)
    found: tuple[str, str, bool] | None
    if isinstance(inner, sqlite3.Error):
        name = str(getattr(inner, "sqlite_errorname", ""))
        found = next((v for k, v in _SQLITE_FAILURES.items() if name.startswith(k)), None)
    elif hasattr(inner, "diag"):
        name = inner.sqlstate or ""
        found = next((v for k, v in _POSTGRESQL_FAILURES.items() if name.startswith(k)), None)
        found = found or (None if name else _unanswered(str(inner)))
    else:
        name = str(_mysql_number(inner) or "")
        found = _MYSQL_FAILURES.get(_mysql_number(inner))
        if found is None and not name:
            found = ("the connection broke", _AGAIN, True)
    if found is None:
        what = f"the database answered with error {name or type(inner).__name__}"
        found = (what, "the database's own log has the details", False)
    what, hint, is_retryable = found
    return TargetError(f"{label}: {doing}: {what}", hint=hint, retryable=is_retryable)


def _unanswered(text: str) -> tuple[str, str, bool]:
    """psycopg gives no code to a connection that never came about."""
    if "authentication failed" in text or "no password supplied" in text:
        return ("the login was refused", _LOGIN, False)
    if "does not exist" in text and "database" in text:
        return ("there is no such database", "check the name at the end of the url", False)
    if "role" in text and "does not exist" in text:
        return ("the login was refused", _LOGIN, False)
    if "Connection refused" in text or "timeout" in text or "resolve host" in text:
        return ("the server does not answer", "check host and port, and that the server runs", True)
    return ("the connection broke", _AGAIN, True)
