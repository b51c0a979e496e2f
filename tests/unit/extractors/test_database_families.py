from __future__ import annotations

import os
import struct
import subprocess
import sys
import uuid
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from migrate.errors import SourceError
from migrate.extractors._database.connections import open_engine
from migrate.extractors._database.cursors import _offset_text
from migrate.extractors._database.families import FAMILIES, advice, completed, family_of
from migrate.extractors._database.flags import find_flag
from migrate.extractors._database.select import Selection, count_statement, statement
from migrate.extractors._database.texts import SourceColumn
from migrate.extractors.database import read_tables

FIREBIRD = os.environ.get("CRM_MIGRATE_TEST_FIREBIRD", "")


@pytest.mark.parametrize(
    ("place", "driver", "query"),
    [
        ("postgres://u:p@h/db", "postgresql+psycopg", {"client_encoding": "utf8"}),
        ("mariadb://u:p@h/db", "mysql+pymysql", {"charset": "utf8mb4"}),
        ("mysql://u:p@h/db?charset=latin1", "mysql+pymysql", {"charset": "latin1"}),
        ("oracle://u:p@h:1521/SALES", "oracle+oracledb", {"service_name": "SALES"}),
        ("oracle://u:p@h:1521?sid=ORCL", "oracle+oracledb", {}),
        ("firebird://u:p@h//data/a.fdb", "firebird+firebird", {}),
        (
            "sqlserver://u:p@h/db?driver=FreeTDS",
            "mssql+pyodbc",
            {"driver": "FreeTDS", "MARS_Connection": "yes", "ApplicationIntent": "ReadOnly"},
        ),
    ],
)
def test_a_url_gets_the_driver_and_settings_of_its_family(
    place: str, driver: str, query: dict[str, str]
) -> None:
    url = sa.make_url(place)
    family = family_of(url.drivername)
    assert family is not None
    found = completed(url, family, "")
    assert (found.drivername, dict(found.query)) == (driver, query)
    assert found.password == "p"


@pytest.mark.parametrize(
    ("family", "missing"),
    [(name, f.module.split(".")[0]) for name, f in FAMILIES.items() if f.extra],
)
def test_a_missing_driver_is_told_with_the_command_that_installs_it(
    family: str, missing: str
) -> None:
    script = (
        "import sys\n"
        f"sys.modules[{missing!r}] = None\n"
        "from migrate.errors import SourceError\n"
        "from migrate.extractors.database import read_tables\n"
        "try:\n"
        f"    read_tables('{family}://crm:hunter2@127.0.0.1:1/crm')\n"
        "except SourceError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert f'pip install "crm-migrate[{FAMILIES[family].extra}]"' in done.stdout, done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("family", ["oracle", "mssql", "firebird"])
def test_a_server_or_driver_that_is_not_there_is_a_plain_error(family: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_tables(f"{family}://crm:hunter2@127.0.0.1:1/crm")
    assert "hunter2" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("family", ["oracle", "mssql", "firebird"])
def test_the_statements_of_each_family(family: str) -> None:
    dialects = {
        "oracle": "oracle+oracledb://", "mssql": "mssql+pyodbc://", "firebird": "firebird+firebird://",
    }  # fmt: skip
    try:
        dialect = sa.make_url(dialects[family]).get_dialect()()
    except (sa.exc.NoSuchModuleError, ImportError):
        pytest.skip(f"the dialect of {family} is not installed")
    quote = dialect.identifier_preparer.quote_identifier
    columns = (SourceColumn("id", "integer"), SourceColumn("Deleted", "number(1)"))
    flag = find_flag(columns, quote, family)
    assert flag is not None
    wanted = Selection("c", columns, quote, quote("Customers"), order=("id",), kept=flag.kept)
    marks = {"mssql": "[]"}.get(family, '""')
    name = lambda text: f"{marks[0]}{text}{marks[1]}"  # noqa: E731
    assert statement(wanted) == (
        f"SELECT {name('id')}, {name('Deleted')} FROM {name('Customers')} WHERE CASE WHEN"
        f" {name('Deleted')} <> 0 THEN 1 ELSE 0 END = 0 ORDER BY {name('id')}"
    )
    query = Selection("q", columns, quote, query="SELECT 1 AS a FROM dual")
    assert " AS " not in count_statement(query).rpartition(")")[2]  # Oracle knows no AS there
    assert "LIMIT" not in statement(wanted)


def test_only_what_reads_is_said_to_a_server() -> None:
    for family in FAMILIES.values():
        for said in (*family.session, *family.begin):
            assert said.split()[0] in ("SET", "ALTER", "BEGIN", "START"), said
            assert not said.startswith("ALTER") or said.startswith("ALTER SESSION")


@pytest.mark.parametrize(
    ("said", "word", "retryable"),
    [
        ("ORA-01017: invalid username/password; logon denied", "password", False),
        ("ORA-01555: snapshot too old: rollback segment number", "UNDO_RETENTION", True),
        ("DPY-6005: cannot connect to database (CONNECTION_ID=x)", "port", True),
        ("[28000] [Microsoft] Login failed for user 'crm'. (18456)", "password", False),
        ("The SELECT permission was denied on the object 'x'", "GRANT SELECT", False),
        ("(1045, \"Access denied for user 'crm'@'h' (using password: YES)\")", "password", False),
        ("(2003, \"Can't connect to MySQL server on 'h' (timed out)\")", "port", True),
        ("Your user name and password are not defined.", "password", False),
        ("database disk image is malformed", "recover", False),
        ("FATAL:  sorry, too many clients already", "again", True),
    ],
)
def test_what_a_driver_says_gets_its_advice(said: str, word: str, retryable: bool) -> None:
    hint, is_retryable = advice(said)
    assert word in hint
    assert is_retryable is retryable


def test_a_datetimeoffset_of_sql_server() -> None:
    raw = struct.pack("<6hI2h", 2019, 3, 1, 10, 5, 0, 500_000_000, -2, -30)
    assert _offset_text(raw) == "2019-03-01T10:05:00.5-02:30"
    assert _offset_text(None) is None


def test_an_unknown_family_and_driver() -> None:
    with pytest.raises(SourceError, match='did you mean "postgresql"'):
        open_engine("postgresq://u:hunter2@h/db")
    with pytest.raises(SourceError, match="not a driver that is installed"):
        open_engine("postgresql+nothing://u:hunter2@h/db")


@pytest.mark.skipif(not FIREBIRD, reason="CRM_MIGRATE_TEST_FIREBIRD names no Firebird server")
@pytest.mark.parametrize("page", ["UTF8", "NONE"])
def test_firebird(page: str) -> None:
    """The variable holds firebird://user:password@host//folder, where the server may write."""
    driver = pytest.importorskip("firebird.driver")
    url = sa.make_url(f"{FIREBIRD.rstrip('/')}/crm_migrate_{uuid.uuid4().hex[:12]}.fdb")
    dsn = f"inet://{url.host}:{url.port or 3050}/{url.database}"
    who: dict[str, Any] = {"user": url.username, "password": url.password}
    driver.driver_config.db_defaults.db_charset.value = page
    driver.create_database(dsn, charset="UTF8", **who).close()
    writer = driver.connect(dsn, charset="WIN1250" if page == "NONE" else "UTF8", **who)
    tables: list[Any] = []
    try:
        cursor = writer.cursor()
        for said in (
            'create table "Customers" (id integer not null primary key, name varchar(40),'
            " code char(6), note blob sub_type text, raw blob, amount numeric(10,2), d date,"
            " ts timestamp, deleted smallint)",
            'create table orders (id integer not null primary key, customer integer references "Customers")',
            'create view v as select id, name from "Customers"',
        ):
            cursor.execute(said)
        writer.commit()
        insert = 'insert into "Customers" values (?,?,?,?,?,?,?,?,?)'
        cursor.execute(insert, (1, "Kováč", "AB", "poznámka", b"\0\1", "12.50", "2019-03-01", "2019-03-01 10:05:00", 0))  # fmt: skip
        cursor.execute(insert, (2, "Žilina", None, None, None, None, None, None, 1))
        cursor.execute("insert into orders values (1, 1)")
        writer.commit()
        tables = read_tables(url.render_as_string(hide_password=False))
        named = {table.name: table for table in tables}
        assert set(named) == {"Customers", "orders", "v"}
        batches = named["Customers"].batches(1)
        first = next(batches)
        cursor.execute("delete from orders")
        writer.commit()
        frame = pd.concat([first, *batches])
        assert frame.iloc[0].tolist()[:-1] == [
            "1", "Kováč", "AB", "poznámka", "\\x0001", "12.50", "2019-03-01",
            "2019-03-01T10:05:00", "0",
        ]  # fmt: skip
        assert named["orders"].count() == 1  # as it was when the first table was read
        assert named["orders"].foreign_keys[0].target_table == "Customers"
        assert [frame["name"].tolist() for frame in named["v"].batches()] == [["Kováč", "Žilina"]]
        codes = {issue.code for issue in named["Customers"].issues()}
        assert codes == {"soft_deleted_rows"} | ({"text_not_utf8"} if page == "NONE" else set())
        del named, batches, tables
    finally:
        writer.close()
        driver.connect(dsn, **who).drop_database()
