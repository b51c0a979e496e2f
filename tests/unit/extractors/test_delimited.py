from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import SourceError, UsageError
from migrate.extractors import open_source
from migrate.values import SOURCE_ROW, Table

PLANTED = ["+421905123456", "-5", "=A1", "@x", "001001"]


def one(path: Path, **options: object) -> Table:
    (table,) = open_source(path, **options)
    return table


def whole(table: Table, rows: int = 50_000) -> pd.DataFrame:
    return pd.concat(list(table.batches(rows)), ignore_index=True)


def written(tmp_path: Path, text: str, encoding: str = "utf-8", name: str = "source.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def test_values_that_look_like_formulas_or_numbers_stay_as_they_are(tmp_path: Path) -> None:
    rows = "".join(f"{i};{value}\n" for i, value in enumerate(PLANTED))
    frame = whole(one(written(tmp_path, "id;value\n" + rows)))
    assert frame["value"].tolist() == PLANTED
    assert str(frame["value"].dtype) == "str"
    assert frame[SOURCE_ROW].tolist() == [2, 3, 4, 5, 6]
    assert frame[SOURCE_ROW].dtype == "int64"


def test_text_is_not_trimmed_and_blank_is_missing(tmp_path: Path) -> None:
    frame = whole(one(written(tmp_path, "a,b,c\n x ,\t,\n1,2,3\n")))
    assert frame["a"].tolist() == [" x ", "1"]
    assert frame["b"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1250", "Žofia Šťastná, Ľubica Kováčová, Košice"),
        ("iso-8859-2", "Žofia Šťastná, Ľubica Kováčová, Košice"),
        ("cp852", "Žofia Šťastná, Ľubica Kováčová, Košice"),
        ("cp1252", "Hélène Lefèvre, François Bézier, Orléans"),
        ("cp1251", "Иванов Пётр, Смирнова Анна, Казань"),
        ("utf-8", "Žofia Šťastná"),
        ("utf-8-sig", "Žofia Šťastná"),
        ("utf-16", "Žofia Šťastná"),
    ],
)
def test_the_encoding_is_found(tmp_path: Path, encoding: str, name: str) -> None:
    table = one(written(tmp_path, f"id;meno\n1;{name}\n2;{name}\n", encoding))
    assert table.column_names == ("id", "meno")
    assert whole(table)["meno"].tolist() == [name, name]
    assert table.reading["encoding"] == encoding


def test_a_guess_reports_what_came_second_and_is_overruled_by_the_option(tmp_path: Path) -> None:
    path = written(tmp_path, "id;meno\n1;Žofia Šťastná\n", "cp1250")
    assert one(path).reading["evidence"]["encoding_runner_up"]
    assert whole(one(path, encoding="cp1252"))["meno"].tolist() == ["Žofia Š\\x9dastná"]
    assert "undecodable_bytes" in {i.code for i in one(path, encoding="cp1252").issues()}


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found_with_quotes_respected(tmp_path: Path, delimiter: str) -> None:
    text = f'id{delimiter}name\n1{delimiter}"a;b,c\td|e"\n2{delimiter}"x;y,z\tu|v"\n'
    table = one(written(tmp_path, text))
    assert table.reading["delimiter"] == delimiter
    assert whole(table)["name"].tolist() == ["a;b,c\td|e", "x;y,z\tu|v"]


def test_decimal_commas_do_not_pass_for_delimiters(tmp_path: Path) -> None:
    table = one(written(tmp_path, "id;suma\n1;1,50\n2;2,75\n"))
    assert (table.reading["delimiter"], table.reading["decimal"]) == (";", ",")


def test_the_line_sep_names_the_delimiter_and_is_no_row(tmp_path: Path) -> None:
    table = one(written(tmp_path, "sep=|\r\nid|name\r\n1|a;b;c\r\n"))
    frame = whole(table)
    assert frame["name"].tolist() == ["a;b;c"]
    assert frame[SOURCE_ROW].tolist() == [3]
    assert table.count() == 1


def test_title_lines_above_the_header_are_told(tmp_path: Path) -> None:
    table = one(written(tmp_path, "Export of customers\n\nid;name;city\n1;A;X\n2;B;Y\n"))
    assert table.column_names == ("id", "name", "city")
    assert table.reading["header_row"] == 3
    assert table.count() == 2
    assert [i.code for i in table.issues()] == ["title_rows"]


def test_quotes_hold_doubled_quotes_and_line_ends(tmp_path: Path) -> None:
    table = one(written(tmp_path, 'id;note\n1;"a ""b"" c\nd"\n2;5" pipe\n'))
    frame = whole(table)
    assert frame["note"].tolist() == ['a "b" c\nd', '5" pipe']
    assert frame[SOURCE_ROW].tolist() == [2, 4]
    assert table.count() == 2


def test_an_unclosed_quote_does_not_swallow_the_rows_after_it(tmp_path: Path) -> None:
    table = one(written(tmp_path, 'id;note\n1;"fine\nstill"\n2;"open\n3;c\n4;d\n'))
    frame = whole(table)
    assert frame["id"].tolist() == ["1", "2", "3", "4"]
    assert frame["note"].tolist() == ["fine\nstill", '"open', "c", "d"]
    assert frame[SOURCE_ROW].tolist() == [2, 4, 5, 6]
    (issue,) = table.issues()
    assert (issue.code, issue.record, issue.value) == ("row_repaired", "line 4", '2;"open')
    assert table.count() == 4


def test_a_quote_that_closes_by_chance_rows_later_takes_its_own_line_only(tmp_path: Path) -> None:
    text = "id;note\n" + "1;a\n" * 500 + '2;"open\n' + "3;b\n" * 2000 + '4;"x"\n'
    table = one(written(tmp_path, text))
    frame = whole(table)
    assert len(frame) == table.count() == 2502
    assert frame.loc[500].tolist() == ["2", '"open', 502]
    assert frame.loc[2501].tolist() == ["4", "x", 2503]


def test_no_ragged_row_vanishes(tmp_path: Path) -> None:
    table = one(written(tmp_path, "a;b;c\n1;2;3\n4;5\n6;7;8;9\n10;11;12;\n\n;;\n13;14;15\n"))
    frame = whole(table)
    assert frame["a"].tolist() == ["1", "4", "10", "13"]
    assert frame["c"].isna().tolist() == [False, True, False, False]
    found = {(i.code, i.severity, i.record, i.value) for i in table.issues()}
    assert ("ragged_row", "warning", "line 3", "4;5") in found
    assert ("row_not_placed", "error", "line 4", "6;7;8;9") in found
    assert table.count() == len(frame) + 1


def test_issues_are_not_doubled_by_a_second_reading(tmp_path: Path) -> None:
    table = one(written(tmp_path, "a;b\n1;2\n3\n"))
    whole(table)
    whole(table)
    assert [i.code for i in table.issues()] == ["ragged_row"]


def test_nul_characters_are_taken_out_and_counted(tmp_path: Path) -> None:
    table = one(written(tmp_path, "a;b\n1;x\0y\n2;z\n\x1a"))
    assert whole(table)["b"].tolist() == ["xy", "z"]
    assert {i.code for i in table.issues()} == {"nul_bytes", "end_of_file_marks"}
    assert table.count() == 2


def test_long_fields_and_old_line_ends_are_read(tmp_path: Path) -> None:
    long = "x" * 200_000
    assert whole(one(written(tmp_path, f"a;b\r1;{long}\r2;y\r")))["b"].tolist() == [long, "y"]


def test_names_are_numbered_when_doubled_and_changed_when_reserved(tmp_path: Path) -> None:
    table = one(written(tmp_path, "mail;name;mail;_record_id\na;b;c;d\n"))
    assert table.column_names == ("mail", "name", "mail_2", "record_id")
    assert whole(table)["mail_2"].tolist() == ["c"]
    renamed = [i for i in table.issues() if i.code == "column_renamed"]
    assert [(i.severity, i.column) for i in renamed] == [
        ("warning", "mail_2"), ("warning", "record_id"),
    ]  # fmt: skip


def test_nameless_columns_are_named_when_they_hold_data_and_dropped_when_not(
    tmp_path: Path,
) -> None:
    table = one(written(tmp_path, "a;;c;\n1;;3;\n4;5;6;\n"))
    assert table.column_names == ("a", "column_2", "c")
    assert whole(table)["column_2"].tolist()[1:] == ["5"]


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff", "\x1a"])
def test_a_file_that_holds_nothing_is_a_table_without_columns(tmp_path: Path, text: str) -> None:
    table = one(written(tmp_path, text))
    (frame,) = table.batches()
    assert (table.column_names, list(frame.columns), len(frame)) == ((), [SOURCE_ROW], 0)
    assert table.count() == 0
    assert [(i.code, i.severity) for i in table.issues()] == [("empty_file", "warning")]


def test_a_header_without_rows_is_a_table_without_rows(tmp_path: Path) -> None:
    table = one(written(tmp_path, "a;b\n"))
    (frame,) = table.batches()
    assert list(frame.columns) == ["a", "b", SOURCE_ROW]
    assert table.count() == len(frame) == 0


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    written(tmp_path, "a;b\n", name="customers.csv")
    with pytest.raises(SourceError, match=r'did you mean "customers.csv"'):
        open_source(tmp_path / "custmers.csv")


def test_options_are_checked(tmp_path: Path) -> None:
    path = written(tmp_path, "a;b\n1;2\n")
    with pytest.raises(UsageError, match="encoding"):
        open_source(path, encodng="utf-8")
    with pytest.raises(UsageError, match='did you mean "source"'):
        open_source(path, only=["sorce"])
    with pytest.raises(SourceError, match="not known"):
        open_source(path, encoding="cp99999")


def test_a_table_of_options_names_the_table(tmp_path: Path) -> None:
    path = written(tmp_path, "a|b;c\n1|2;3\n")
    (table,) = open_source(path, tables={"deals": {"delimiter": "|"}})
    assert (table.name, table.column_names) == ("deals", ("a", "b;c"))


def test_batches_are_at_most_as_long_as_asked(tmp_path: Path) -> None:
    path = written(tmp_path, "a;b\n" + "".join(f"{i};x\n" for i in range(25)))
    frames = list(one(path).batches(10))
    assert [len(frame) for frame in frames] == [10, 10, 5]
    assert pd.concat(frames)["a"].tolist() == [str(i) for i in range(25)]


cells = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\u2028\u2029\x85")
    | st.sampled_from(['"', ";", "\n", " "]),
    max_size=8,
)


@given(st.lists(st.tuples(cells, cells, cells), max_size=8))
def test_what_a_csv_writer_wrote_is_read_back_and_counted(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "law.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([("key", "one", "two"), *rows])
    table = one(path, delimiter=";", header_row=1, encoding="utf-8")
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    expected = [[cell if cell.strip() else None for cell in row] for row in filled]
    frame = whole(table).drop(columns=SOURCE_ROW)
    assert frame.astype(object).where(frame.notna(), None).to_numpy().tolist() == expected
    assert table.count() == len(filled)
