"""What stands above or below the rows is told in full, and a doubtful header is said to be one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from migrate.extractors._readings import options_of
from migrate.extractors.delimited import read_tables
from migrate.values import Issue, Table


def opened(path: Path, text: str, **options: Any) -> list[Table]:
    """Read a text, and read it again by its own reading: that must give the same."""
    place = path / "a.csv"
    place.write_bytes(text.encode())
    tables = read_tables(place, **options)
    told: Mapping[str, Any] = {table.name: options_of(table.reading) for table in tables}
    again = read_tables(place, tables=told)
    assert [(t.name, t.column_names, rows_of(t)) for t in again] == [
        (t.name, t.column_names, rows_of(t)) for t in tables
    ]
    return tables


def rows_of(table: Table) -> list[list[str]]:
    frame = pd.concat(list(table.batches()), ignore_index=True).fillna("")
    return frame[list(table.column_names)].to_numpy().tolist()


def found(table: Table, code: str) -> list[Issue]:
    return [one for one in table.issues() if one.code == code]


@pytest.mark.parametrize("narrow", [2, 60, 500])
def test_rows_above_broader_rows_are_rows(tmp_path: Path, narrow: int) -> None:
    """An export that gained a column part-way keeps its header and its first customers."""
    text = "Id;Name;City;Street\n"
    text += "".join(f"{i};Firm-{i}-;C{i};S{i}\n" for i in range(narrow))
    text += "".join(f"{i};F{i};C{i};s;n{i}\n" for i in range(narrow, 1000))
    (table,) = opened(tmp_path, text)
    rows = rows_of(table)
    assert table.column_names[:4] == ("Id", "Name", "City", "Street")
    assert rows[1][:4] == ["1", "Firm-1-", "C1", "S1"]
    assert len(rows) + len(found(table, "row_not_placed")) == table.count() == 1000
    assert not found(table, "title_rows")


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("Customers\nId;Name;City\n" + "".join(f"{i};F{i};C{i}\n" for i in range(30))
         + "\nOrders\nNo;Cust;Amount;Date\n"
         + "".join(f"{i};F{i};{i}.50;2020-01-01\n" for i in range(60)), [30, 60]),
        ("Name;City\nAcme;Paris\nBeta;Lyon\nName;City;Phone\nGamma;Nice;01\nDelta;Metz;02\n", [2, 2]),
        ("Id;Name\n1;Acme\n2;Beta\n3;Gamma;new\n4;Delta;new\n5;E;new\n6;F;new\n", [6]),
    ],
)  # fmt: skip
def test_a_smaller_table_above_a_broader_one_is_not_its_title(
    tmp_path: Path, text: str, counts: list[int]
) -> None:
    tables = opened(tmp_path, text)
    assert [(len(rows_of(table)), table.count()) for table in tables] == [(n, n) for n in counts]


def test_titles_and_notes_are_told_in_full(tmp_path: Path) -> None:
    table_text = "Id;Name;City\n" + "".join(f"{i};F{i};C{i}\n" for i in range(60))
    titles = [f"Line {i} of a long title" for i in range(25)]
    notes = [f"Note {i}: x" for i in range(30)]
    text = "\n".join(titles) + "\n" + table_text + "\n" + "\n".join(notes) + "\n"
    (table,) = opened(tmp_path, text)
    assert len(rows_of(table)) == table.count() == 60
    (above,), (below,) = found(table, "title_rows"), found(table, "footer_rows")
    assert (above.severity, above.value.splitlines()) == ("error", titles)
    assert (below.severity, below.value.splitlines()) == ("warning", notes)


def test_many_notes_with_the_delimiters_of_the_table_are_rows(tmp_path: Path) -> None:
    text = "Id;Name;City;Phone\n" + "".join(f"{i};F{i};C{i};1\n" for i in range(30)) + "\n"
    for count, rows in ((10, 30), (11, 41)):
        (table,) = opened(tmp_path, text + "".join(f"Note {i};;;\n" for i in range(count)))
        assert len(rows_of(table)) == table.count() == rows


@pytest.mark.parametrize(
    ("text", "count", "last"),
    [
        ("Id,Name,City,Phone\n1,Acme,Paris,01\n2,Beta,Lyon,02\n3,,,\n", 3, ["3", "", "", ""]),
        ("Name;Email;Phone\nA;a@x.com;01\nB;b@x.com;02\n;c@x.com;\n", 3, ["", "c@x.com", ""]),
        ("Name,City,Phone\nAcme,Paris,01\nBeta,Lyon,02\nGamma\n", 3, ["Gamma", "", ""]),
        ("Name;City;Phone\n" + "".join(f"N{i};C{i};0{i}\n" for i in range(5))
         + "".join(f"Sparse {i};;\n" for i in range(20)), 25, ["Sparse 19", "", ""]),
        ("Name,City,Phone\nAcme,Paris,01\nBeta,Lyon,02\n\nGamma\n", 2, ["Beta", "Lyon", "02"]),
        ("Name,City,Phone\nAcme,Paris,01\nBeta,Lyon,02\nTotal: 2\n", 2, ["Beta", "Lyon", "02"]),
        ("Name,City,Phone\nAcme,Paris,01\nBeta,Lyon,02\n---\nx\n---\n", 2, ["Beta", "Lyon", "02"]),
    ],
)  # fmt: skip
def test_a_sparse_last_row_is_a_row_and_a_note_is_none(
    tmp_path: Path, text: str, count: int, last: list[str]
) -> None:
    (table,) = opened(tmp_path, text)
    rows = rows_of(table)
    assert (len(rows), table.count(), rows[-1]) == (count, count, last)
    assert bool(found(table, "footer_rows")) == (last[0] == "Beta")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Name,Amount,City\nAcme,12,50,Paris\nBeta,13,40,Lyon\nGamma,7,00,Nice\n", "3 have 4"),
        ("Id,Name,City\n1,Novak, Jan,Paris\n2,Maly, Peter,Lyon\n3,Smith, Joe,Nice\n", "3 have 4"),
        ("Name;Address;Phone\n" + "".join(f"Firm {i};Main {i}; Paris;01{i}\n" for i in range(50)),
         "50 have 4"),
        ("Name;Address\nAcme;Main 1; Paris; France\nBeta;High 2; London; UK\n"
         "Gamma;Low 3; Leeds; UK\n", "3 have 4"),
    ],
)  # fmt: skip
def test_rows_with_more_fields_than_the_header_has_names_are_an_error(
    tmp_path: Path, text: str, said: str
) -> None:
    (table,) = opened(tmp_path, text)
    (issue,) = found(table, "more_fields_than_names")
    assert (issue.severity, issue.place) == ("error", f"{tmp_path / 'a.csv'}:1")
    assert said in issue.message
    assert table.column_names[0] == text.split(";")[0].split(",")[0]
    assert not found(table, "title_rows")


def test_delimiters_at_the_end_of_rows_are_no_fields_without_a_name(tmp_path: Path) -> None:
    (table,) = opened(tmp_path, "id;name\n1;A;\n2;B;\n3;C;\n")
    assert not found(table, "more_fields_than_names")


@pytest.mark.parametrize(
    "text",
    [
        "Jan Novak\nPeter Maly\nEva Velka\nAdam Stary\n",
        "Novák, Ján\nMalý, Peter\nVeľká, Eva\n",
        "Only Name Ltd;;;\nBeta Ltd;London;0207 111;b@beta.co.uk\nGamma;Leeds;0113 22;g@g.com\n",
    ],
)
def test_a_header_that_may_be_a_customer_is_doubted(tmp_path: Path, text: str) -> None:
    (table,) = opened(tmp_path, text)
    (issue,) = found(table, "header_doubtful")
    assert (issue.severity, issue.value) == ("warning", text.splitlines()[0])
    lines = len(text.splitlines())
    assert table.count() == lines - 1
    edited = {**options_of(table.reading), "header_row": 0}
    (whole,) = read_tables(tmp_path / "a.csv", tables={table.name: edited})
    assert len(rows_of(whole)) == whole.count() == lines
    assert not found(whole, "header_doubtful")


@pytest.mark.parametrize(
    "text",
    [
        "Name;City\nAcme;Paris\nBeta;Lyon\nGamma;Metz\n",
        "Priezvisko;Obec\nNovák;Nitra\nMalý;Martin\n",
        "cust_label;place\nAcme;Paris\nBeta;Lyon\n",
        "LABEL;PLACE\nAcme;Paris\nBeta;Lyon\n",
        "a;b\n1;2\n3;x\n",
        "Rang;Mitglied\nGold;Ann\nGold;Bea\nBlue;Cid\nBlue;Dan\nGold;Eve\n",
    ],
)
def test_a_clear_header_is_not_doubted(tmp_path: Path, text: str) -> None:
    (table,) = opened(tmp_path, text)
    assert not found(table, "header_doubtful")
    assert table.reading["header_row"] == 1
    assert "first_row" not in table.reading


def test_the_header_row_alone_can_be_edited(tmp_path: Path) -> None:
    text = "Export of customers\nid;name;city\n1;Acme;Paris\n2;Beta;Lyon\n\nno;item;price\n1;Pen;2,50\n2;Ink;3,50\n"
    first, second = opened(tmp_path, text)
    reading = {table.name: options_of(table.reading) for table in (first, second)}
    counts = []
    for row in (0, 3):
        told = {**reading, first.name: {**reading[first.name], "header_row": row}}
        counts.append([table.count() for table in read_tables(tmp_path / "a.csv", tables=told)])
    assert counts == [[3, 2], [1, 2]]
    told = {**reading, second.name: {**reading[second.name], "header_row": 0}}
    again = read_tables(tmp_path / "a.csv", tables=told)
    assert rows_of(again[1])[0] == ["no", "item", "price"]


def test_a_header_that_comes_again_is_told_with_its_text(tmp_path: Path) -> None:
    text = "Id;Name;City\n1;A;B\n2;C;D\nId;Name; City\n3;E;F\nId;Name;City\n4;G;H\n"
    (table,) = opened(tmp_path, text)
    (issue,) = found(table, "repeated_header")
    assert issue.value.splitlines() == ["Id;Name; City", "Id;Name;City"]


def test_groups_above_known_names_are_joined_to_them(tmp_path: Path) -> None:
    text = "Contact;;Address;\nName;Phone;City;Zip\nAcme;01;Paris;075\nBeta;02;Lyon;069\n"
    (table,) = opened(tmp_path, text)
    assert table.column_names == ("Contact Name", "Contact Phone", "Address City", "Address Zip")
    assert rows_of(table)[0] == ["Acme", "01", "Paris", "075"]


def test_a_small_table_below_many_filters_gives_the_delimiter(tmp_path: Path) -> None:
    titles = "".join(f"Filter {i}: x\n" for i in range(15))
    (table,) = opened(tmp_path, titles + "Id;Name;City\n1;A;P\n2;B;L\n3;C;M\n")
    assert table.reading["delimiter"] == ";"
    assert rows_of(table) == [["1", "A", "P"], ["2", "B", "L"], ["3", "C", "M"]]
    assert found(table, "title_rows")[0].value == titles.rstrip("\n")


def test_titles_are_told_in_full_where_the_header_is_given(tmp_path: Path) -> None:
    titles = "".join(f"Line {i} of a title\n" for i in range(80))
    place = tmp_path / "a.csv"
    place.write_text(titles + "Id;Name;City\n1;A;P\n2;B;L\n", encoding="utf-8")
    (table,) = read_tables(place, header_row=81, delimiter=";")
    (issue,) = found(table, "title_rows")
    assert (issue.severity, issue.value) == ("error", titles.rstrip("\n"))


def test_rows_of_one_table_are_no_titles_of_the_next_when_both_are_given(tmp_path: Path) -> None:
    text = "id;name;city\n1;Acme;Paris\n2;Beta;Lyon\n\nGoods\nno;price\n1;2,50\n2;3,50\n"
    tables = opened(tmp_path, text)
    told = {table.name: options_of(table.reading) for table in tables}
    again = read_tables(tmp_path / "a.csv", tables=told)
    for first, second in zip(tables, again, strict=True):
        assert [one.value for one in found(first, "title_rows")] == [
            one.value for one in found(second, "title_rows")
        ]


def test_the_same_header_line_twice_at_the_top_is_a_header_of_two_rows(tmp_path: Path) -> None:
    """Nothing tells which of the two is meant; `header_rows: 1` makes the other a repeated header."""
    text = "id;name;city\nid;name;city\n1;A;P\n2;B;L\n"
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    (table,) = read_tables(path)
    assert table.column_names == ("id id", "name name", "city city")
    assert table.reading["header_rows"] == 2
    (again,) = read_tables(path, header_row=1, header_rows=1)
    assert again.column_names == ("id", "name", "city")
    assert sum(len(batch) for batch in again.batches()) == 2


def test_names_that_end_in_figures_are_names_where_figures_stand_below(tmp_path: Path) -> None:
    text = (
        "state10,geo10,name10,kind10\n27,2708,Eighth district,C2\n27,2705,Fifth district,C2\n"
        "27,2704,Fourth district,C2\n27,2702,Second district,C2\n"
    )
    (table,) = opened(tmp_path, text)
    assert table.column_names == ("state10", "geo10", "name10", "kind10")
    assert table.count() == 4
