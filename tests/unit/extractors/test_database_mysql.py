from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pymysql
import pytest
import sqlalchemy as sa

from migrate.errors import SourceError
from migrate.extractors._readings import options_of
from migrate.extractors.database import read_tables
from migrate.values import Table


def whole(table: Table, rows: int = 50_000) -> pd.DataFrame:
    return pd.concat(list(table.batches(rows)), ignore_index=True)


def by_name(place: str, **options: Any) -> dict[str, Table]:
    return {table.name: table for table in read_tables(place, **options)}


class Server:
    """A connection that writes, as the legacy program does."""

    def __init__(self, place: str) -> None:
        url = sa.make_url(place)
        self.database = str(url.database)
        self.connection = pymysql.connect(
            host=url.host, port=url.port or 3306, user=url.username, password=url.password or "",
            database=self.database, charset="utf8mb4", autocommit=True, init_command="SET sql_mode=''",
        )  # fmt: skip

    def execute(self, statement: str) -> Any:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def others(self) -> list[int]:
        return [
            row[0]
            for row in self.execute(
                "select id from information_schema.processlist where db = database()"
                " and id <> connection_id()"
            )
        ]


@pytest.fixture
def server(mariadb_url: str) -> Iterator[Server]:
    server = Server(mariadb_url)
    yield server
    server.connection.close()


def test_all_tables_show_the_moment_of_the_first_read(mariadb_url: str, server: Server) -> None:
    for name in "ab":
        server.execute(f"create table {name} (id int primary key, v text)")
        server.execute(f"insert into {name} select seq, concat('v', seq) from seq_1_to_10")
    server.execute("create table keyless (v text, w int)")
    server.execute("insert into keyless select concat('v', seq), seq from seq_1_to_30000")
    tables = by_name(mariadb_url)
    assert server.others() == []
    server.execute("insert into a values (11, 'before the first read')")
    batches = tables["a"].batches(4)
    assert len(next(batches)) == 4
    server.execute("delete from a where id = 9")
    server.execute("delete from b where id < 6")
    server.execute("insert into b values (11, 'new'), (0, 'new')")
    server.execute("delete from keyless where w > 5")
    streamed = tables["keyless"].batches(1_000)
    first = next(streamed)
    other = tables["b"].batches(3)
    assert next(other)["v"].tolist() == ["v1", "v2", "v3"]
    second = tables["keyless"].batches(700)
    next(second)
    assert tables["a"].count() == 11
    assert sum(map(len, batches)) == 7
    assert sum(map(len, other)) == 7
    rest = pd.concat([first, *streamed])
    assert rest["w"].tolist() == [str(n) for n in range(1, 30_001)]
    assert sum(map(len, second)) == 29_300
    assert tables["keyless"].count() == 30_000
    given_up = tables["keyless"].batches(10)
    next(given_up)
    given_up.close()
    assert whole(tables["b"])["v"].tolist() == [f"v{i}" for i in range(1, 11)]
    assert len(server.others()) == 1
    del tables, batches, other, streamed, second, given_up
    gc.collect()
    assert server.others() == []


KEYS = {
    "two parts": ("a int, b varchar(20), primary key (b, a)", "seq % 7, concat('K''\\\\', seq)"),
    "collation": (
        "a varchar(30) collate utf8mb4_slovak_ci primary key",
        "concat(elt(seq % 5 + 1, 'č', 'CH', 'h', 'Ž', 'z'), seq)",
    ),
    "latin1": ("a varchar(30) character set latin1 primary key", "concat('é', seq)"),
    "moment": (
        "a datetime(3) primary key",
        "timestamp'2000-01-01 00:00:00' + interval seq * 1.5 second",
    ),
    "bytes": ("a varbinary(16) primary key", "unhex(md5(seq))"),
    "decimal": ("a decimal(20,4) primary key", "seq / 8 - 100"),
    "unsigned": ("a bigint unsigned primary key", "18446744073709551615 - seq"),
    "zerofill": ("a int(8) zerofill primary key", "seq * 3"),
    "float": ("a double primary key", "seq / 7"),
    "enum": (
        "a enum('z','a','m'), b int, primary key (a, b)",
        "elt(seq % 3 + 1, 'z', 'a', 'm'), seq",
    ),
    "unique": ("a int not null unique, b int", "seq, 1"),
    "unique or null": ("a int unique, b int", "if(seq > 3, seq, null), seq"),
}


@pytest.mark.parametrize("kind", KEYS)
def test_pages_by_key_lose_and_double_no_row(mariadb_url: str, server: Server, kind: str) -> None:
    columns, values = KEYS[kind]
    server.execute(f"create table t ({columns}) default charset = utf8mb4")
    server.execute(f"insert into t select {values} from seq_1_to_1000")
    table = by_name(mariadb_url)["t"]
    pages, one = whole(table, 7), whole(table)
    assert len(one) == table.count() == 1000
    pd.testing.assert_frame_equal(pages, one)
    assert not one.drop(columns="_source_row").duplicated().any()


def test_a_key_that_only_the_user_knows_is_never_paged_by(mariadb_url: str, server: Server) -> None:
    server.execute("create table t (a int, b int)")
    server.execute("insert into t select seq div 100, seq from seq_1_to_1000")
    table = by_name(mariadb_url, tables={"t": {"key": ["a"]}})["t"]
    assert table.reading["evidence"]["order"] == "not known to be unique"
    assert len(whole(table, 30)) == 1000


VALUES: tuple[tuple[str, str, str | None], ...] = (
    ("bit(1)", "1", "1"),
    ("bit(20)", "b'10000000000000001'", "65537"),
    ("tinyint(1)", "1", "1"),
    ("tinyint(1)", "-1", "-1"),
    ("int(5) zerofill", "1001", "01001"),
    ("bigint unsigned", "18446744073709551615", "18446744073709551615"),
    ("decimal(65,30)", "12345678901234567890.123456789012345678901234567890", "12345678901234567890.123456789012345678901234567890"),
    ("float", "1234567", "1234567"),
    ("float", "0.1", "0.1"),
    ("double", "1e-7", "0.0000001"),
    ("double", "0.1", "0.1"),
    ("year", "2019", "2019"),
    ("time", "'838:59:59'", "838:59:59"),
    ("time(3)", "'-10:05:00.5'", "-10:05:00.500"),
    ("date", "'0000-00-00'", "0000-00-00"),
    ("date", "'2019-00-00'", "2019-00-00"),
    ("datetime", "'0000-00-00 00:00:00'", "0000-00-00"),
    ("datetime(6)", "'2019-03-01 10:05:00.5'", "2019-03-01T10:05:00.5"),
    ("datetime", "'2019-03-01'", "2019-03-01"),
    ("timestamp null", "'2019-03-01 10:05:00'", "2019-03-01T10:05:00"),
    ("set('a','b','c')", "'c,a'", "a,c"),
    ("enum('áno','nie')", "'áno'", "áno"),
    ("json", """'{"b": [1, "Ž"]}'""", '{"b": [1, "Ž"]}'),
    ("blob", "x'00ff'", "\\x00ff"),
    ("longblob", "x'00ff'", "\\x00ff"),
    ("binary(4)", "x'0a'", "\\x0a000000"),
    ("varbinary(4)", "''", "\\x"),
    ("longtext", "repeat('ž', 300000)", "ž" * 300_000),
    ("text", r"'line\nline\r\ntab\t\"quoted\", \\N \' end'", 'line\nline\r\ntab\t"quoted", \\N \' end'),
    ("text", r"'a\0b\Z'", "a\0b\x1a"),
    ("text", "'NULL'", "NULL"),
    ("text", "'\"'", '"'),
    ("text", "''", None),
    ("varchar(20)", "null", None),
    ("char(5)", "'ab  '", "ab"),
    ("text character set utf8mb4", "'😀'", "😀"),
    ("text character set cp1251", "'Иван'", "Иван"),
    ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("inet6", "'::1'", "::1"),
)  # fmt: skip


def test_every_type_has_its_one_text(mariadb_url: str, server: Server) -> None:
    listed = ", ".join(f"c{i} {kind}" for i, (kind, _, _) in enumerate(VALUES))
    server.execute(f"create table t (id int primary key, {listed}) default charset = utf8mb4")
    server.execute(f"insert into t values (1, {', '.join(v for _, v, _ in VALUES)})")
    server.execute("insert into t (id) values (2)")
    tables = by_name(mariadb_url, queries={"q": "select * from t order by id -- all of it"})
    table = tables["t"]
    for name in ("t", "q"):
        frame = whole(tables[name])
        found = [None if pd.isna(value) else value for value in frame.iloc[0].tolist()[1:-1]]
        for (kind, literal, expected), value in zip(VALUES, found, strict=True):
            if name == "q" and (kind, literal) == ("float", "1234567"):
                assert value == "1234570"  # how MariaDB itself shows a FLOAT
                continue
            assert value == expected, (name, kind, literal[:50])
        assert frame.iloc[1].isna().sum() == len(VALUES)
    zero = {i.column: i for i in table.issues() if i.code == "zero_date"}
    places = {
        f"c{i}" for i, (kind, v, _) in enumerate(VALUES) if kind.startswith("date") and "-00" in v
    }
    assert set(zero) == places
    assert "1 dates are zero" in next(iter(zero.values())).message


def test_a_row_too_wide_to_be_joined(mariadb_url: str, server: Server) -> None:
    listed = ", ".join(f"c{i} text" for i in range(60))
    server.execute(f"create table t (id int primary key, {listed}) default charset = utf8mb4")
    server.execute(f"insert into t values (1{', repeat(char(34), 65000)' * 60})")
    frame = whole(by_name(mariadb_url)["t"])
    assert {len(value) for value in frame.iloc[0].tolist()[1:-1]} == {65_000}


@pytest.mark.parametrize("how", ["utf-8 bytes in a latin1 column", "encoded twice"])
def test_double_encoded_texts_are_repaired_per_column(
    mariadb_url: str, server: Server, how: str
) -> None:
    page = "latin1" if how.startswith("utf-8") else "utf8mb4"
    server.execute(
        f"create table t (id int primary key, name varchar(90) character set {page},"
        " good varchar(90) character set utf8mb4)"
    )
    words = ["Ján Horváth", "Žilina", "Košice", "Hlavná 5", "Šaľa", "Ďuriš", "Bratislava"]
    for n in range(70):
        raw = words[n % 7].encode().hex()
        value = f"x'{raw}'" if page == "latin1" else f"convert(x'{raw}' using latin1)"
        server.execute(f"insert into t values ({n}, {value}, '{words[n % 7]}')")
    table = by_name(mariadb_url)["t"]
    assert table.reading["repairs"] == {"name": "utf-8 read as cp1252"}
    frame = whole(table)
    assert frame["name"].tolist() == frame["good"].tolist()
    (told,) = table.issues()
    assert (told.code, told.column) == ("text_repaired", "name")
    kept = by_name(mariadb_url, tables={"t": {"repairs": "no"}})["t"]
    assert "Å½ilina" in whole(kept)["name"].tolist()


def test_readings_views_schemas_engines_and_flags(mariadb_url: str, server: Server) -> None:
    other = f"{server.database}_other"
    server.execute(f"create database {other}")
    try:
        server.execute(f"create table {other}.t (a int, b int, primary key (a, b))")
        server.execute(f"insert into {other}.t values (1, 2)")
        server.execute("create table t (id int primary key, deleted_at datetime, x int, y int,"
                       f" foreign key (x, y) references {other}.t (a, b))")  # fmt: skip
        server.execute("insert into t values (1, null, 1, 2), (2, '2020-01-01', null, null), (3, '0000-00-00', null, null)")  # fmt: skip
        server.execute("create table old (a int) engine = MyISAM")
        server.execute("create view v as select id from t")
        server.execute(
            "create table `odd ``name``; --` (`a b` int primary key, g int as (`a b` + 1))"
        )
        server.execute("insert into `odd ``name``; --` (`a b`) values (1)")
        tables = by_name(
            mariadb_url, schemas=[server.database, other], queries={"q": "select 1 as a"}
        )
        assert set(tables) == {"t", "old", "v", "odd `name`; --", f"{other}.t", "q"}
        (key,) = tables["t"].foreign_keys
        assert (key.target_table, key.target_columns) == (f"{other}.t", ("a", "b"))
        assert whole(tables["odd `name`; --"])["g"].tolist() == ["2"]
        whole(tables["t"])
        assert any("1 rows are marked" in i.message for i in tables["t"].issues())
        whole(tables["old"])
        assert "no_snapshot" in {i.code for i in tables["old"].issues()}
        assert "select" in tables["v"].reading["evidence"]["definition"].lower()
        again = by_name(mariadb_url, tables={n: options_of(t.reading) for n, t in tables.items()})
        assert set(again) == set(tables)
        for name, table in tables.items():
            pd.testing.assert_frame_equal(whole(table), whole(again[name]))
        skipping = by_name(mariadb_url, deleted="skip", only=["t"])["t"]
        assert whole(skipping)["id"].tolist() == ["1", "3"]
    finally:
        server.execute("drop table if exists t")
        server.execute(f"drop database {other}")


def test_a_lost_connection_is_told_with_the_row_reached(mariadb_url: str, server: Server) -> None:
    server.execute("create table t (id int primary key, v text)")
    server.execute("insert into t select seq, 'v' from seq_1_to_1000")
    table = by_name(mariadb_url)["t"]
    batches = table.batches(100)
    next(batches)
    for process in server.others():
        server.execute(f"kill {process}")
    with pytest.raises(
        SourceError, match="table t: the connection was lost after row 100"
    ) as caught:
        list(batches)
    assert caught.value.retryable
    assert len(whole(table)) == 1000
    assert "snapshot_renewed" in {issue.code for issue in table.issues()}


def test_users_and_rights(mariadb_url: str, server: Server) -> None:
    server.execute("create table open (id int primary key, a int, b int)")
    server.execute("create table secret (id int)")
    server.execute("create user crm_migrate_reader@'%' identified by 'hunter2'")
    try:
        place = mariadb_url.replace("root@", "crm_migrate_reader:wrong@")
        with pytest.raises(SourceError, match="Access denied") as caught:
            by_name(place)
        assert "wrong" not in str(caught.value).replace("wrong ", "")
        assert not caught.value.retryable
        place = mariadb_url.replace("root@", "crm_migrate_reader:hunter2@")
        server.execute(f"grant select on {server.database}.open to crm_migrate_reader@'%'")
        assert set(by_name(place)) == {"open"}
        with pytest.raises(SourceError, match="names no database; there are: crm_migrate_test"):
            by_name(place.rsplit("/", 1)[0])
        with pytest.raises(SourceError, match=r"Access denied|Unknown database"):
            by_name(place.rsplit("/", 1)[0] + "/no_such_database")
    finally:
        server.execute("drop user crm_migrate_reader@'%'")


def test_a_query_with_two_equal_names_is_refused(mariadb_url: str, server: Server) -> None:
    with pytest.raises(SourceError, match="Duplicate column name"):
        by_name(mariadb_url, queries={"q": "select 1 as a, 2 as a"})


def test_the_owner_may_change_a_table_that_was_read(mariadb_url: str, server: Server) -> None:
    server.execute("create table t (id int primary key)")
    server.execute("create table u (id int)")
    server.execute("insert into t select seq from seq_1_to_100")
    tables = by_name(mariadb_url)
    batches = tables["t"].batches(10)
    next(batches)
    list(batches)
    whole(tables["u"])
    tables["u"].count()
    server.execute("set session lock_wait_timeout = 2")
    server.execute("alter table u add column note text")
    server.execute("alter table t add column note text")  # waits for readers that let nothing go
    assert len(server.others()) == 1
    assert len(whole(tables["t"])) == 100
