"""What goes into a workbook comes back as the same text, whatever a person did to the sheet."""

from __future__ import annotations

import datetime
import os
import stat
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.errors import UsageError
from migrate.reports.xlsx import MAX_CELL, Sheet, SheetColumn, read_workbook, write_workbook

TRICKY = [
    "+421905123456", "-5", "=A1", '=HYPERLINK("x")', "@x", "001", " leading", "trailing ", "   ",
    "a\nb", "a\r\nb", "a\rb", "\ttab", "_x0041_", "_x005F_", "\x07bell", "#N/A", "TRUE", "1e5", "'quoted",
    "2024-03-05", "<b>&amp;</b>", "Žltý kôň 🐎", "\u00a0", "\ud800", "x" * MAX_CELL, "\r" * MAX_CELL,
]  # fmt: skip
COLUMNS = (
    SheetColumn("key", 12, is_hidden=True),
    SheetColumn("value", 30),
    SheetColumn("correction", 30, is_editable=True),
    SheetColumn("decision", 14, is_editable=True, choices=("keep", "drop, with sign-off")),
)


def _write(path: Path, values: list[str], *, note: str = "") -> Path:
    rows = ((f"K-{n}", value, "", "") for n, value in enumerate(values))
    write_workbook(path, [Sheet("Contact", COLUMNS, rows, note)])
    return path


@pytest.mark.parametrize("note", ["", "Correct the yellow cells and save."])
def test_every_text_comes_back_identical(tmp_path: Path, note: str) -> None:
    path = _write(tmp_path / "q.xlsx", TRICKY, note=note)
    assert [row["value"] for row in read_workbook(path, "Contact")] == TRICKY


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=8))
def test_any_text_comes_back_identical(
    tmp_path_factory: pytest.TempPathFactory, values: list[str]
) -> None:
    path = _write(tmp_path_factory.mktemp("any") / "q.xlsx", values)
    assert [row["value"] for row in read_workbook(path, "Contact")] == values


def test_excel_evaluates_nothing(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.xlsx", ["=1+1", "+1", "-1", "@SUM(1)", "plain"])
    page = openpyxl.load_workbook(path)["Contact"]
    cells = [page.cell(row, 2) for row in range(2, 7)]
    assert [cell.data_type for cell in cells] == ["s"] * 5
    assert [cell.number_format for cell in cells] == ["@"] * 5
    assert [bool(cell.quotePrefix) for cell in cells] == [True] * 4 + [False]
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_a_person_can_edit_what_is_meant_for_them_and_nothing_else(tmp_path: Path) -> None:
    page = openpyxl.load_workbook(_write(tmp_path / "q.xlsx", ["x"], note="Note"))["Contact"]
    assert page.protection.sheet and not page.protection.password
    assert not (page.protection.sort or page.protection.autoFilter or page.protection.formatColumns)
    assert [page.cell(3, column).protection.locked for column in (1, 2, 3, 4)] == [
        True,
        True,
        False,
        False,
    ]
    assert page.column_dimensions["A"].hidden and not page.column_dimensions["B"].hidden
    assert page.freeze_panes == "A3" and page.auto_filter.ref == "A2:D3"
    assert page["A1"].value is None and page["B1"].value == "Note"


def test_a_sheet_without_editable_columns_can_be_sorted_freely(tmp_path: Path) -> None:
    write_workbook(tmp_path / "i.xlsx", [Sheet("Issues", [SheetColumn("code", 9)], [("x",)])])
    assert not openpyxl.load_workbook(tmp_path / "i.xlsx")["Issues"].protection.sheet


def test_choices_are_a_dropdown_even_with_commas_in_them(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(_write(tmp_path / "q.xlsx", ["x"]))
    (rule,) = book["Contact"].data_validations.dataValidation
    assert (rule.type, rule.formula1, rule.showErrorMessage) == (
        "list",
        "'_choices'!$A$1:$A$2",
        True,
    )
    assert "D2" in rule.sqref
    assert [cell.value for cell in book["_choices"]["A"]] == ["keep", "drop, with sign-off"]
    assert book["_choices"].sheet_state == "hidden"


def test_sorted_reordered_and_inserted_rows_and_columns_do_no_harm(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.xlsx", ["=A1", "b", "c"], note="Note")
    book = openpyxl.load_workbook(path)
    page = book["Contact"]
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=2)]
    page.delete_rows(1, page.max_row)
    header, first, second, third = rows
    for row in ([], ["a remark"], header, third, [], first, [None, "new", "row", None], second):
        page.append([*row[:1], "mine", *row[1:][::-1]] if row else [""])
    for cell in (cell for row in page.iter_rows() for cell in row if cell.data_type == "f"):
        cell.data_type = "s"
    book.save(path)
    read = read_workbook(path, "Contact", required=["key", "value"])
    assert [(row["key"], row["value"]) for row in read] == [
        ("K-2", "c"), ("K-0", "=A1"), ("", "new"), ("K-1", "b"),
    ]  # fmt: skip


def test_what_a_person_typed_comes_back_as_text(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.xlsx", ["x"] * 9)
    book = openpyxl.load_workbook(path)
    typed = [
        905123456, 905123456.0, 0.1 + 0.2, -5, True, datetime.datetime(2024, 3, 5),
        datetime.datetime(2024, 3, 5, 14, 30), datetime.time(8, 15), 1e20,
    ]  # fmt: skip
    for row, value in enumerate(typed, 2):
        cell = book["Contact"].cell(row, 3)
        cell.number_format = "General"
        cell.value = value
    book.save(path)
    assert [row["correction"] for row in read_workbook(path, "Contact")] == [
        "905123456", "905123456", "0.3", "-5", "TRUE", "2024-03-05", "2024-03-05T14:30:00",
        "08:15:00", "100000000000000000000",
    ]  # fmt: skip


def test_a_formula_without_a_result_is_refused_rather_than_read_as_empty(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.xlsx", ["x"])
    book = openpyxl.load_workbook(path)
    book["Contact"]["C2"] = "=B2&1"
    book.save(path)
    with pytest.raises(UsageError, match="C2 holds a formula without a result"):
        read_workbook(path, "Contact")


def test_a_text_too_long_is_refused_and_the_earlier_file_stays(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.xlsx", ["before"])
    with pytest.raises(
        UsageError, match=r"row 3: the text in column 'value' has 32,768 characters"
    ):
        _write(path, ["fine", "secret" * 5461 + "xx"])
    with pytest.raises(UsageError, match="at most 32,767"):
        _write(path, ["🐎" * 16_384])
    assert [row["value"] for row in read_workbook(path, "Contact")] == ["before"]
    assert [child.name for child in tmp_path.iterdir()] == ["q.xlsx"]


@pytest.mark.parametrize("lock", ["~$q.xlsx", ".~lock.q.xlsx#"])
def test_a_workbook_that_somebody_has_open_is_left_alone(tmp_path: Path, lock: str) -> None:
    path = _write(tmp_path / "q.xlsx", ["x"])
    (tmp_path / lock).write_bytes(b"")
    for use in (lambda: read_workbook(path, "Contact"), lambda: _write(path, ["y"])):
        with pytest.raises(UsageError) as error:
            use()
        assert "close it in Excel and run the same command again" in error.value.hint


def test_a_place_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "q.xlsx"
    path.mkdir()
    with pytest.raises(UsageError):
        _write(path, ["x"])
    assert [child.name for child in tmp_path.iterdir()] == ["q.xlsx"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no owner-only mode bits")
def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "q.xlsx"
    path.write_bytes(b"")
    path.chmod(0o644)
    _write(path, ["x"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("sheet", "required", "message"),
    [
        ("Contacts", (), r"has no sheet 'Contacts'; it has: Contact"),
        ("Contact", ("kex",), r"has no column kex; found: key, value"),
    ],
)
def test_wrong_names_are_named_with_the_nearest(
    tmp_path: Path, sheet: str, required: tuple[str, ...], message: str
) -> None:
    path = _write(tmp_path / "q.xlsx", ["x"])
    with pytest.raises(UsageError, match=message) as error:
        read_workbook(path, sheet, required=required)
    assert error.value.hint.startswith("rename")


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.xlsx", ["x"])
    book = openpyxl.load_workbook(path)
    book["Contact"]["E1"] = "value"
    book.save(path)
    with pytest.raises(UsageError, match="two columns called value"):
        read_workbook(path, "Contact")


def test_files_that_are_missing_or_no_workbook_say_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there"):
        read_workbook(tmp_path / "q.xlsx", "Contact")
    (tmp_path / "q.xlsx").write_text("key;value", encoding="utf-8")
    with pytest.raises(UsageError, match="not a workbook"):
        read_workbook(tmp_path / "q.xlsx", "Contact")


def test_sheet_names_that_excel_refuses_are_refused(tmp_path: Path) -> None:
    for name in ("a/b", "x" * 32, "_choices"):
        with pytest.raises(UsageError):
            write_workbook(tmp_path / "q.xlsx", [Sheet(name, COLUMNS, [])])
