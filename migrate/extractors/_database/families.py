"""Which databases are known, what does each need, and what does each promise of a snapshot?"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from migrate.errors import SourceError


@dataclass(frozen=True)
class Family:
    """A kind of database: its driver, how a read-only snapshot begins, and what that promises.

    ``session`` is said once to a new connection, ``begin`` opens the transaction in which
    everything is read; ``guarantee`` is what a reading says of it.
    """

    name: str
    driver: str
    module: str
    extra: str
    guarantee: str
    session: tuple[str, ...] = ()
    begin: tuple[str, ...] = ()
    system_schemas: frozenset[str] = frozenset()
    query: Mapping[str, str] = field(default_factory=dict)


# Half an hour without a read: the server itself ends what a crashed or sleeping program left open.
IDLE_SECONDS = 1800

_MYSQL_SYSTEM = frozenset({"information_schema", "mysql", "performance_schema", "sys"})
_MYSQL_SESSION = (
    # Between two batches the reader may be busy for longer than the server likes to wait.
    "SET SESSION net_write_timeout = 86400",
    f"SET SESSION wait_timeout = {IDLE_SECONDS}",
    "SET SESSION time_zone = '+00:00'",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
)
_MYSQL_GUARANTEE = (
    "all tables as they were at one moment: one transaction begun WITH CONSISTENT SNAPSHOT, READ"
    " ONLY (InnoDB; a table of another engine, MyISAM or Aria, is read as it is when its turn comes)"
)
_NUMBERS_AND_DATES = (
    "ALTER SESSION SET NLS_NUMERIC_CHARACTERS = '.,'",
    "ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD\"T\"HH24:MI:SS'",
    "ALTER SESSION SET TIME_ZONE = '+00:00'",
)

FAMILIES = {
    "sqlite": Family(
        "sqlite", "sqlite", "sqlite3", "",
        "all tables as they were at one moment: a private copy made by SQLite's backup, or in WAL"
        " mode one read transaction",
    ),
    "postgresql": Family(
        "postgresql", "postgresql+psycopg", "psycopg", "postgresql",
        "all tables as they were at one moment: a repeatable-read, read-only transaction whose"
        " exported snapshot every reading connection takes",
        session=(
            "SET datestyle = 'ISO, YMD'", "SET intervalstyle = 'postgres'", "SET timezone = 'UTC'",
            "SET bytea_output = 'hex'", "SET extra_float_digits = 1",
            # A second reading must begin where the first began.
            "SET synchronize_seqscans = off",
            "SET statement_timeout = 0",
            f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'",
            "SET default_transaction_read_only = on",
        ),
        begin=("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",),
        system_schemas=frozenset({"information_schema", "pg_catalog", "pg_toast"}),
        query={"client_encoding": "utf8"},
    ),
    "mysql": Family(
        "mysql", "mysql+pymysql", "pymysql", "mysql", _MYSQL_GUARANTEE, _MYSQL_SESSION,
        ("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",),
        _MYSQL_SYSTEM, {"charset": "utf8mb4"},
    ),
    "oracle": Family(
        "oracle", "oracle+oracledb", "oracledb", "oracle",
        "all tables as they were at one moment: SET TRANSACTION READ ONLY",
        _NUMBERS_AND_DATES, ("SET TRANSACTION READ ONLY",),
        frozenset({"sys", "system", "xdb", "outln", "ctxsys", "mdsys", "dbsnmp", "gsmadmin_internal"}),
    ),
    "mssql": Family(
        "mssql", "mssql+pyodbc", "pyodbc", "mssql",
        "all tables as they were at one moment where the database allows snapshot isolation; else"
        " each row as it is when it is read",
        session=("SET NOCOUNT ON", "SET LANGUAGE us_english", "SET DATEFORMAT ymd"),
        system_schemas=frozenset({"sys", "information_schema", "guest"}),
        query={"MARS_Connection": "yes", "ApplicationIntent": "ReadOnly"},
    ),
    "firebird": Family(
        "firebird", "firebird+firebird", "firebird.driver", "firebird",
        "all tables as they were at one moment: a SNAPSHOT, READ ONLY transaction",
    ),
}  # fmt: skip
_ALIASES = {
    "postgres": "postgresql", "mariadb": "mysql", "sqlserver": "mssql", "interbase": "firebird",
}  # fmt: skip

# What a driver says, what helps, and whether the same call may succeed later.
_SYMPTOMS = (
    (r"password authentication failed|Access denied for user|ORA-01017|Login failed|user name and"
     r" password are not defined|28P01|28000|no password supplied",
     "check user and password; in the URL write the password's @ as %40 and / as %2F", False),
    (r"no pg_hba\.conf entry|not allowed to connect|ORA-01045",
     "ask the administrator of the server to let this machine and user in", False),
    (r"Unknown database|database .* does not exist|Cannot open database|ORA-12514|ORA-12505|"
     r"No such file or directory.*database",
     "check the name of the database at the end of the URL", False),
    (r"permission denied|command denied|ORA-00942|ORA-01031|SELECT permission was denied|"
     r"no permission for",
     "ask for the right to read it: GRANT SELECT ON … TO the user of the URL", False),
    (r"could not translate host|Name or service not known|nodename nor servname|getaddrinfo|"
     r"Temporary failure in name resolution|failed to resolve host",
     "check the name of the host in the URL", False),
    (r"snapshot too old|ORA-01555",
     "the server kept the old rows for too short a time: have UNDO_RETENTION raised, or read when"
     " fewer people work", True),
    (r"No space left|disk is full|disk full|database or disk is full",
     "make room on the disk of the temporary folder (TMPDIR), or name another folder in TMPDIR",
     True),
    (r"database is locked|being used by another",
     "close the program that works with it, or read a copy", True),
    (r"malformed|not a database|disk image",
     "the file is damaged: ask for a fresh backup, or repair it with: sqlite3 FILE .recover", False),
    (r"syntax error|error in your SQL syntax|division by zero|does not exist",
     "correct the statement under `queries`, or the view", False),
    (r"refused|timed? ?out|unreachable|lost connection|server closed|gone away|terminat|"
     r"starting up|too many (connections|clients)|TNS:no listener|DPY-6005|"
     r"complete network request",
     "check host and port, and that the server runs; then run it again", True),
)  # fmt: skip


def family_of(name: str) -> Family | None:
    """Find the family of a URL's scheme or of a dialect, None for one that is not known.

    >>> family_of("postgres").driver, family_of("mariadb+pymysql").name, family_of("paradox")
    ('postgresql+psycopg', 'mysql', None)
    """
    plain = re.split(r"[+.]", name.lower(), maxsplit=1)[0]
    return FAMILIES.get(_ALIASES.get(plain, plain))


def advice(said: str) -> tuple[str, bool]:
    """Say what helps against what a driver said, and whether the same call may succeed later.

    >>> advice('FATAL:  password authentication failed for user "crm"')[1]
    False
    >>> advice("connection to server at 127.0.0.1, port 1 failed: Connection refused")[1]
    True
    """
    for pattern, hint, is_retryable in _SYMPTOMS:
        if re.search(pattern, said, re.IGNORECASE):
            return hint, is_retryable
    return (
        "check host, port, database, user and password, and that the user may read the tables",
        False,
    )


def completed(url: sa.URL, family: Family, shown: str) -> sa.URL:
    """Give the URL with the driver and the settings that its family needs.

    Oracle's last part is taken for a service name (``?sid=`` says otherwise); SQL Server gets the
    newest ODBC driver that is installed.

    >>> url = sa.make_url("oracle://crm:x@db.example:1521/SALES")
    >>> completed(url, family_of("oracle"), "").render_as_string()
    'oracle+oracledb://crm:***@db.example:1521/?service_name=SALES'
    """
    if "+" not in url.drivername or url.drivername.split("+")[0] not in FAMILIES:
        given = url.drivername.partition("+")[2]
        url = url.set(drivername=family.driver if not given else f"{family.name}+{given}")
    missing = {name: value for name, value in family.query.items() if name not in url.query}
    if family.name == "oracle":
        if sid := url.query.get("sid"):
            url = url.difference_update_query(["sid"]).set(database=str(sid))
        elif url.database and "service_name" not in url.query:
            missing["service_name"] = url.database
            url = url.set(database="")
    if family.name == "mssql" and not {"driver", "odbc_connect"} & set(url.query) and url.host:
        missing["driver"] = _odbc_driver(shown)
    return url.update_query_dict(missing) if missing else url


def _odbc_driver(shown: str) -> str:
    try:
        pyodbc = importlib.import_module("pyodbc")
    except ImportError as problem:
        raise missing_driver(FAMILIES["mssql"], shown, problem) from None
    found: list[str] = [
        name for name in pyodbc.drivers() if "SQL Server" in name or "FreeTDS" in name
    ]
    if not found:
        raise SourceError(
            "no ODBC driver for SQL Server is installed on this machine"
            f" (there are: {', '.join(pyodbc.drivers()) or 'none'})",
            hint="install Microsoft's “ODBC Driver 18 for SQL Server”, or FreeTDS (apt install"
            " tdsodbc); another one is named in the URL: ?driver=NAME",
            where=shown,
        )
    return max(found, key=lambda name: (name.startswith("ODBC Driver"), name))


def check_driver(family: Family, shown: str) -> None:
    """Refuse a database whose driver cannot be loaded, with the command that installs it."""
    try:
        importlib.import_module(family.module)
    except ImportError as problem:
        raise missing_driver(family, shown, problem) from None


def missing_driver(family: Family, shown: str, problem: ImportError) -> SourceError:
    """Make the error for a driver that is missing, or that misses a library of the system."""
    if isinstance(problem, ModuleNotFoundError):
        return SourceError(
            f"the driver for {family.name} is not installed ({problem.name})",
            hint=f'pip install "crm-migrate[{family.extra}]"',
            where=shown,
        )
    return SourceError(
        f"the driver for {family.name} cannot be loaded: {problem}",
        hint="install the library of the system that it names"
        + (" (Debian: apt install unixodbc)" if family.name == "mssql" else ""),
        where=shown,
    )
