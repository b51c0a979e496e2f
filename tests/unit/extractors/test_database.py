from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from migrate.errors import SourceError, UsageError
from migrate.extractors import open_source
from migrate.values import SOURCE_ROW, ForeignKey, Table

NORTHWIND = Path(__file__).parents[4] / "shared/data/northwind/northwind.db"
PLANTED = ["+421905123456", "-5", "=A1", "@x", "001001"]


def whole(table: Table, rows: int = 50_000) -> pd.DataFrame:
    return pd.concat(list(table.batches(rows)), ignore_index=True)


def made(tmp_path: Path, script: str) -> Path:
    path = tmp_path / "legacy.db"
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    return path


def by_name(place: str | Path, **options: Any) -> dict[str, Table]:
    return {table.name: table for table in open_source(place, **options)}


def test_sqlite_values_stay_as_they_are(tmp_path: Path) -> None:
    rows = ",".join(f"({9 - i}, '{text}')" for i, text in enumerate(PLANTED))
    path = made(
        tmp_path,
        f"create table c (id integer primary key, value text); insert into c values {rows};",
    )
    table = by_name(path)["c"]
    frame = whole(table, 2)
    assert frame["value"].tolist() == PLANTED[::-1]  # in the order of the key
    assert frame[SOURCE_ROW].tolist() == [1, 2, 3, 4, 5]
    assert table.key == ("id",)
    assert table.count() == 5
    assert [column.type for column in table.columns] == ["integer", "text"]


def test_sqlite_values_are_read_raw_whatever_type_is_declared(tmp_path: Path) -> None:
    path = made(
        tmp_path,
        """create table t (d datetime, n numeric, b boolean, x blob, f real, e text);
        insert into t values ('1996-07-04 00:00:00.000', 1e-7, 1, x'00ff', 1001.0, '');
        insert into t values ('not a date', 12.50, 0, null, 2.5, ' ');""",
    )
    frame = whole(by_name(path)["t"])
    assert frame.drop(columns=SOURCE_ROW).iloc[0].tolist()[:5] == [
        "1996-07-04 00:00:00.000", "0.0000001", "1", "\\x00ff", "1001",
    ]  # fmt: skip
    assert frame["d"].tolist()[1] == "not a date"
    assert frame["e"].isna().all()


def test_tables_views_references_and_queries(tmp_path: Path) -> None:
    path = made(
        tmp_path,
        """create table company (id integer primary key autoincrement, name text);
        create table person (a int, b int, company_id int references company, primary key (a, b));
        create view v as select name from company;
        create view gone as select * from no_such_table;
        insert into company (name) values ('A'), ('B');""",
    )
    tables = by_name(path, queries={"names": "select upper(name) as n from company;"})
    assert set(tables) == {"company", "person", "v", "names"}
    assert tables["person"].key == ("a", "b")
    assert tables["person"].foreign_keys == (ForeignKey(("company_id",), "company", ("id",)),)
    assert whole(tables["names"])["n"].tolist() == ["A", "B"]
    assert tables["names"].count() == tables["v"].count() == 2
    assert [i.code for i in tables["company"].issues()] == ["view_unreadable"]
    assert len(whole(tables["person"])) == 0
    renamed = by_name(path, tables={"firms": {"table": "company"}, "v": {"key": ["name"]}})
    assert renamed["person"].foreign_keys[0].target_table == "firms"
    assert renamed["v"].key == ("name",)


def test_mistakes_are_told_with_the_nearest_name(tmp_path: Path) -> None:
    path = made(tmp_path, "create table company (id int, name text);")
    with pytest.raises(UsageError, match='did you mean "company"'):
        open_source(path, only=["compny"])
    with pytest.raises(SourceError, match='did you mean "company"'):
        open_source(path, tables={"x": {"table": "compny"}})
    with pytest.raises(SourceError, match='did you mean "name"'):
        open_source(path, tables={"company": {"key": ["nam"]}})
    with pytest.raises(UsageError, match="SELECT"):
        open_source(path, queries={"q": "delete from company"})
    with pytest.raises(UsageError, match="allowed: read, skip"):
        open_source(path, tables={"company": {"deleted": "drop"}})
    with pytest.raises(UsageError, match="is not known"):
        open_source(path, tables={"company": {"encodings": {"name": "cp12500"}}})
    with pytest.raises(UsageError, match="utf-8 read as cp1252"):
        open_source(path, tables={"company": {"repairs": {"name": "magic"}}})
    with pytest.raises(SourceError, match='did you mean "name"'):
        open_source(path, tables={"company": {"deleted_column": "nam"}})


def test_names_that_are_twice_or_ours_are_numbered(tmp_path: Path) -> None:
    path = made(
        tmp_path,
        "create table x (_source_row int, a text); insert into x values (7, 'A');",
    )
    tables = by_name(path, queries={"q": "select a, a from x"})
    assert tables["q"].column_names == ("a", "a_2")
    assert [i.code for i in tables["q"].issues()] == ["column_renamed"]
    assert whole(tables["q"])["a_2"].tolist() == ["A"]
    assert whole(tables["x"])["source_row"].tolist() == ["7"]


def test_the_source_is_never_written(tmp_path: Path) -> None:
    path = made(tmp_path, "create table company (id int); insert into company values (1);")
    before = path.read_bytes()
    table = by_name(path, queries={"q": "with x as (select 1 as a) select a from x"})["q"]
    whole(table)
    with pytest.raises(SourceError):
        by_name(path, queries={"q": "select * from company; delete from company"})
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["legacy.db"]


def test_a_file_that_is_broken_is_told(tmp_path: Path) -> None:
    path = tmp_path / "broken.db"
    path.write_bytes(b"SQLite format 3\0" + b"\1" * 500)
    with pytest.raises(SourceError):
        open_source(path)


@pytest.mark.parametrize("family", ["postgresql", "mysql"])
def test_a_server_that_is_gone_is_told_without_the_password(family: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(f"{family}://crm:hunter2@127.0.0.1:1/crm")
    assert "hunter2" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_unknown_databases_are_told() -> None:
    with pytest.raises(SourceError, match="known databases"):
        open_source("paradox://u:hunter2@h/db")
    with pytest.raises(SourceError, match="is not the URL"):
        open_source("postgresql://u:hunter2@h:port/db")


SERVER_TABLES = {
    "postgresql": """create table "Order Details" (id int primary key, parent int
        references "Order Details", amount numeric(10, 2), day date, moment timestamp,
        zoned timestamptz, flag boolean, raw bytea, note text, rate double precision)""",
    "mysql": """create table `Order Details` (id int primary key, parent int,
        amount decimal(10, 2), day date, moment datetime(3), zoned datetime, flag bit(1),
        raw varbinary(10), note text, rate double,
        foreign key (parent) references `Order Details` (id)) default charset=utf8mb4""",
}


@pytest.mark.parametrize("family", ["postgresql", "mysql"])
def test_servers_give_the_same_texts(family: str, request: pytest.FixtureRequest) -> None:
    fixture = {"postgresql": "postgresql_url", "mysql": "mariadb_url"}[family]
    url = request.getfixturevalue(fixture)
    driver = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}[family]
    engine = sa.create_engine(sa.make_url(url).set(drivername=driver))
    mark = {"postgresql": '"', "mysql": "`"}[family]
    table = f"{mark}Order Details{mark}"
    with engine.begin() as connection:
        connection.exec_driver_sql(SERVER_TABLES[family])
        for row, text in enumerate(PLANTED, start=1):
            connection.exec_driver_sql(
                f"insert into {table} values ({row}, 1, 1234.50, '2019-03-01',"
                " '2019-03-01 10:05:00.5', '2019-03-01 00:00:00',"
                + {"postgresql": "true, '\\x00ff'", "mysql": "1, x'00ff'"}[family]
                + f", '{text}', 0.1)"
            )
        connection.exec_driver_sql(f"create view v as select note from {table}")
    engine.dispose()
    tables = by_name(
        url, queries={"q": f"select note from {table} where id = 1 and note like '%421%'"}
    )
    assert set(tables) == {"Order Details", "v", "q"}
    found = tables["Order Details"]
    assert (found.key, found.count()) == (("id",), 5)
    assert found.foreign_keys == (ForeignKey(("parent",), "Order Details", ("id",)),)
    frame = whole(found, 2)
    assert frame["note"].tolist() == PLANTED
    assert frame.loc[0, ["id", "parent", "amount", "day", "moment", "raw", "rate"]].tolist() == [
        "1", "1", "1234.50", "2019-03-01", "2019-03-01T10:05:00.5", "\\x00ff", "0.1",
    ]  # fmt: skip
    assert (
        frame.loc[0, "zoned"]
        == ({"postgresql": "2019-03-01T00:00:00+00:00", "mysql": "2019-03-01"}[family])
    )
    assert frame.loc[0, "flag"] == {"postgresql": "true", "mysql": "1"}[family]
    assert whole(tables["q"])["note"].tolist() == ["+421905123456"]


def test_postgresql_moments_that_python_does_not_know(postgresql_url: str) -> None:
    engine = sa.create_engine(postgresql_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.exec_driver_sql("create table t (id int primary key, d date, m timestamp)")
        connection.exec_driver_sql("insert into t values (1, 'infinity', '20000-01-01 10:00')")
    engine.dispose()
    frame = whole(by_name(postgresql_url)["t"])
    assert frame.loc[0, ["d", "m"]].tolist() == ["infinity", "20000-01-01T10:00:00"]


def test_a_query_cannot_write_on_a_server(postgresql_url: str) -> None:
    engine = sa.create_engine(postgresql_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.exec_driver_sql("create table t (id int primary key)")
    engine.dispose()
    with pytest.raises(SourceError):
        open_source(
            postgresql_url,
            queries={"q": "with x as (insert into t values (1) returning id) select id from x"},
        )
    assert by_name(postgresql_url)["t"].count() == 0


@pytest.mark.skipif(not NORTHWIND.is_file(), reason="Northwind is not on this machine")
def test_northwind_counts_and_key() -> None:
    tables = by_name(NORTHWIND)
    assert tables["Order Details"].key == ("OrderID", "ProductID")
    for name, rows in {"Customers": 93, "Orders": 830, "Order Details": 2155}.items():
        assert len(whole(tables[name], 500)) == tables[name].count() == rows
    assert whole(tables["Orders"])["OrderDate"].tolist()[0] == "1996-07-04 00:00:00.000"
