from __future__ import annotations

import gc
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pandas as pd
import psycopg
import pytest

from migrate.errors import SourceError
from migrate.extractors._database import postgresql
from migrate.extractors._readings import options_of
from migrate.extractors._text import text_of
from migrate.extractors.database import read_tables
from migrate.values import ForeignKey, Table


def whole(table: Table, rows: int = 50_000) -> pd.DataFrame:
    return pd.concat(list(table.batches(rows)), ignore_index=True)


def by_name(place: str, **options: Any) -> dict[str, Table]:
    return {table.name: table for table in read_tables(place, **options)}


@pytest.fixture
def server(postgresql_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        yield connection


def held(server: psycopg.Connection[Any]) -> int:
    """How many other sessions have a transaction open in this database."""
    row = server.execute(
        "select count(*) from pg_stat_activity where datname = current_database()"
        " and xact_start is not null and pid <> pg_backend_pid()"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_all_tables_show_the_moment_of_the_first_read(
    postgresql_url: str, server: psycopg.Connection[Any]
) -> None:
    server.execute("create table a (id int primary key, v text)")
    server.execute("create table b (id int primary key, v text)")
    for name in "ab":
        server.execute(f"insert into {name} select i, 'v' || i from generate_series(1, 10) i")
    tables = by_name(postgresql_url)
    assert held(server) == 0  # listed, and nothing is left open
    server.execute("insert into a values (11, 'before the first read')")
    batches = tables["a"].batches(4)
    assert len(next(batches)) == 4
    server.execute("delete from a where id = 9")
    server.execute("delete from b where id < 6")
    server.execute("insert into b values (11, 'new'), (0, 'new')")
    server.execute("update b set v = 'changed'")
    other = tables["b"].batches(3)
    assert next(other)["v"].tolist() == ["v1", "v2", "v3"]
    assert sum(map(len, batches)) == 7
    assert sum(map(len, other)) == 7
    assert (tables["a"].count(), tables["b"].count()) == (11, 10)
    assert whole(tables["b"])["v"].tolist() == [f"v{i}" for i in range(1, 11)]
    assert held(server) == 1
    own = by_name(postgresql_url, tables={"b": {"snapshot": "table"}})["b"]
    assert own.count() == 7
    del own, tables, batches, other
    gc.collect()
    assert held(server) == 0


def test_a_lost_reader_is_replaced_at_the_same_moment(
    postgresql_url: str, server: psycopg.Connection[Any]
) -> None:
    server.execute('create table a (k text collate "und-x-icu", n int, v text, primary key (n, k))')
    server.execute("insert into a select chr(65 + i % 26) || '''' || i, i % 7, repeat('v', 2000) from generate_series(1, 20000) i")  # fmt: skip
    table = by_name(postgresql_url)["a"]
    expected = whole(by_name(postgresql_url)["a"])
    batches = table.batches(1000)
    found = [next(batches)]
    server.execute("delete from a where n > 3")
    server.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like 'COPY%'"
        " and datname = current_database() and pid <> pg_backend_pid()"
    )
    found += batches
    pd.testing.assert_frame_equal(pd.concat(found, ignore_index=True), expected)


def test_when_all_connections_are_lost_the_row_reached_is_told(
    postgresql_url: str, server: psycopg.Connection[Any]
) -> None:
    server.execute("create table a (id int primary key, v text)")
    server.execute("insert into a select i, repeat('v', 2000) from generate_series(1, 20000) i")
    table = by_name(postgresql_url)["a"]
    batches = table.batches(500)
    next(batches)
    server.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    with pytest.raises(
        SourceError, match=r"table a: the connection was lost after row \d"
    ) as caught:
        list(batches)
    assert caught.value.retryable
    assert len(whole(table)) == 20_000  # another try begins a new moment, and says so
    assert "snapshot_renewed" in {issue.code for issue in table.issues()}


VALUES: tuple[tuple[str, str, str | None], ...] = (
    ("boolean", "true", "true"),
    ("boolean", "null", None),
    ("date", "'0044-03-15 BC'", "0044-03-15 BC"),
    ("date", "'infinity'", "infinity"),
    ("date", "'2019-03-01'", "2019-03-01"),
    ("timestamp", "'2019-03-01 00:00:00'", "2019-03-01"),
    ("timestamp", "'2019-03-01 10:05:00.500'", "2019-03-01T10:05:00.5"),
    ("timestamp", "'-infinity'", "-infinity"),
    ("timestamp(0)", "'20000-12-31 23:59'", "20000-12-31T23:59:00"),
    ("timestamptz", "'2019-03-01 00:00+02'", "2019-02-28T22:00:00+00:00"),
    ("timestamptz", "'infinity'", "infinity"),
    ("time", "'10:05'", "10:05:00"),
    ("interval", "'30 hours 5 minutes'", "30:05:00"),
    ("interval", "'1 year 2 months 3 days'", "1 year 2 mons 3 days"),
    ("numeric", "'NaN'", "NaN"),
    ("numeric(40,20)", "'1234567890.00000000000000000001'", "1234567890.00000000000000000001"),
    ("float8", "1e-7", "0.0000001"),
    ("float8", "1e20", "100000000000000000000"),
    ("float8", "'NaN'", "NaN"),
    ("float8", "'-Infinity'", "-Infinity"),
    ("float4", "0.1", "0.1"),
    ("money", "1234.5", "1234.50"),
    ("bytea", r"'\x00ff'", r"\x00ff"),
    ("int[]", "'{1,null,3}'", "[1,null,3]"),
    ("text[]", """'{"a,b","c""d"}'""".replace('""', '\\"'), '["a,b","c\\"d"]'),
    ("jsonb", """'{"b": [1, "Ž"]}'""", '{"b": [1, "Ž"]}'),
    ("json", "'{}'", "{}"),
    ("int4range", "'[1,5)'", "[1,5)"),
    ("uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("mood", "'so so'", "so so"),
    ("mood[]", "'{\"so so\"}'", '["so so"]'),
    ("short", "'abc'", "abc"),
    ("char(5)", "'ab'", "ab"),
    ("bit(3)", "b'101'", "101"),
    ("inet", "'192.0.2.1'", "192.0.2.1"),
    ("xml", "'<a/>'", "<a/>"),
    ("text", "E'line\\nline\\r\\ntab\\t\"quoted\", \\\\. end'", 'line\nline\r\ntab\t"quoted", \\. end'),
    ("text", "'\\.'", "\\."),
    ("text", "' leading'", " leading"),
    ("text", "'NULL'", "NULL"),
    ("text", "''", None),
    ("text", "repeat('x', 3000000)", "x" * 3_000_000),
    ("bigint", "9223372036854775807", "9223372036854775807"),
)  # fmt: skip


def test_every_type_has_its_one_text(postgresql_url: str, server: psycopg.Connection[Any]) -> None:
    server.execute("create type mood as enum ('so so', 'ok')")
    server.execute("create domain short as varchar(5)")
    listed = ", ".join(f"c{i} {kind}" for i, (kind, _, _) in enumerate(VALUES))
    server.execute(f"create table t (id int primary key, {listed})")
    server.execute(f"insert into t values (1, {', '.join(v for _, v, _ in VALUES)})")
    server.execute("insert into t values (2)")
    tables = by_name(postgresql_url, queries={"q": "select * from t -- all of it"})
    for name in ("t", "q"):
        frame = whole(tables[name])
        found = frame.iloc[0].tolist()[1:-1]
        found = [None if pd.isna(value) else value for value in found]
        for (kind, literal, expected), value in zip(VALUES, found, strict=True):
            assert value == expected, (name, kind, literal[:50])
        assert frame.iloc[1].isna().sum() == len(VALUES)
    codes = {(i.code, i.column) for i in tables["t"].issues()}
    assert {code for code, _ in codes} == {"infinite_date"}


def test_the_copy_gives_what_the_cursor_gives(
    postgresql_url: str, server: psycopg.Connection[Any]
) -> None:
    server.execute(
        "create table t (id int primary key, a text, b bool, c numeric(12,3), d timestamp,"
        " e bytea, f date, g bigint, h varchar)"
    )
    server.execute(
        "insert into t select i, case i % 5 when 0 then null when 1 then '' when 2 then E'a\\n\\tb'"
        " when 3 then '\"' || i else '\\' || i end, i % 3 = 0, i / 7.0,"
        " timestamp '2000-01-01' + i * interval '7.5 hours', decode(md5(i::text), 'hex'),"
        " date '1999-12-31' + i, i * 1e9, chr(300 + i % 500) from generate_series(1, 3000) i"
    )
    table = by_name(postgresql_url)["t"]
    frame = whole(table, 700)
    rows = server.execute("select * from t order by id").fetchall()
    expected = [
        [None if not (text_of(v) or "").strip() else text_of(v) for v in row] for row in rows
    ]
    found = frame.iloc[:, :-1].astype(object).where(frame.iloc[:, :-1].notna(), None)
    assert found.to_numpy().tolist() == expected
    assert isinstance(rows[0][3], Decimal)


def test_tables_of_every_make(postgresql_url: str, server: psycopg.Connection[Any]) -> None:
    for statement in (
        "create table part (id int, y int, primary key (id, y)) partition by range (y)",
        "create table part_1 partition of part for values from (0) to (10)",
        "create table part_2 partition of part default",
        "insert into part values (1, 1), (2, 20)",
        "create table parent (id int primary key, v text)",
        "create table child (extra text) inherits (parent)",
        "insert into parent values (1, 'p')",
        "insert into child values (2, 'c', 'x')",
        "create materialized view counted as select count(*) as n from part",
        "create view shown as select id, v from parent where id > 0",
        'create table "Odd ""name""; --" ("a b" int primary key, "select" text generated always as'
        " ('x' || 1) stored)",
        'insert into "Odd ""name""; --" values (1)',
        "create table nothing ()",
        "insert into nothing default values",
    ):
        server.execute(statement)
    tables = by_name(postgresql_url)
    odd = 'Odd "name"; --'
    assert set(tables) == {"part", "parent", "child", "counted", "shown", odd, "nothing"}
    assert len(whole(tables["part"])) == tables["part"].count() == 2
    assert whole(tables["parent"])["id"].tolist() == ["1"]
    assert tables["parent"].count() == 1
    assert whole(tables["child"])["extra"].tolist() == ["x"]
    assert whole(tables["counted"])["n"].tolist() == ["2"]
    assert tables["counted"].is_view
    assert "FROM parent" in tables["shown"].reading["evidence"]["definition"]
    assert whole(tables[odd])["select"].tolist() == ["x1"]
    assert len(whole(tables["nothing"])) == tables["nothing"].count() == 1


def test_schemas_and_references_between_them(
    postgresql_url: str, server: psycopg.Connection[Any]
) -> None:
    server.execute("create schema sales; create schema empty; create table customers (id int)")
    server.execute("create table sales.customers (a int, b int, primary key (b, a))")
    server.execute("create table sales.orders (id int primary key, x int, y int,"
                   " foreign key (x, y) references sales.customers (b, a))")  # fmt: skip
    server.execute("insert into sales.customers values (1, 2)")
    assert set(by_name(postgresql_url)) == {"customers"}
    both = by_name(postgresql_url, schemas="*")
    assert set(both) == {"customers", "sales.customers", "sales.orders"}
    assert both["sales.orders"].foreign_keys == (
        ForeignKey(("x", "y"), "sales.customers", ("b", "a")),
    )
    assert len(whole(both["sales.customers"])) == 1
    with pytest.raises(SourceError, match='did you mean "sales"'):
        by_name(postgresql_url, schemas=["sale"])
    only = by_name(postgresql_url, schemas=["sales"])
    again = by_name(postgresql_url, tables={n: options_of(t.reading) for n, t in only.items()})
    assert set(again) == set(only) == {"sales.customers", "sales.orders"}
    server.execute("drop table customers")
    assert set(by_name(postgresql_url)) == {"sales.customers", "sales.orders"}


def test_what_may_not_be_read_is_told_and_the_rest_is_read(
    postgresql_url: str, server: psycopg.Connection[Any]
) -> None:
    user = "crm_migrate_reader"
    server.execute(f"drop role if exists {user}")
    server.execute(f"create role {user} login password 'hunter2'")
    try:
        server.execute("create table open (id int primary key); create table secret (id int)")
        place = postgresql_url.replace("postgres@", f"{user}:hunter2@")
        with pytest.raises(SourceError, match="none of the 2 tables can be read: permission"):
            by_name(place)
        server.execute(f"grant select on open to {user}")
        tables = by_name(place)
        assert set(tables) == {"open"}
        (told,) = tables["open"].issues()
        assert (told.code, told.entity, told.severity) == ("table_unreadable", "secret", "error")
        with pytest.raises(SourceError, match="permission denied") as caught:
            by_name(place, only=["secret"])
        assert "GRANT SELECT" in caught.value.hint
    finally:
        server.execute(f"drop owned by {user}; drop role {user}")


def test_a_database_that_is_not_there_is_told(postgresql_url: str) -> None:
    with pytest.raises(SourceError, match="does not exist") as caught:
        by_name(postgresql_url.rsplit("/", 1)[0] + "/no_such_database")
    assert not caught.value.retryable
    with pytest.raises(SourceError) as caught:
        by_name(postgresql_url.replace("127.0.0.1", "no-such-host.invalid"))
    assert "host" in caught.value.hint


def test_double_encoded_texts_and_flags(
    postgresql_url: str, server: psycopg.Connection[Any]
) -> None:
    server.execute("create table t (id int primary key, name varchar(40), is_deleted boolean, deleted_on timestamp)")  # fmt: skip
    words = ["Ján", "Žilina", "Košice", "Ľubica", "Šaľa"]
    for n in range(50):
        wrong = words[n % 5].encode().decode("latin-1")
        server.execute("insert into t values (%s, %s, %s, null)", [n, wrong, n % 2 == 0 or None])
    table = by_name(postgresql_url, deleted="skip")["t"]
    assert whole(table)["name"].tolist() == [words[n % 5] for n in range(50) if n % 2]
    assert table.count() == 25
    assert {i.code for i in table.issues()} == {"text_repaired", "soft_deleted_rows"}


def test_a_database_without_an_encoding(postgresql_url: str) -> None:
    base, _, name = postgresql_url.rpartition("/")
    ascii_name = f"{name}_ascii"
    with psycopg.connect(postgresql_url, autocommit=True) as server:
        server.execute(f"create database {ascii_name} encoding 'SQL_ASCII' locale 'C' template template0")  # fmt: skip
        try:
            with psycopg.connect(f"{base}/{ascii_name}", autocommit=True) as other:
                other.execute("create table t (id int primary key, name text, n int)")
                other.execute(
                    "insert into t select i, case when i % 2 = 0 then"
                    " convert_from(decode('4b6fe869', 'hex'), 'SQL_ASCII')"
                    " else convert_from(decode('4b6fc48d69', 'hex'), 'SQL_ASCII') end, i"
                    " from generate_series(1, 40) i"
                )
            table = by_name(f"{base}/{ascii_name}")["t"]
            assert table.reading["encodings"] == {"name": "cp1250"}
            assert set(whole(table)["name"]) == {"Koči"}
            assert [i.code for i in table.issues()] == ["text_not_utf8"]
            del table
            gc.collect()
        finally:
            server.execute(f"drop database {ascii_name} with (force)")


def test_batches_are_cut_by_size_too(
    postgresql_url: str, server: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "_MOST_BYTES", 10_000)
    server.execute("create table t (v text)")
    server.execute("insert into t select repeat('x', 3000) from generate_series(1, 50)")
    frames = list(by_name(postgresql_url)["t"].batches())
    assert len(frames) > 5
    assert sum(map(len, frames)) == 50


def test_a_query_that_fails_midway_is_told_with_its_row(postgresql_url: str) -> None:
    query = "select i, 100 / (5000 - i) as x from generate_series(1, 6000) i"
    table = by_name(postgresql_url, queries={"q": query})["q"]
    with pytest.raises(SourceError, match=r"query q: cannot be read after row 4,\d+: division"):
        whole(table, 1000)
