"""The traps of spreadsheets: for each a workbook that has it, and what comes out."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from migrate.errors import SourceError, UsageError
from migrate.extractors import open_source
from tests.unit.extractors.sheets import book_of, codes, one, read, saved, values, whole

YELLOW = PatternFill("solid", fgColor="FFFFFF00")
RED = PatternFill("solid", fgColor="FFFF0000")
PEOPLE: list[list[Any]] = [["id", "name", "city"], *[[n, f"N{n}", "Nitra"] for n in range(1, 9)]]


def column(folder: Path, cells: list[Any], header: str = "value", **formats: str) -> Any:
    """A table of one id and one column, each cell written as it is."""
    book = book_of([["id", header], *[[f"k{n}", value] for n, value in enumerate(cells)]])
    for place, text in formats.items():
        book.active[place].number_format = text
    return one(saved(folder, book))


def issue(table: Any, code: str) -> Any:
    return next(i for i in table.issues() if i.code == code)


# -- numbers and texts --------------------------------------------------------------------------


def test_leading_zeros_are_as_the_format_shows_them(tmp_path: Path) -> None:
    book = book_of([["id", "psc"], ["a", 1001], ["b", 82105], ["c", 900], ["d", None]])
    for row, shown in ((2, "00000"), (3, "000 00"), (4, "0"), (5, "00000")):
        book.active.cell(row, 2).number_format = shown
    table = one(saved(tmp_path, book))
    assert values(table, "psc") == ["01001", "82105", "900", None]
    assert "leading_zeros_restored" in codes(table)


def test_a_phone_as_a_number_is_whole_and_as_an_exponent_is_lost(tmp_path: Path) -> None:
    table = column(tmp_path, [421904111222, "6.91E+09", "4,2E+11", "E+5 road"])
    assert values(table, "value") == ["421904111222", "6.91E+09", "4,2E+11", "E+5 road"]
    lost = [i for i in table.issues() if i.code == "digits_lost"]
    assert [(i.value, i.severity) for i in lost] == [("6.91E+09", "error"), ("4,2E+11", "error")]


def test_ids_of_sixteen_digits_were_rounded(tmp_path: Path) -> None:
    table = column(
        tmp_path, [1234567890123456, 123456789012345, "1234567890123456", 0.1234567890123456]
    )
    found = [i.place for i in table.issues() if i.code == "digits_rounded"]
    assert found == ["legacy.xlsx!Data!B2"]


def test_numbers_stored_as_text_are_kept_as_written(tmp_path: Path) -> None:
    table = column(tmp_path, [1, 2.5, 3, 4, "1 234,50", "123-", "(7)"])
    assert values(table, "value")[4:] == ["1 234,50", "123-", "(7)"]
    assert issue(table, "numbers_as_text").message.startswith("3 numbers")


def test_texts_of_the_longest_length_were_probably_cut(tmp_path: Path) -> None:
    assert issue(column(tmp_path, ["x" * 32_767, "y"]), "text_truncated").severity == "error"
    assert issue(column(tmp_path, ["x" * 255, "y"]), "text_truncated").severity == "warning"
    assert "text_truncated" not in codes(column(tmp_path, ["x" * 255, "y" * 256]))


def test_errors_keep_their_text(tmp_path: Path) -> None:
    errors = ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"]
    table = column(tmp_path, errors)
    assert values(table, "value") == errors
    assert codes(table).count("cell_error") == 7


def test_a_row_that_holds_only_an_error_is_a_row(tmp_path: Path) -> None:
    table = one(saved(tmp_path, book_of([["a", "b"], [1, 2], [None, "#N/A"], [3, 4]])))
    assert values(table, "b") == ["2", "#N/A", "4"]


def test_formulas_that_were_never_calculated(tmp_path: Path) -> None:
    table = column(tmp_path, [1, "=B2*2", 3])
    assert values(table, "value") == ["1", None, "3"]
    found = issue(table, "formula_without_value")
    assert (found.value, found.severity, found.place) == ("=B2*2", "error", "legacy.xlsx!Data!B3")
    assert "LibreOffice" in found.hint


# -- days ---------------------------------------------------------------------------------------


def test_days_times_and_durations(tmp_path: Path) -> None:
    cells = [date(2019, 3, 1), datetime(2019, 3, 1, 23, 59, 59), time(7, 30), timedelta(hours=36)]
    table = column(tmp_path, cells)
    assert values(table, "value") == ["2019-03-01", "2019-03-01T23:59:59", "07:30:00", "36:00:00"]


def test_the_calendar_of_1904_is_the_workbooks_own(tmp_path: Path) -> None:
    book = book_of([["id", "since"], ["a", 43525]])
    book.active["B2"].number_format = "yyyy-mm-dd"
    book.epoch = CALENDAR_MAC_1904
    path = saved(tmp_path, book)
    table = one(path)
    assert values(table, "since") == ["2023-03-02"]
    assert table.reading["date_system"] == "1904"
    (told,) = read(path, tables={"data": {"date_system": "1900"}})
    assert values(told, "since") == ["2019-03-01"]
    with pytest.raises(UsageError, match="allowed: 1900, 1904"):
        open_source(path, tables={"data": {"date_system": "1901"}})


def test_day_numbers_in_a_date_column_stay_numbers(tmp_path: Path) -> None:
    table = column(tmp_path, [43525, 43526, 43527], header="Dátum")
    assert values(table, "Dátum") == ["43525", "43526", "43527"]
    assert issue(table, "date_serial").severity == "warning"
    assert "date_serial" not in codes(column(tmp_path, [43525, 43526, 43527], header="amount"))


def test_days_that_never_were(tmp_path: Path) -> None:
    shown = {f"B{row}": "yyyy-mm-dd" for row in range(2, 8)}
    table = column(tmp_path, [60, 0, -5, 43525, 43526, 43527], **shown)
    assert values(table, "value")[2:] == ["-5", "2019-03-01", "2019-03-02", "2019-03-03"]
    assert "day_60" in codes(table)
    assert codes(table).count("no_such_day") == 2


def test_an_id_that_became_a_day(tmp_path: Path) -> None:
    cells = ["5-2", "6-1", "7-3", "8-1", "9-9", date(2024, 1, 5)]
    found = issue(column(tmp_path, cells, header="code"), "date_in_id_column")
    assert (found.value, found.place) == ("2024-01-05", "legacy.xlsx!Data!B7")


# -- what is hidden, and what is marked ---------------------------------------------------------


def test_hidden_rows_and_columns_are_read_unless_told_otherwise(tmp_path: Path) -> None:
    book = book_of(PEOPLE)
    book.active.row_dimensions[3].hidden = True
    book.active.row_dimensions[4].hidden = True
    book.active.column_dimensions["C"].hidden = True
    book.active.auto_filter.ref = "A1:C9"
    book.active.auto_filter.add_filter_column(0, ["1"])
    path = saved(tmp_path, book)
    table = one(path)
    assert len(whole(table)) == 8
    assert issue(table, "hidden_rows").value == "3-4"
    assert "A1:C9" in issue(table, "hidden_rows").message
    assert "city" in issue(table, "hidden_columns").message
    (less,) = read(path, tables={"data": {"hidden_rows": "skip", "hidden_columns": "skip"}})
    assert less.column_names == ("id", "name")
    assert values(less, "id") == ["1", "4", "5", "6", "7", "8"]
    (marked,) = read(path, tables={"data": {"marks": ["_hidden"]}})
    assert values(marked, "_hidden") == [None, "true", "true", *[None] * 5]
    with pytest.raises(UsageError, match="allowed: read, skip"):
        open_source(path, tables={"data": {"hidden_rows": "no"}})


def test_colours_strikes_and_comments_become_columns(tmp_path: Path) -> None:
    book = book_of(PEOPLE)
    sheet = book.active
    for name in "ABC":
        sheet[f"{name}1"].fill = RED  # the header's colour says nothing
        sheet[f"{name}2"].fill = YELLOW
        sheet[f"{name}5"].font = Font(strike=True)
    sheet["C4"].fill = RED
    sheet["B6"].font = Font(strike=True)
    sheet["B3"].comment = Comment("Admin:\ncall her", "Admin")
    path = saved(tmp_path, book)
    table = one(path)
    assert table.column_names == ("id", "name", "city", "_fill", "_strike", "_comment")
    assert values(table, "_fill")[:4] == ["FFFF00", None, "city: FF0000", None]
    assert values(table, "_strike")[3:5] == ["true", "name"]
    assert values(table, "_comment")[1] == "name: call her"
    assert table.reading["marks"] == ["_fill", "_strike", "_comment"]
    assert table.reading["evidence"]["marks"]["_fill"] == {"FFFF00": 1, "city: FF0000": 1}
    (plain,) = read(path, tables={"data": {"marks": False}})
    assert plain.column_names == ("id", "name", "city")
    with pytest.raises(UsageError, match="_fill, _strike"):
        open_source(path, tables={"data": {"marks": ["colour"]}})


def test_colours_that_only_decorate_are_no_column(tmp_path: Path) -> None:
    book = book_of(PEOPLE)
    for row in range(2, 10):
        book.active.cell(row, 1).fill = RED  # a whole column
        if row % 2:
            for number in (2, 3):
                book.active.cell(row, number).fill = YELLOW  # stripes
    assert one(saved(tmp_path, book)).column_names == ("id", "name", "city")


def test_drop_down_lists_are_told(tmp_path: Path) -> None:
    book = book_of(PEOPLE)
    lists = book.create_sheet("Lists")
    for row, text in enumerate(("Nitra", "Levice"), start=1):
        lists.cell(row, 1).value = text
    lists.sheet_state = "hidden"
    book.defined_names["names"] = DefinedName("names", attr_text="Lists!$A$2:$A$2")
    for formula, cells in (
        ('"new,old"', "A2:A99"), ("names", "B2:B9"), ("Lists!$A$1:$A$2", "C2:C9"),
    ):  # fmt: skip
        rule = DataValidation(type="list", formula1=formula)
        rule.add(cells)
        book.active.add_data_validation(rule)
    columns = one(saved(tmp_path, book)).reading["columns"]
    assert columns["id"] == {"picklist": ["new", "old"]}
    assert columns["name"]["picklist"] == ["Levice"]
    assert columns["city"] == {"picklist": ["Nitra", "Levice"], "picklist_from": "Lists!$A$1:$A$2"}


def test_a_merged_value_counts_inside_the_merge_only(tmp_path: Path) -> None:
    rows = [["owner", "n"], ["Eva", 1], [None, 2], [None, 3], ["Ota", 4], [None, 5]]
    book = book_of(rows)
    book.active.merge_cells("A2:A3")
    table = one(saved(tmp_path, book))
    assert values(table, "owner") == ["Eva", "Eva", None, "Ota", None]


def test_hidden_sheets_charts_and_empty_sheets(tmp_path: Path) -> None:
    book = book_of(PEOPLE)
    book.create_chartsheet("Chart")
    book.create_sheet("Bare")
    for name, state in (("Old", "hidden"), ("Older", "veryHidden")):
        book.create_sheet(name).append(["a", "b"])
        book[name].sheet_state = state
    path = saved(tmp_path, book)
    assert [t.name for t in read(path)] == ["data"]
    assert codes(one(path)).count("hidden_sheet") == 2
    (old,) = open_source(path, tables={"older": {}})
    assert old.column_names == ("a", "b")


def test_a_workbook_of_hidden_sheets_only(tmp_path: Path) -> None:
    book = book_of([])
    book.create_sheet("Old").append(["a"])
    book["Old"].sheet_state = "hidden"
    with pytest.raises(SourceError, match="name a hidden sheet in `tables`: Old"):
        open_source(saved(tmp_path, book))


# -- sizes --------------------------------------------------------------------------------------


def test_formats_down_to_the_last_row_cost_nothing(tmp_path: Path) -> None:
    book = book_of(PEOPLE)
    book.active["C1048576"].fill = YELLOW
    book.active["XFD2"].number_format = "00000"
    table = one(saved(tmp_path, book))
    assert len(whole(table)) == 8


def test_a_stray_cell_at_the_end_of_the_sheet(tmp_path: Path) -> None:
    book = book_of(PEOPLE)
    book.active["XFD1048576"] = "x"
    table = one(saved(tmp_path, book))
    assert values(table, "name")[0] == "N1"
    assert issue(table, "stray_cell").place == "legacy.xlsx!Data!XFD1048576"


def test_a_sheet_that_ends_at_its_last_row_was_cut(tmp_path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Old")
    for n in range(65_536):
        sheet.append([f"k{n}" if n else "key"])
    path = saved(tmp_path, book)
    (table,) = open_source(path)
    assert issue(table, "rows_truncated").severity == "error"


# -- other writers ------------------------------------------------------------------------------


@pytest.fixture
def convert(tmp_path: Path) -> Any:
    """Save a workbook in another format, with LibreOffice where it is installed."""
    program = shutil.which("soffice")
    if not program:
        pytest.skip("LibreOffice is not installed")

    def work(path: Path, ending: str) -> Path:
        home = tmp_path / "home"
        command = [
            program, f"-env:UserInstallation=file://{home}", "--headless", "--convert-to", ending,
            "--outdir", str(tmp_path / "out"), str(path),
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        return tmp_path / "out" / f"{path.stem}.{ending}"

    return work


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["xls", "ods", "xlsx"])
def test_what_another_program_wrote(tmp_path: Path, convert: Any, ending: str) -> None:
    book = book_of(
        [["Customers"], ["id", "since", "sum", "note"], [1001, date(2019, 3, 1), 1.5, "x"],
         [1002, date(2020, 2, 29), 2.5, None], ["Total", None, 4]]
    )  # fmt: skip
    (table,) = read(convert(saved(tmp_path, book), ending))
    assert values(table, "since") == ["2019-03-01", "2020-02-29"]
    assert values(table, "sum") == ["1.5", "2.5"]
    assert table.control_totals == {"sum": "4"}


def test_an_old_xls(tmp_path: Path) -> None:
    xlwt = pytest.importorskip("xlwt")
    book = xlwt.Workbook()
    sheet = book.add_sheet("Zákazníci")
    for row, cells in enumerate([["id", "meno"], [1, "Ján"], [2, "Žofia"]]):
        for number, value in enumerate(cells):
            sheet.write(row, number, value)
    book.save(str(tmp_path / "old.xls"))
    table = one(tmp_path / "old.xls")
    assert (table.name, values(table, "meno")) == ("zakaznici", ["Ján", "Žofia"])


def test_what_an_old_xls_hides_and_formats(tmp_path: Path) -> None:
    xlwt = pytest.importorskip("xlwt")
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    zeros = xlwt.easyxf(num_format_str="00000")
    for row, cells in enumerate(
        [["id", "psc", "x"], ["a", 1001, 1], ["b", 900, 2], ["c", 82105, 3]]
    ):
        for number, value in enumerate(cells):
            if number == 1 and row:
                sheet.write(row, number, value, zeros)
            else:
                sheet.write(row, number, value)
    sheet.row(4).write(0, "d")
    sheet.row(4).set_cell_error(2, 0x2A)
    sheet.row(2).hidden = True
    sheet.col(2).hidden = True
    book.save(str(tmp_path / "old.xls"))
    table = one(tmp_path / "old.xls")
    assert values(table, "psc") == ["01001", "00900", "82105", None]
    assert values(table, "x") == ["1", "2", "3", "#N/A"]
    assert {"hidden_rows", "hidden_columns", "cell_error"} <= set(codes(table))


@pytest.mark.slow
def test_what_an_ods_shows_beside_the_values(tmp_path: Path, convert: Any) -> None:
    book = book_of(
        [["id", "Obrat", None, "psc"], [None, "Suma", "Mena", None], ["a", 5, "EUR", 1001],
         ["b", "=1/0", "EUR", 82105], ["c", timedelta(hours=36), "USD", 900]]
    )  # fmt: skip
    sheet = book.active
    sheet.merge_cells("A1:A2")
    sheet.merge_cells("B1:C1")
    sheet.merge_cells("D1:D2")
    for row in (3, 4, 5):
        sheet.cell(row, 4).number_format = "00000"
    sheet["A3"].comment = Comment("call her", "Admin")
    sheet.row_dimensions[4].hidden = True
    table = one(convert(saved(tmp_path, book), "ods"))
    assert table.column_names[:4] == ("id", "Obrat / Suma", "Obrat / Mena", "psc")
    assert values(table, "Obrat / Suma") == ["5", "#DIV/0!", "36:00:00"]
    assert values(table, "psc") == ["01001", "82105", "00900"]
    assert values(table, "_comment")[0] == "id: call her"
    assert {"hidden_rows", "cell_error"} <= set(codes(table))


def test_an_ods_of_repeated_rows_and_currency(tmp_path: Path) -> None:
    sheet_xml = """<?xml version="1.0" encoding="UTF-8"?>
    <office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
     xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
     xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>
     <table:table table:name="Data"><table:table-row>
     <table:table-cell office:value-type="string"><text:p>name</text:p></table:table-cell>
     <table:table-cell office:value-type="string"><text:p>sum</text:p></table:table-cell>
     </table:table-row><table:table-row table:number-rows-repeated="3">
     <table:table-cell office:value-type="string"><text:p>A</text:p><text:p>B</text:p></table:table-cell>
     <table:table-cell office:value-type="currency" office:currency="EUR" office:value="12.5">
     <text:p>12,50 €</text:p></table:table-cell></table:table-row>
     <table:table-row table:number-rows-repeated="1048572"><table:table-cell
      table:number-columns-repeated="16384"/></table:table-row></table:table>
     </office:spreadsheet></office:body></office:document-content>"""
    path = tmp_path / "data.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", sheet_xml)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    table = one(path)
    assert values(table, "name") == ["A\nB"] * 3
    assert values(table, "sum") == ["12.5"] * 3


def test_strict_files_and_prefixed_names_read_alike(tmp_path: Path) -> None:
    book = book_of([["id", "x"], [1, "#N/A"], [2, 3]])
    book.active.row_dimensions[3].hidden = True
    path = saved(tmp_path, book)
    strict = tmp_path / "strict.xlsx"
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(strict, "w") as copy:
        for name in archive.namelist():
            data = archive.read(name)
            data = data.replace(
                b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                b"http://purl.oclc.org/ooxml/spreadsheetml/main",
            )
            if "sheet1" in name and name.endswith(".xml"):
                data = re.sub(rb"<(/?)(\w)", rb"<\1x:\2", data).replace(b"xmlns=", b"xmlns:x=")
            copy.writestr(name, data)
    table = one(strict)
    assert values(table, "x") == ["#N/A", "3"]
    assert "hidden_rows" in codes(table)
