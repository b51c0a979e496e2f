"""Which tables are on a sheet, and where are their headers?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from migrate.errors import SourceError, UsageError
from tests.unit.extractors.sheets import book_of, codes, one, put, read, saved, values, whole

CUSTOMERS = [["id", "name", "since"], [1, "A", 2010], [2, "B", 2011], [3, "C", 2012]]
CODES = [["code", "rate"], ["x", 1.5], ["y", 2.5]]


def sheet_with(*parts: tuple[str, list[list[Any]]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for corner, rows in parts:
        put(book.active, corner, rows)
    return book


def ranges(path: Path) -> list[str]:
    return [table.reading["range"] for table in read(path)]


def test_tables_side_by_side(tmp_path: Path) -> None:
    path = saved(tmp_path, sheet_with(("B3", CUSTOMERS), ("F3", CODES)))
    first, second = read(path)
    assert (first.name, second.name) == ("sheet", "sheet_2")
    assert (first.reading["range"], second.reading["range"]) == ("B3:D", "F3:G")
    assert first.reading["evidence"]["range"] == "filled: B3:D6"
    assert values(first, "name") == ["A", "B", "C"]
    assert values(second, "code") == ["x", "y"]


def test_tables_one_below_the_other_each_with_its_title(tmp_path: Path) -> None:
    path = saved(
        tmp_path, sheet_with(("A1", [["Customers"], *CUSTOMERS]), ("A8", [["Codes"], *CODES]))
    )
    first, second = read(path)
    assert (first.reading["range"], second.reading["range"]) == ("A1:C5", "A8:B")
    assert values(second, "rate") == ["1.5", "2.5"]
    assert "title_rows" in codes(second)


def test_four_tables_in_a_square(tmp_path: Path) -> None:
    book = sheet_with(("A1", CUSTOMERS), ("E1", CODES), ("A7", CODES), ("E7", CUSTOMERS))
    tables = read(saved(tmp_path, book))
    assert [t.name for t in tables] == ["sheet", "sheet_2", "sheet_3", "sheet_4"]
    assert [len(whole(t)) for t in tables] == [3, 2, 2, 3]


@pytest.mark.parametrize(
    "rows",
    [
        # empty rows inside
        [["id", "name"], [1, "A"], [], [2, "B"], [], [], [3, "C"]],
        # only texts, and empty rows
        [["name", "city"], ["A", "Nitra"], [], ["B", "Levice"], [], ["C", None]],
        # an empty column under a header, and one without
        [["id", "fax", "name"], [1, None, "A"], [2, None, "B"], [3, None, "C"]],
        [["id", None, "name"], [1, None, "A"], [2, None, "B"], [3, None, "C"]],
        # cells filled here and there
        [["id", "a", "b", "c"], [1, None, "x"], [2], [3, None, None, "y"]],
    ],
)
def test_a_table_with_gaps_is_one_table(tmp_path: Path, rows: list[list[Any]]) -> None:
    table = one(saved(tmp_path, book_of(rows)))
    assert len(whole(table)) == 3


def test_a_note_beside_the_table_is_told_and_not_read(tmp_path: Path) -> None:
    book = sheet_with(("A1", CUSTOMERS))
    book.active["F2"] = "ask Eva"
    table = one(saved(tmp_path, book))
    assert table.column_names == ("id", "name", "since")
    (note,) = [issue for issue in table.issues() if issue.code == "note_beside_table"]
    assert (note.value, note.place) == ("ask Eva", "legacy.xlsx!Sheet!F2")


def test_a_sparse_column_after_an_empty_one_belongs_to_the_table(tmp_path: Path) -> None:
    rows = [["id", "name", None, "note"], [1, "A", None, "x"], *[[n, "B"] for n in range(2, 9)]]
    assert one(saved(tmp_path, book_of(rows))).column_names == ("id", "name", "note")


def test_sections_with_titles_of_one_table_are_not_cut(tmp_path: Path) -> None:
    rows = [["name", "city", "note"], ["A", "Nitra", "x"], [], ["East"], ["B", "Košice"], [],
            ["West"], ["C", "Bratislava", "y"]]  # fmt: skip
    assert len(read(saved(tmp_path, book_of(rows)))) == 1


def test_a_header_over_three_rows(tmp_path: Path) -> None:
    book = book_of(
        [["id", "2024", None, None, None], [None, "Q1", None, "Q2", None],
         [None, "sum", "cur", "sum", "cur"], [1, 5, "EUR", 6, "EUR"], [2, 7, "EUR", 8, "EUR"]]
    )  # fmt: skip
    for cells in ("A1:A3", "B1:E1", "B2:C2", "D2:E2"):
        book.active.merge_cells(cells)
    table = one(saved(tmp_path, book))
    assert table.column_names == (
        "id", "2024 / Q1 / sum", "2024 / Q1 / cur", "2024 / Q2 / sum", "2024 / Q2 / cur",
    )  # fmt: skip
    assert table.reading["header_rows"] == [1, 2, 3]


def test_groups_that_are_not_merged(tmp_path: Path) -> None:
    rows = [["id", "Obrat", None], [None, "Suma", "Mena"], [1, 5, "EUR"], [2, 6, "EUR"]]
    table = one(saved(tmp_path, book_of(rows)))
    assert table.column_names == ("id", "Obrat / Suma", "Obrat / Mena")


def test_no_header(tmp_path: Path) -> None:
    rows = [[1, "Eva", "eva@example.com"], [2, "Ján", "jan@example.com"]]
    table = one(saved(tmp_path, book_of(rows)))
    assert table.column_names == ("column_1", "column_2", "column_3")
    assert table.reading["header_rows"] == []
    assert values(table, "column_2") == ["Eva", "Ján"]
    assert "no_header" in codes(table)


def test_years_name_columns(tmp_path: Path) -> None:
    rows = [["name", 2021, 2022, 2023], ["A", 1, 2, 3], ["B", 4, 5, 6]]
    table = one(saved(tmp_path, book_of(rows)))
    assert table.column_names == ("name", "2021", "2022", "2023")


def test_empty_names_are_numbered_by_their_place(tmp_path: Path) -> None:
    table = one(saved(tmp_path, book_of([["id", None, "c"], [1, "x", "y"], [2, "z", "w"]])))
    assert table.column_names == ("id", "column_2", "c")


def test_repeated_headers_page_footers_and_signatures_are_no_rows(tmp_path: Path) -> None:
    rows = [
        ["Zoznam"], ["id", "name", "x"], [1, "A", 2], ["Strana 1 z 2"], ["Zoznam"],
        ["id", "name", "x"], [2, "B", 3], ["Strana 2 z 2"], [], ["Vypracovala: N. N."],
        ["________________"],
    ]  # fmt: skip
    table = one(saved(tmp_path, book_of(rows)))
    assert values(table, "name") == ["A", "B"]
    found = [(i.code, i.place.rpartition(":")[2]) for i in table.issues()]
    assert found == [
        ("title_rows", "1"), ("page_footer", "4"), ("page_footer", "8"),
        ("repeated_header", "5"), ("repeated_header", "6"), ("footer_row", "10"),
        ("footer_row", "11"),
    ]  # fmt: skip


def test_totals_in_several_languages_and_shapes(tmp_path: Path) -> None:
    for number, label in enumerate(("Σύνολο", "合计", "Kabuuan", "Razem:", "Spolu za rok", "")):
        rows = [["name", "x"], ["A", 5], ["B", 6], ["C", 7], [label or None, 18]]
        table = one(saved(tmp_path, book_of(rows), f"{number}.xlsx"))
        assert values(table, "name") == ["A", "B", "C"], label
        assert table.control_totals == {"x": "18"}


def test_an_average_and_a_count_are_no_rows(tmp_path: Path) -> None:
    rows = [["name", "x"], ["A", 5], ["B", 7], ["Priemer", 6], ["Počet", 2]]
    assert values(one(saved(tmp_path, book_of(rows))), "name") == ["A", "B"]


def test_a_range_and_header_rows_can_be_given(tmp_path: Path) -> None:
    path = saved(tmp_path, sheet_with(("A1", [["x"], *CUSTOMERS]), ("F1", CODES)))
    (table,) = read(path, tables={"part": {"sheet": "Sheet", "range": "B2:C4"}})
    assert values(table, "name") == ["A", "B"]
    outside = [i for i in table.issues() if i.code == "cell_outside_tables"]
    assert len(outside) == 1 + 4 + 2 + 6
    (bare,) = read(path, tables={"p": {"sheet": "Sheet", "range": "A3:C5", "header_rows": []}})
    assert values(bare, "column_2") == ["A", "B", "C"]
    with pytest.raises(UsageError, match="is no range"):
        read(path, tables={"p": {"sheet": "Sheet", "range": "nonsense"}})
    with pytest.raises(UsageError, match="header_rows"):
        read(path, tables={"p": {"sheet": "Sheet", "header_rows": "3"}})
    with pytest.raises(SourceError, match="its first rows"):
        read(path, tables={"p": {"sheet": "Sheet", "range": "A1:C5", "header_rows": [9]}})


def test_a_single_column_is_a_table(tmp_path: Path) -> None:
    table = one(saved(tmp_path, book_of([["mail"], ["a@example.com"], ["b@example.com"]])))
    assert values(table, "mail") == ["a@example.com", "b@example.com"]


def test_a_header_without_rows_is_an_empty_table(tmp_path: Path) -> None:
    table = one(saved(tmp_path, book_of([["id", "name"]])))
    assert table.column_names == ("id", "name")
    assert len(whole(table)) == 0


N = None


@pytest.mark.parametrize(
    ("rows", "columns", "header_rows", "count"),
    [
        # what belongs to a report stands above it: labels with a value beside each
        ([["Firm:", "ACME"], ["Id:", 123], [], ["id", "name", "x"], [1, "a", 2], [2, "b", 3]],
         ["id", "name", "x"], [4], 2),
        # statistics: titles, years as names, notes
        ([["Tab. 1"], ["(thousands)"], [], ["Region", 2019, 2020], ["North", 1, 2],
          ["South", 4, 5], ["Total", 5, 7], [], ["Source: office"], ["* preliminary"]],
         ["Region", "2019", "2020"], [4], 2),
        # the lines of an address below each other stay rows, "Side 2" too
        ([["id", "name"], [1, "ACME"], [N, "Main street 1"], [2, "Beta"], [N, "Side 2"]],
         ["id", "name"], [1], 4),
        # sections with a title and a subtotal each
        ([["id", "name", "x"], ["Nitra"], [1, "a", 2], ["Subtotal", N, 2], ["Levice"],
          [2, "b", 3], ["Subtotal", N, 3], ["Total", N, 5]], ["id", "name", "x"], [1], 4),
        # a header that names only some of the columns
        ([["id", "name"], [1, "a", "x", "y"], [2, "b", "x", "z"]],
         ["id", "name", "column_3", "column_4"], [1], 2),
        # a total, or the numbers of columns, above or below the header
        ([["Total", N, 5], ["id", "name", "x"], [1, "a", 2], [2, "b", 3]],
         ["id", "name", "x"], [2], 2),
        ([["1", "2", "3"], ["id", "name", "x"], [1, "a", 2], [2, "b", 3]],
         ["id", "name", "x"], [2], 2),
        ([["id", "name", "x"], [1, 2, 3], ["A", "a", 2], ["B", "b", 3]],
         ["id", "name", "x"], [1], 2),
        # the corner of a cross table is empty
        ([[N, "Jan", "Feb"], ["North", 1, 2], ["South", 3, 4]],
         ["column_1", "Jan", "Feb"], [1], 2),
        ([[1, 2, 3], [4, 5, 6], [7, 8, 9]], ["column_1", "column_2", "column_3"], [], 3),
    ],
)  # fmt: skip
def test_sheets_as_people_leave_them(
    tmp_path: Path, rows: list[list[Any]], columns: list[str], header_rows: list[int], count: int
) -> None:
    (table,) = [t for t in read(saved(tmp_path, book_of(rows))) if len(t.columns) > 1]
    assert list(table.column_names) == columns
    assert table.reading["header_rows"] == header_rows
    assert len(whole(table)) == count


def test_two_titled_tables_of_one_length_side_by_side(tmp_path: Path) -> None:
    rows = [["Left", N, N, "Right"], ["id", "name", N, "code", "label"], [1, "a", N, "x", "y"],
            [2, "b", N, "z", "w"]]  # fmt: skip
    first, second = read(saved(tmp_path, book_of(rows)))
    assert (first.column_names, second.column_names) == (("id", "name"), ("code", "label"))


# -- beside each other, of equal length --------------------------------------------------------


def test_two_tables_of_one_length_are_cut_where_two_columns_are_empty(tmp_path: Path) -> None:
    rows = [["id", "meno", N, N, "kod", "popis"], [1, "Eva", N, N, "x", "prvý"],
            [2, "Ján", N, N, "y", "druhý"], [3, "Ivan", N, N, "z", "tretí"]]  # fmt: skip
    first, second = read(saved(tmp_path, book_of(rows)))
    assert (first.column_names, second.column_names) == (("id", "meno"), ("kod", "popis"))
    for table in (first, second):
        assert "A1:F4 as one table" in table.reading["evidence"]["range_runner_up"]
    (said,) = [i for i in first.issues() if i.code == "tables_side_by_side"]
    assert "A1:B4 and E1:F4" in said.message
    assert "range: A1:F4" in said.hint
    path = tmp_path / "legacy.xlsx"
    (whole_sheet,) = read(path, tables={"all": {"sheet": "Data", "range": "A1:F4"}})
    assert whole_sheet.column_names == ("id", "meno", "kod", "popis")


def test_one_empty_column_cuts_where_each_side_names_its_key(tmp_path: Path) -> None:
    rows = [["id", "meno", N, "kod", "popis"], [1, "Eva", N, "x", "a"], [2, "Ján", N, "y", "b"]]
    first, second = read(saved(tmp_path, book_of(rows)))
    assert (first.reading["range"], second.reading["range"]) == ("A1:B", "D1:E")


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        # one empty column: a column of the table may have lost what stood in it
        ([["id", "name", N, "street", "city"], [1, "A", N, "s1", "Nitra"],
          [2, "B", N, "s2", "Levice"]], "only one empty column"),
        # the same keys on both sides
        ([["id", "name", N, "id", "city"], [1, "A", N, 1, "Nitra"], [2, "B", N, 2, "Levice"]],
         "the same keys"),
        # figures only: the right side has no key of its own
        ([["id", "name", N, N, "q1", "q2"], [1, "A", N, N, 5, 6], [2, "B", N, N, 5, 8]],
         "no key of its own"),
        # a column alone
        ([["id", "name", N, N, "note"], [1, "A", N, N, "x"], [2, "B", N, N, "y"]],
         "a column alone"),
    ],
)  # fmt: skip
def test_where_two_tables_are_doubtful_one_is_read_and_it_is_said(
    tmp_path: Path, rows: list[list[Any]], why: str
) -> None:
    table = one(saved(tmp_path, book_of(rows)))
    (said,) = [i for i in table.issues() if i.code == "tables_perhaps_two"]
    assert why in said.message
    assert " as two" in table.reading["evidence"]["range_runner_up"]
    told = {"t": {"sheet": "Data", "range": table.reading["range"]}}
    (again,) = read(tmp_path / "legacy.xlsx", tables=told)
    assert "tables_perhaps_two" not in codes(again)  # a person has said so


def test_a_group_merged_over_both_sides_keeps_them_together(tmp_path: Path) -> None:
    rows = [["2024", N, N, N, N, N], ["id", "name", N, N, "code", "label"],
            [1, "A", N, N, "x", "a"], [2, "B", N, N, "y", "b"]]  # fmt: skip
    book = book_of(rows)
    book.active.merge_cells("A1:F1")
    table = one(saved(tmp_path, book))
    assert table.column_names == ("id", "name", "code", "label")


# -- what is left over -------------------------------------------------------------------------


def test_every_note_is_kept_however_many_there_are(tmp_path: Path) -> None:
    book = book_of([["id", "name"], *[[n, f"N{n}"] for n in range(1, 701)]])
    for number in range(150):  # four columns of single texts, each followed by two empty columns
        book.active.cell(2 + 4 * (number // 4), 5 + 3 * (number % 4), f"note {number}.")
    tables = read(saved(tmp_path, book))
    issues = [i for table in tables for i in table.issues() if i.code == "note_beside_table"]
    told = "\n".join(issue.value for issue in issues)
    cells = {v for t in tables for name in t.column_names for v in (name, *values(t, name))}
    kept = [n for n in range(150) if f"note {n}." in told or f"note {n}." in cells]
    assert kept == list(range(150))


def test_a_hundred_notes_and_more_are_named_with_their_cells(tmp_path: Path) -> None:
    book = book_of([["id", "name"], [1, "A"], [2, "B"], [3, "C"]])
    for column in range(130):
        book.active.cell(2, 5 + 2 * column, f"note {column}")
    table = one(saved(tmp_path, book))
    notes = [i for i in table.issues() if i.code == "note_beside_table"]
    assert len(notes) == 101
    assert notes[0].value == "note 0"
    assert len(notes[-1].value.splitlines()) == 30
    assert notes[-1].value.endswith(": note 129")


def test_notes_below_a_table_are_not_read_with_its_reading(tmp_path: Path) -> None:
    rows = [["name", "x", "y"], ["A", 5, 1], ["B", 6, 2], ["Spolu", 11, 3], [], ["C", "t"], ["D"]]
    table = one(saved(tmp_path, book_of(rows)))  # `one` reads it again with its own reading
    assert table.reading["range"] == "A1:C4"
    told = [i.value for i in table.issues() if i.code == "note_beside_table"]
    assert told == ["C", "t", "D"]


def test_what_a_range_leaves_out_is_kept_whole(tmp_path: Path) -> None:
    path = saved(tmp_path, book_of([["id", "name"], *[[n, f"N{n}."] for n in range(1, 400)]]))
    (table,) = read(path, tables={"t": {"sheet": "Data", "range": "A1:B3"}})
    outside = [i for i in table.issues() if i.code == "cell_outside_tables"]
    told = "\n".join(issue.value for issue in outside)
    assert all(f"N{n}." in told for n in range(3, 400))
    assert len(outside) < 120


def test_every_page_number_and_repeated_header_is_kept(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["id", "name", "x"]]
    for page in range(1, 131):
        rows += [[page, "A", 2], [f"Strana {page} z 130"]]
    table = one(saved(tmp_path, book_of(rows)))
    told = "\n".join(i.value for i in table.issues() if i.code == "page_footer")
    assert all(f"Strana {page} z 130" in told for page in range(1, 131))


# -- evidence ----------------------------------------------------------------------------------


def test_each_guess_has_its_evidence_and_what_came_second(tmp_path: Path) -> None:
    book = book_of([["Customers"], ["id", "name", "x"], [1, "A", 2], [], [2, "B", 3]])
    put(book.create_sheet("Other"), "A1", CODES)
    book.active.row_dimensions[5].hidden = True
    book.active.column_dimensions["C"].hidden = True
    table, _ = read(saved(tmp_path, book))
    evidence = table.reading["evidence"]
    assert (evidence["sheet"], evidence["sheet_runner_up"]) == ("visible, 1 of 2", "Other")
    assert evidence["header_rows_runner_up"] == []
    assert "A1:C3 and A5:C5 as two" in evidence["range_runner_up"]
    assert (evidence["hidden_rows"], evidence["hidden_rows_runner_up"]) == ("1 hidden", "skip")
    assert (evidence["hidden_columns"], evidence["hidden_columns_runner_up"]) == (
        "1 hidden",
        "skip",
    )
    plain = one(saved(tmp_path, book_of([["name", "city"], ["A", "Nitra"], ["B", "Levice"]])))
    evidence = plain.reading["evidence"]
    assert (evidence["hidden_rows"], evidence["hidden_columns"]) == ("none hidden", "none hidden")
    assert evidence["header_rows_runner_up"] == [2]


# -- below a total -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "closing",
    [["Pripravila: Jana"], ["Jana Nováková"], ["Dňa:", "v utorok"], ["Kontroluje: Eva", N]],
)
def test_a_signature_below_a_total_is_no_row(tmp_path: Path, closing: list[Any]) -> None:
    rows = [["name", "x", "y"], ["A", 5, 1], ["B", 6, 2], ["Spolu", 11, 3], [], closing]
    table = one(saved(tmp_path, book_of(rows)))
    assert values(table, "name") == ["A", "B"]
    (said,) = [i for i in table.issues() if i.code == "footer_row"]
    assert said.value == " | ".join(text for text in closing if text)


def test_rows_below_a_total_stay_rows(tmp_path: Path) -> None:
    rows = [["name", "x", "y"], ["A", 5, 1], ["B", 6, 2], ["Spolu", 11, 3], [], ["C", 4, N],
            ["D", 8, 9], ["E", N, 1]]  # fmt: skip
    table = one(saved(tmp_path, book_of(rows)))
    assert values(table, "name") == ["A", "B", "C", "D", "E"]
