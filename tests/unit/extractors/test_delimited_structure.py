from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from migrate.errors import SourceError, UsageError
from migrate.extractors import open_source
from migrate.values import Issue, Table

HEADER = "id;name;city;since\n"
ROWS = "1;Ján;Košice;2020-01-02\n2;Eva;Nitra;2021-03-04\n3;Jozef;Martin;2022-05-06\n"


def opened(path: Path, text: str, **options: object) -> list[Table]:
    path.write_bytes(text.encode())
    return open_source(path, **options)


def rows_of(table: Table) -> list[list[str]]:
    frame = pd.concat(list(table.batches()), ignore_index=True).fillna("")
    return frame[list(table.column_names)].to_numpy().tolist()


def issue(table: Table, code: str) -> Issue:
    return next(one for one in table.issues() if one.code == code)


PLAIN = [line.split(";") for line in ROWS.splitlines()]


@pytest.mark.parametrize(
    "preamble",
    ["Export of customers\n", "Export;;;\n;;;\n", "Report;Customers\nDate;2024-01-01\n\n",
     "\n\n", "# made by a program\n# on a day\n"],
)  # fmt: skip
def test_a_preamble_is_told_apart(tmp_path: Path, preamble: str) -> None:
    (table,) = opened(tmp_path / "a.csv", preamble + HEADER + ROWS)
    assert table.column_names == ("id", "name", "city", "since")
    assert rows_of(table) == PLAIN
    assert table.count() == 3
    assert table.reading["header_row"] == preamble.count("\n") + 1
    if preamble.strip():
        assert issue(table, "title_rows").value.splitlines()[0] == preamble.splitlines()[0]


@pytest.mark.parametrize(
    "footer", ["Source: the old system\n", ";;;\nNote 1;;;\nNote 2;;;\n", "\n\n3 rows\n"]
)
def test_notes_below_the_rows_are_told_apart(tmp_path: Path, footer: str) -> None:
    (table,) = opened(tmp_path / "a.csv", HEADER + ROWS + footer)
    assert rows_of(table) == PLAIN
    assert table.count() == 3
    assert table.reading["last_row"] == 4
    assert footer.splitlines()[-1] in issue(table, "footer_rows").value
    (again,) = opened(tmp_path / "a.csv", HEADER + ROWS + footer, header_row=1)
    assert len(rows_of(again)) == again.count() > 3


def test_a_file_without_a_header_keeps_its_first_row(tmp_path: Path) -> None:
    (table,) = opened(tmp_path / "a.csv", ROWS)
    assert table.column_names == ("column_1", "column_2", "column_3", "column_4")
    assert rows_of(table) == PLAIN
    assert (table.reading["header_row"], table.reading["first_row"]) == (0, 1)
    assert issue(table, "no_header").severity == "warning"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("name;city\nJán;Košice\nEva;Nitra\nJozef;Martin\n", ("name", "city")),
        ("id;2019;2020\n1;10,5;11\n2;9;12,5\n3;8;7\n", ("id", "2019", "2020")),
        ("id;name\n", ("id", "name")),
        ("1;2020-01-02\n", ("column_1", "column_2")),
        ("Košice;x1\nNitra;x2\nNitra;x3\nKošice;x4\nKošice;x5\n", ("column_1", "column_2")),
    ],
)  # fmt: skip
def test_a_header_is_what_does_not_look_like_the_values(
    tmp_path: Path, text: str, names: tuple[str, ...]
) -> None:
    (table,) = opened(tmp_path / "a.csv", text)
    assert table.column_names == names


def test_a_header_of_two_rows_is_joined(tmp_path: Path) -> None:
    text = ";Turnover;;Contact\nid;2019;2020;since\n1;10;11;2020-01-01\n2;9;12;2021-01-01\n3;4;5;2022-01-01\n"
    (table,) = opened(tmp_path / "a.csv", text, header_row=1, header_rows=2)
    assert table.column_names == ("id", "Turnover 2019", "Turnover 2020", "Contact since")
    assert len(rows_of(table)) == table.count() == 3


def test_groups_above_names_that_repeat_are_joined_to_them(tmp_path: Path) -> None:
    text = ";Home;;Work;\nid;phone;mail;phone;mail\n" + "".join(
        f"{i};+42190512345{i};a{i}@example.com;+42190512346{i};b{i}@example.com\n" for i in range(5)
    )
    (table,) = opened(tmp_path / "a.csv", text)
    assert table.column_names == ("id", "Home phone", "Home mail", "Work phone", "Work mail")
    assert (table.reading["header_row"], table.reading["header_rows"]) == (1, 2)


def test_tables_below_each_other_are_tables_of_their_own(tmp_path: Path) -> None:
    second = "code;price\nA1;10,50\nA2;11,00\nA3;9,90\n"
    for between in ("", "\n", "\nProducts\n"):
        first, other = opened(tmp_path / "a.csv", HEADER + ROWS + between + second)
        assert (first.name, other.name) == ("a", "a_2")
        assert rows_of(first) == PLAIN
        assert (other.column_names, rows_of(other)[0]) == (("code", "price"), ["A1", "10,50"])
        assert (first.count(), other.count()) == (3, 3)
        assert other.reading["header_row"] == 5 + between.count("\n")
        assert issue(other, "several_tables").severity == "info"


def test_a_broader_table_below_a_small_one_is_found(tmp_path: Path) -> None:
    first = "code;price;tax\nA1;10,50;20\nA2;11,00;20\nA3;9,90;10\nA4;1,00;10\n"
    tables = opened(tmp_path / "a.csv", first + "\n" + HEADER + ROWS * 10)
    assert [table.count() for table in tables] == [4, 30]


def test_tables_of_one_width_are_told_apart_after_a_blank_line(tmp_path: Path) -> None:
    second = "code;name;maker;price\nA1;Pen;Acme;10,50\nA2;Ink;Acme;1,00\n"
    tables = opened(tmp_path / "a.csv", HEADER + ROWS + "\n" + second)
    assert [table.column_names[0] for table in tables] == ["id", "code"]


def test_a_header_that_comes_again_is_no_row(tmp_path: Path) -> None:
    later = "4;Peter;Brno;2023-01-01\n5;Anna;Praha;2023-02-02\n"
    (table,) = opened(tmp_path / "a.csv", HEADER + ROWS + HEADER + later)
    assert [row[0] for row in rows_of(table)] == ["1", "2", "3", "4", "5"]
    found = issue(table, "repeated_header")
    assert (found.severity, found.place) == ("warning", f"{tmp_path / 'a.csv'}:5")
    assert table.count() == 5


def test_an_export_that_stands_twice_in_a_file_is_not_read_as_twice_the_rows(
    tmp_path: Path,
) -> None:
    text = HEADER + ROWS + "4;Peter;Brno;2023-01-01\n5;Anna;Praha;2023-02-02\n"
    first, copy = opened(tmp_path / "a.csv", text + text)
    assert rows_of(first) == rows_of(copy)
    assert (first.count(), copy.count()) == (5, 5)
    assert issue(copy, "table_repeated").severity == "warning"
    first, copies = opened(tmp_path / "a.csv", text * 200)
    assert (first.count(), copies.count()) == (5, 995)


def test_a_text_of_signs_alone_holds_nothing(tmp_path: Path) -> None:
    (table,) = opened(tmp_path / "a.csv", '""\n' * 9)
    assert (table.column_names, table.count()) == ((), 0)
    assert issue(table, "empty_file")


def test_a_row_of_a_hundred_thousand_fields_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="100,001 fields"):
        opened(tmp_path / "a.csv", "a;" * 100_000)


@pytest.mark.parametrize(
    ("row", "fields", "what"),
    [
        ('4;5" pipe;Brno;2023-01-01', ["4", '5" pipe', "Brno", "2023-01-01"], ""),
        ('4;"5" pipe; long";Brno;2023-01-01', ["4", '5" pipe; long', "Brno", "2023-01-01"],
         "row_repaired"),
        ('4;"He said "no"";Brno;2023-01-01', ["4", 'He said "no"', "Brno", "2023-01-01"],
         "row_repaired"),
        ("4;Peter;;Brno;2023-01-01", ["4", "Peter", "Brno", "2023-01-01"], "row_repaired"),
        ("4;PeterBrno;2023-01-01", ["4", "Peter", "Brno", "2023-01-01"], "row_repaired"),
        ("4,Peter,Brno,2023-01-01", ["4", "Peter", "Brno", "2023-01-01"], "row_repaired"),
        ("4;Peter", ["4", "Peter", "", ""], "ragged_row"),
        ("4;Peter;Brno;2023-01-01;;", ["4", "Peter", "Brno", "2023-01-01"], "surplus"),
    ],
)  # fmt: skip
def test_a_row_out_of_order_is_read_the_way_that_fits_its_columns(
    tmp_path: Path, row: str, fields: list[str], what: str
) -> None:
    (table,) = opened(tmp_path / "a.csv", HEADER + ROWS * 3 + row + "\n" + ROWS)
    found = rows_of(table)
    assert found[9] == fields
    assert found[:9] + found[10:] == PLAIN * 4
    assert table.count() == 13
    codes = {one.code: one.value for one in table.issues()}
    if what in ("row_repaired", "ragged_row"):
        assert codes[what] == row


def test_inches_stay_where_they_are(tmp_path: Path) -> None:
    rows = [["1", '24"', '10"'], ["2", '5" pipe', '2" tube'], ["3", 'a"b', "c"], ["4", "d", "e"]]
    text = "id;one;two\n" + "".join(";".join(row) + "\n" for row in rows)
    (table,) = opened(tmp_path / "a.csv", text)
    assert rows_of(table) == rows
    assert not table.issues()


def test_a_row_that_fits_in_no_single_way_is_not_placed(tmp_path: Path) -> None:
    text = "a;b;c\nx;y;z\nu;v;w\nk;l;m\nq;r;s;t;u;v\n"
    (table,) = opened(tmp_path / "a.csv", text)
    assert len(rows_of(table)) == 3
    assert (issue(table, "row_not_placed").value, table.count()) == ("q;r;s;t;u;v", 4)


def test_a_damaged_header_still_names_the_columns(tmp_path: Path) -> None:
    for header in ("id;;name;city;since\n", ";id;name;city;since\n", "id name city since\n"):
        (table,) = opened(tmp_path / "a.csv", header + ROWS * 3)
        assert table.column_names == ("id", "name", "city", "since")
        assert table.count() == 9


def test_a_field_of_megabytes_and_long_names_are_kept(tmp_path: Path) -> None:
    name, long = "N" * 100_000, "x" * 3_000_000
    (table,) = opened(tmp_path / "a.csv", f'id;{name}\n1;"{long}\n{long}"\n2;y\n')
    assert table.column_names == ("id", name)
    assert [len(row[1]) for row in rows_of(table)] == [6_000_001, 1]


def test_more_rows_than_a_block_holds_keep_their_lines(tmp_path: Path) -> None:
    text = "id;note\n" + "".join(f'{i};"a\nb {"x" * 90}"\n' for i in range(100_000))
    (table,) = opened(tmp_path / "a.csv", text)
    frames = list(table.batches())
    lines = pd.concat([frame["_source_row"] for frame in frames]).tolist()
    assert lines == [2 * i + 2 for i in range(100_000)]
    assert max(map(len, frames)) <= 50_000
    assert table.count() == 100_000


def test_options_of_tables_must_name_them(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="name other"):
        opened(tmp_path / "a.csv", HEADER + ROWS, tables={"a": {}, "other": {}})
    with pytest.raises(UsageError, match="header_row"):
        opened(tmp_path / "a.csv", HEADER + ROWS, tables={"a": {"header_raw": 1}})
    with pytest.raises(SourceError, match="no header row on line 9"):
        opened(tmp_path / "a.csv", HEADER + ROWS, header_row=9)
    with pytest.raises(SourceError, match="number of a line"):
        opened(tmp_path / "a.csv", HEADER + ROWS, header_row="first")


def test_a_last_row_with_little_in_it_is_a_row(tmp_path: Path) -> None:
    """A customer of whom only the name is known; a note would stand apart or read like one."""
    (table,) = opened(tmp_path / "a.csv", HEADER + ROWS + "Nováková;;;\n")
    last = next(iter(table.batches())).iloc[-1]
    assert last.iloc[0] == "Nováková" and "footer_rows" not in {i.code for i in table.issues()}
