from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from migrate.errors import MigrateError
from migrate.extractors._readings import options_of
from migrate.extractors.database import read_tables
from migrate.values import Table


def whole(table: Table, rows: int = 50_000) -> pd.DataFrame:
    return pd.concat(list(table.batches(rows)), ignore_index=True)


def made(path: Path, script: str, *rows: tuple[str, list[tuple[Any, ...]]]) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    for statement, values in rows:
        connection.executemany(statement, values)
    connection.commit()
    connection.close()
    return path


def by_name(place: Path, **options: Any) -> dict[str, Table]:
    return {table.name: table for table in read_tables(place, **options)}


def issues(table: Table) -> dict[str, str]:
    whole(table)
    return {issue.code: issue.message for issue in table.issues()}


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_all_tables_show_one_moment_and_the_owner_goes_on_writing(
    tmp_path: Path, mode: str
) -> None:
    path = made(
        tmp_path / "legacy.db",
        f"""pragma journal_mode = {mode};
        create table a (id integer primary key, v text); insert into a values (1, 'a'), (2, 'b');
        create table b (id integer primary key, v text); insert into b values (1, 'a'), (2, 'b');""",
    )
    tables = by_name(path)
    batches = tables["a"].batches(1)
    assert next(batches)["v"].tolist() == ["a"]
    owner = sqlite3.connect(path, timeout=0.1)
    owner.execute("delete from b where id = 1")
    owner.execute("insert into b values (3, 'new')")
    owner.execute("insert into a values (3, 'new')")
    owner.commit()  # refused as "database is locked" if we held the file
    owner.close()
    assert whole(tables["b"])["id"].tolist() == ["1", "2"]
    assert [frame["v"].tolist() for frame in batches] == [["b"]]
    assert tables["a"].count() == tables["b"].count() == 2
    assert whole(tables["a"])["id"].tolist() == ["1", "2"]  # a second time, the same
    assert by_name(path)["b"].count() == 2


def test_listing_a_source_opens_no_moment(tmp_path: Path) -> None:
    path = made(tmp_path / "legacy.db", "create table a (id int); insert into a values (1);")
    table = by_name(path)["a"]
    made(path, "insert into a values (2);")
    assert len(whole(table)) == 2


def test_two_readings_in_turns_and_one_given_up(tmp_path: Path) -> None:
    rows = [(n, f"v{n}") for n in range(1000)]
    path = made(tmp_path / "legacy.db", "create table a (id int, v text);", ("insert into a values (?, ?)", rows))  # fmt: skip
    table = by_name(path)["a"]
    one, two, three = table.batches(100), table.batches(150), table.batches(7)
    next(three)
    three.close()
    pairs = [pd.concat([next(one), *one]), pd.concat([next(two), *two])]
    assert pairs[0]["v"].tolist() == pairs[1]["v"].tolist() == [v for _, v in rows]


def test_texts_in_an_old_code_page_are_read_in_the_page_that_their_letters_show(
    tmp_path: Path,
) -> None:
    words = ["Kováč", "Čičmany", "Žilina", "Šťastný", "Hlavná 5", "Ľubietová", "Dvořák"]
    rows = [(n, words[n % 7].encode("cp1250" if n % 2 else "utf-8"), "x") for n in range(700)]
    path = made(
        tmp_path / "old.db",
        "create table t (id integer primary key, name text, note text)",
        ("insert into t values (?, cast(? as text), ?)", rows),
    )
    table = by_name(path)["t"]
    assert table.reading["encodings"] == {"name": "cp1250"}
    assert "no UTF-8" in table.reading["evidence"]["encodings.name"]
    assert whole(table, 150)["name"].tolist() == [words[n % 7] for n in range(700)]
    assert "350 texts are no UTF-8; read as cp1250" in issues(table)["text_not_utf8"]
    plain = by_name(path, tables={"t": {"encodings": "no"}})["t"]
    assert "Kov\\xe1\\xe8" in whole(plain)["name"].tolist()
    assert "code page" in next(i for i in plain.issues() if i.code == "text_not_utf8").hint


def test_a_bad_text_far_behind_the_sample_costs_no_row(tmp_path: Path) -> None:
    rows = [(n, b"\xe8" if n == 2_500 else b"ok") for n in range(5_000)]
    path = made(tmp_path / "old.db", "create table t (id int, v text)", ("insert into t values (?, cast(? as text))", rows))  # fmt: skip
    for size in (700, 50_000):
        frame = whole(by_name(path)["t"], size)
        assert frame["id"].tolist() == [str(n) for n in range(5_000)]
        assert frame["v"].tolist()[2_500] == "\\xe8"


def test_double_encoded_texts_are_repaired_for_the_column_and_told(tmp_path: Path) -> None:
    words = ["Ján Horváth", "Žilina", "Košice", "Müller", "Bratislava", "Ľubica"]
    wrong = [w.encode().decode("latin-1") for w in words]
    rows = [(n, wrong[n % 6], words[n % 6]) for n in range(60)]
    path = made(tmp_path / "old.db", "create table t (id integer primary key, bad text, good text)", ("insert into t values (?, ?, ?)", rows))  # fmt: skip
    table = by_name(path)["t"]
    assert table.reading["repairs"] == {"bad": "utf-8 read as cp1252"}
    frame = whole(table)
    assert frame["bad"].tolist() == frame["good"].tolist() == [words[n % 6] for n in range(60)]
    (told,) = table.issues()
    assert (told.code, told.column) == ("text_repaired", "bad")
    assert "50 texts" in told.message
    assert "→ Žilina" in told.value
    kept = by_name(path, tables={"t": {"repairs": "no"}})["t"]
    assert whole(kept)["bad"].tolist()[1] == wrong[1]
    assert kept.reading["repairs"] == {}
    assert by_name(path, repairs="no")["t"].reading["repairs"] == {}


def test_types_are_per_value_and_a_mixed_column_is_told(tmp_path: Path) -> None:
    path = made(
        tmp_path / "t.db",
        """create table t (v, n integer);
        insert into t values (1, 1), ('x', 2), (x'00ff', 3), (2.5, 9223372036854775807), (null, 1);
        insert into t values (1e300, 'not a number');""",
    )
    table = by_name(path)["t"]
    assert whole(table)["v"].tolist()[:4] == ["1", "x", "\\x00ff", "2.5"]
    assert whole(table)["n"].tolist()[3] == "9223372036854775807"
    assert {i.column for i in table.issues()} == {"v", "n"}
    assert {i.code for i in table.issues()} == {"mixed_types"}


def test_rows_marked_as_deleted_are_counted_and_may_be_left_out(tmp_path: Path) -> None:
    path = made(
        tmp_path / "t.db",
        """create table a (id integer primary key, deleted tinyint);
        insert into a values (1, 0), (2, 1), (3, null), (4, 1);
        create table b (id integer primary key, DeletedAt datetime, active int);
        insert into b values (1, null, 1), (2, '2020-01-01', 0);
        create table c (id integer primary key, IsActive varchar(1));
        insert into c values (1, 'Y'), (2, 'N'), (3, 'n');
        create table d (id integer primary key, activity text, deletedness text);""",
    )
    tables = by_name(path)
    assert "2 rows are marked as deleted in deleted" in issues(tables["a"])["soft_deleted_rows"]
    assert tables["b"].reading["deleted_column"] == "DeletedAt"
    assert "1 rows" in issues(tables["b"])["soft_deleted_rows"]
    assert "2 rows" in issues(tables["c"])["soft_deleted_rows"]
    assert tables["d"].reading["deleted_column"] == ""
    skipping = by_name(path, deleted="skip")
    assert whole(skipping["a"])["id"].tolist() == ["1", "3"]
    assert skipping["a"].count() == 2
    assert "left out" in issues(skipping["a"])["soft_deleted_rows"]
    assert whole(skipping["c"])["id"].tolist() == ["1"]
    other = by_name(path, tables={"b": {"deleted_column": "active", "deleted": "skip"}})["b"]
    assert whole(other)["id"].tolist() == ["1"]


def test_odd_names_generated_columns_composite_references_and_indexes(tmp_path: Path) -> None:
    path = made(
        tmp_path / "t.db",
        """create table "a ""b"" select" ("x y" int, "z.z" int, g int generated always as ("x y" + 1),
            primary key ("x y", "z.z"));
        insert into "a ""b"" select" ("x y", "z.z") values (2, 1), (1, 2);
        create table child (p int, q int, foreign key (q, p) references "a ""b"" select"("z.z", "x y"));
        create table u (code text not null unique, v int); insert into u values ('b', 1), ('a', 2);
        create virtual table f using fts5(body); insert into f values ('text');""",
    )
    tables = by_name(path)
    assert set(tables) == {'a "b" select', "child", "u", "f"}
    odd = tables['a "b" select']
    assert whole(odd)["g"].tolist() == ["2", "3"]
    (key,) = tables["child"].foreign_keys
    assert (key.columns, key.target_columns) == (("q", "p"), ("z.z", "x y"))
    assert (tables["u"].key, tables["u"].reading["order"]) == ((), ["code"])
    assert whole(tables["u"])["code"].tolist() == ["a", "b"]


def test_a_reading_given_back_reads_the_same(tmp_path: Path) -> None:
    path = made(
        tmp_path / "t.db",
        """create table a (id integer primary key, deleted int, n text);
        insert into a values (2, 1, 'Å½ilina'), (1, 0, 'KoÅ¡ice');
        create table b (x int); insert into b values (5), (4);
        create view v as select n from a;""",
    )
    first = read_tables(path, queries={"q": "select x from b order by x"}, tables={"B": {"table": "b", "key": ["x"]}})  # fmt: skip
    again = read_tables(path, tables={t.name: options_of(t.reading) for t in first})
    assert sorted(t.name for t in again) == sorted(t.name for t in first)
    named = {t.name: t for t in again}
    for table in first:
        other = named[table.name]
        assert (table.columns, table.key) == (other.columns, other.key)
        assert dict(table.reading) | {"evidence": 0} == dict(other.reading) | {"evidence": 0}
        pd.testing.assert_frame_equal(whole(table), whole(other))
    assert named["v"].is_view
    assert "select n from a" in named["v"].reading["evidence"]["definition"]


def test_a_wal_file_in_a_folder_that_cannot_be_written_keeps_its_last_rows(tmp_path: Path) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir()
    path = folder / "t.db"
    writer = sqlite3.connect(path)
    writer.executescript("pragma journal_mode = wal; pragma wal_autocheckpoint = 0; create table t (id int); insert into t values (1);")  # fmt: skip
    copy = tmp_path / "copy"
    copy.mkdir()
    for side in folder.iterdir():
        if not side.name.endswith("-shm"):
            (copy / side.name).write_bytes(side.read_bytes())
    writer.close()
    for file in copy.iterdir():
        file.chmod(0o400)
    copy.chmod(0o500)
    try:
        assert whole(by_name(copy / "t.db")["t"])["id"].tolist() == ["1"]
    finally:
        copy.chmod(0o700)


def test_mutated_files_are_refused_or_read_never_worse(tmp_path: Path) -> None:
    rows = [(n, f"name {n}", b"\0\1") for n in range(300)]
    path = made(
        tmp_path / "t.db",
        "create table t (id integer primary key, name text, raw blob); create index i on t(name);"
        "create view v as select * from t;",
        ("insert into t values (?, ?, ?)", rows),
    )
    whole_file = path.read_bytes()
    chance = random.Random(3)
    for attempt in range(60):
        damaged = bytearray(whole_file)
        for _ in range(chance.choice([1, 5, 50])):
            damaged[chance.randrange(16, len(damaged))] = chance.randrange(256)
        cut = chance.randrange(100, len(damaged)) if attempt % 3 == 0 else len(damaged)
        other = tmp_path / "m.db"
        other.write_bytes(bytes(damaged[:cut]))
        try:
            for table in read_tables(other):
                whole(table, 100)
                table.count()
        except MigrateError as error:
            assert "Traceback" not in str(error)


def test_the_drivers_of_servers_are_not_needed_for_a_file(tmp_path: Path) -> None:
    path = made(tmp_path / "t.db", "create table t (id int); insert into t values (1);")
    script = (
        "import sys\n"
        "for name in ('psycopg', 'pymysql', 'oracledb', 'pyodbc', 'firebird'):\n"
        "    sys.modules[name] = None\n"
        "from migrate.extractors.database import read_tables\n"
        f"print([len(f) for t in read_tables({str(path)!r}) for f in t.batches()])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("[1]", 0), done.stderr
