from __future__ import annotations

import os
import random
import shutil
import struct
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from migrate.errors import MigrateError, SourceError, UsageError
from migrate.extractors import kind_of
from migrate.extractors._readings import options_of
from migrate.extractors.access import read_tables
from migrate.values import SOURCE_ROW, ForeignKey, Issue, Table
from tests.unit.extractors.jet import JetTable, Relationship, write_jet


@pytest.fixture(autouse=True)
def _mdbtools() -> None:
    if shutil.which("mdb-export") is None:
        message = "mdbtools are not installed (apt install mdbtools)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


def by_name(path: Path, **options: Any) -> dict[str, Table]:
    return {table.name: table for table in read_tables(path, **options)}


def whole(table: Table, rows: int = 50_000) -> pd.DataFrame:
    return pd.concat(list(table.batches(rows)), ignore_index=True)


def values(table: Table, column: str) -> list[str | None]:
    return [None if isinstance(v, float) else v for v in whole(table)[column]]


def issues(table: Table) -> list[Issue]:
    whole(table)
    return list(table.issues())


def one_column(path: Path, column: str, given: list[Any], **options: Any) -> Table:
    rows = [[number, value] for number, value in enumerate(given, start=1)]
    write_jet(path, [JetTable("T", ["ID long", f"V {column}"], rows)], **options)
    return by_name(path)["T"]


CUSTOMERS = JetTable(
    "Zákazníci",
    ["ID long", "Názov firmy text(50)", "Aktívny bool", "Obrat currency", "Založená datetime"],
    [
        [1, "Žilina s.r.o.", True, "12.75", datetime(2019, 3, 1)],
        [2, "Kováč", False, "-922337203685477.5808", datetime(2019, 3, 1, 10, 5, 7)],
        [3, None, False, None, None],
    ],
    key=["ID"],
)
LINES = JetTable(
    "Riadky", ["Objednávka long", "Riadok long", "Zákazník long"], [[1, 1, 1]],
    key=["Objednávka", "Riadok"],
)  # fmt: skip
OWNED = Relationship("Riadky", ["Zákazník"], "Zákazníci", ["ID"])


@pytest.mark.parametrize(
    ("version", "name"), [(3, "stara.mdb"), (4, "klienti.mdb"), (5, "klienti.accdb")]
)
def test_every_version_reads_alike(tmp_path: Path, version: int, name: str) -> None:
    path = write_jet(
        tmp_path / name, [CUSTOMERS, LINES], version=version, encoding="cp1250",
        relationships=[OWNED],
    )  # fmt: skip
    assert kind_of(path) == "access"
    tables = by_name(path)
    assert list(tables) == ["Zákazníci", "Riadky"]
    customers = tables["Zákazníci"]
    assert values(customers, "Názov firmy") == ["Žilina s.r.o.", "Kováč", None]
    assert values(customers, "Aktívny") == ["1", "0", "0"]
    assert values(customers, "Obrat") == ["12.75", "-922337203685477.5808", None]
    assert values(customers, "Založená") == ["2019-03-01", "2019-03-01T10:05:07", None]
    assert whole(customers, 2)[SOURCE_ROW].tolist() == [1, 2, 3]
    assert customers.count() == 3
    assert customers.key == ("ID",)
    assert customers.columns[1].type == "Text (50)"
    assert tables["Riadky"].key == ("Objednávka", "Riadok")
    assert tables["Riadky"].foreign_keys == (ForeignKey(("Zákazník",), "Zákazníci", ("ID",)),)
    assert issues(customers) == []


def test_nothing_in_a_text_is_taken_for_a_delimiter(tmp_path: Path) -> None:
    texts = [
        'a "quoted" one',
        "a,b;c\td",
        "two\r\nlines\n",
        "\x1f\x1e\x01",
        '"',
        "-",
        "=A1",
        "a\\nb",
    ]
    table = one_column(tmp_path / "a.mdb", "memo", texts)
    assert values(table, "V") == texts
    assert table.count() == len(texts)


def test_dates_that_mdbtools_cannot_show_are_told(tmp_path: Path) -> None:
    days = [datetime(9999, 12, 31), datetime(1850, 1, 1), datetime(1899, 12, 31), 0.25, 0.999999999]
    table = one_column(tmp_path / "a.mdb", "datetime", days)
    lost = "1900-01-00T00:00:00"
    assert values(table, "V") == [lost, lost, "1899-12-31", "06:00:00", "1899-12-31"]
    told = [(i.code, i.severity, i.record) for i in issues(table)]
    assert told == [
        ("date_unreadable", "error", "row 1"), ("date_unreadable", "error", "row 2"),
        ("time_without_day", "info", "row 4"),
    ]  # fmt: skip


def test_numbers_and_identifiers_have_one_form(tmp_path: Path) -> None:
    assert values(one_column(tmp_path / "d.mdb", "double", [1.5, 1e-10, 2e20, 3]), "V") == [
        "1.5", "0.0000000001", "200000000000000000000", "3",
    ]  # fmt: skip
    assert values(one_column(tmp_path / "n.mdb", "numeric", ["-12.34", "5"]), "V") == [
        "-12.34", "5.00",
    ]  # fmt: skip
    guid = "12345678-1234-1234-1234-123456789ABC"
    assert values(one_column(tmp_path / "g.mdb", "guid", [guid]), "V") == [f"{{{guid}}}"]
    assert values(one_column(tmp_path / "b.mdb", "byte", [0, 255, None]), "V") == ["0", "255", None]


def test_binary_columns_break_no_text(tmp_path: Path) -> None:
    table = one_column(tmp_path / "a.mdb", "ole", [b"\0\xff\n\"',", None, b"x" * 5000])
    assert values(table, "V") == ["\\x00ff0a22272c", None, "\\x" + "78" * 5000]
    short = one_column(tmp_path / "b.mdb", "binary(20)", [b"\x01\x02"])
    assert values(short, "V") == ["\\x0102"]


def test_a_long_text_that_mdbtools_cut_is_told(tmp_path: Path) -> None:
    table = one_column(tmp_path / "a.mdb", "memo", ["y" * 150_000, "dlhý" * 60_000, "krátky"])
    found = values(table, "V")
    assert found[0] == "y" * 150_000
    assert found[2] == "krátky"
    told = [(i.code, i.severity, i.record) for i in issues(table)]
    whole_text = found[1] == "dlhý" * 60_000  # a later mdbtools may have no such limit
    assert told == ([] if whole_text else [("value_cut", "error", "row 2")])


def test_a_later_mdbtools_is_asked_for_longer_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shutil.which("mdb-export")
    programs = tmp_path / "bin"
    programs.mkdir()
    later = programs / "mdb-export"
    later.write_text(  # takes the option, and leaves the limit to the program that is there
        "#!/bin/sh\n"
        'for a; do shift; case "$a" in --help) echo "--bind-size=size"; exit 0;;'
        ' --bind-size=*) ;; *) set -- "$@" "$a";; esac; done\n'
        f'exec {real} "$@"\n'
    )
    later.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    table = one_column(tmp_path / "a.mdb", "memo", ["y" * 199_995])
    assert values(table, "V") == ["y" * 199_995]
    assert issues(table) == []


def test_hyperlinks_stay_as_access_keeps_them(tmp_path: Path) -> None:
    table = one_column(tmp_path / "a.mdb", "memo", ["Example#http://example.com/#"])
    assert values(table, "V") == ["Example#http://example.com/#"]


def test_attachments_and_several_values_are_told(tmp_path: Path) -> None:
    table = one_column(tmp_path / "a.accdb", "complex", [7], version=5)
    assert values(table, "V") == ["7"]
    assert [(i.code, i.severity, i.column) for i in issues(table)] == [
        ("complex_column", "error", "V")
    ]


def test_linked_and_hidden_tables_and_queries(tmp_path: Path) -> None:
    path = write_jet(
        tmp_path / "a.mdb",
        [CUSTOMERS, JetTable("~TMPCLP12345", ["A text"], [["x"]]),
         JetTable("USysRibbons", ["A text"], [["x"]], flags=2)],
        linked=[("Sklad", "C:\\data\\sklad.mdb")],
    )  # fmt: skip
    (table,) = read_tables(path)
    (issue,) = table.issues()
    assert (issue.code, issue.entity) == ("linked_table", "Sklad")
    assert "C:\\data\\sklad.mdb" in issue.message


@pytest.mark.parametrize(
    ("encoding", "texts"),
    [
        ("cp1250", ["Žilina", "Kováčová", "Ďuriš", "Šťastný", "Ľubomír"]),
        ("cp1251", ["Иванов", "Пётр", "Сергеевич", "договор", "поставки"]),
    ],
)
def test_access_97_is_read_in_its_code_page(
    tmp_path: Path, encoding: str, texts: list[str]
) -> None:
    rows = [[number, text] for number, text in enumerate(texts)]
    table = JetTable(texts[0], ["ID long", f"{texts[1]} text(50)"], rows)
    path = write_jet(tmp_path / "a.mdb", [table], version=3, encoding=encoding)
    read = by_name(path)[texts[0]]
    assert values(read, texts[1]) == texts
    assert read.reading["encoding"] == encoding
    assert read.count() == len(texts)
    given = by_name(path, encoding="latin-1")
    assert texts[0] not in given


def test_access_97_shows_bytes_that_the_page_does_not_know(tmp_path: Path) -> None:
    table = one_column(tmp_path / "a.mdb", "text(50)", [b"a\x81b"], version=3, encoding="cp1252")
    assert values(table, "V") == ["a\\x81b"]
    assert [i.code for i in issues(table)] == ["undecodable_bytes"]


@pytest.mark.parametrize("version", [3, 4])
def test_a_reading_given_back_reads_the_same(tmp_path: Path, version: int) -> None:
    path = write_jet(tmp_path / "a.mdb", [CUSTOMERS, LINES], version=version, encoding="cp1250")
    first = read_tables(path)
    again = read_tables(path, tables={one.name: options_of(one.reading) for one in first})
    for one, other in zip(first, again, strict=True):
        assert (other.name, other.columns, other.key) == (one.name, one.columns, one.key)
        pd.testing.assert_frame_equal(whole(other), whole(one))


def test_mistakes_are_told_with_the_nearest_name(tmp_path: Path) -> None:
    path = write_jet(tmp_path / "a.mdb", [CUSTOMERS, LINES])
    with pytest.raises(UsageError, match='did you mean "Zákazníci"'):
        read_tables(path, only=["Zakaznici"])
    with pytest.raises(SourceError, match='did you mean "Zákazníci"'):
        read_tables(path, tables={"firmy": {"table": "Zakaznici"}})
    with pytest.raises(SourceError, match='names a column that is not there: "Id"'):
        read_tables(path, tables={"Riadky": {"key": ["Id"]}})
    with pytest.raises(UsageError, match="Access 97"):
        read_tables(path, encoding="cp1250")
    renamed = by_name(path, tables={"firmy": {"table": "Zákazníci", "key": ["Názov firmy"]}})
    assert renamed["firmy"].key == ("Názov firmy",)


def test_a_missing_program_is_told_with_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_jet(tmp_path / "a.mdb", [CUSTOMERS])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match="which is not installed"):
        read_tables(path)


def test_an_encrypted_database_is_refused_clearly(tmp_path: Path) -> None:
    path = write_jet(tmp_path / "a.accdb", [CUSTOMERS], version=5)
    raw = bytearray(path.read_bytes())
    struct.pack_into("<HHH", raw, 0x299, 200, 4, 2)
    path.write_bytes(raw)
    with pytest.raises(SourceError, match="Decrypt Database"):
        read_tables(path)


def test_a_count_that_differs_is_left_to_be_seen(tmp_path: Path) -> None:
    table = JetTable("T", ["ID long", "V text"], [[1, "a"], [2, "b"]], said_rows=5)
    path = write_jet(tmp_path / "a.mdb", [table])
    read = by_name(path)["T"]
    assert len(whole(read)) == 2
    assert read.count() == 5


@pytest.mark.parametrize("version", [3, 4, 5])
def test_no_damage_raises_anything_but_our_errors(tmp_path: Path, version: int) -> None:
    chance = random.Random(version)
    path = write_jet(
        tmp_path / "a.mdb", [CUSTOMERS, LINES], version=version, encoding="cp1250",
        relationships=[OWNED],
    )  # fmt: skip
    sound = path.read_bytes()
    refused = 0
    for number in range(25):
        raw = bytearray(sound)
        if number % 3 == 0:
            del raw[chance.randrange(30, len(raw)) :]
        for _ in range(chance.choice((1, 20, 200))):
            raw[chance.randrange(20, len(raw))] = chance.randrange(256)
        path.write_bytes(raw)
        try:
            for table in read_tables(path):
                whole(table)
                table.issues()
                table.count()
        except MigrateError as problem:
            assert problem.hint
            refused += 1
    assert refused
