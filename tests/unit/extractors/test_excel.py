from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from migrate.errors import SourceError, UsageError
from migrate.extractors import open_source
from migrate.values import SOURCE_ROW, Table

PLANTED = ["+421905123456", "-5", "=A1", "@x", "001001"]


def saved(tmp_path: Path, workbook: openpyxl.Workbook, name: str = "legacy.xlsx") -> Path:
    path = tmp_path / name
    workbook.save(path)
    return path


def filled(rows: list[list[Any]], title: str = "Zákazníci") -> openpyxl.Workbook:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return workbook


def one(path: Path, **options: Any) -> Table:
    (table,) = open_source(path, **options)
    return table


def whole(table: Table) -> pd.DataFrame:
    return pd.concat(list(table.batches()), ignore_index=True)


def codes(table: Table) -> set[str]:
    return {issue.code for issue in table.issues()}


def test_values_that_look_like_formulas_or_numbers_stay_as_they_are(tmp_path: Path) -> None:
    workbook = filled([["id", "value"], *[[i, ""] for i in range(5)]])
    for row, text in enumerate(PLANTED, start=2):
        cell = workbook.active.cell(row, 2)
        cell.value = text
        cell.data_type = "s"
    table = one(saved(tmp_path, workbook))
    frame = whole(table)
    assert table.name == "zakaznici"
    assert frame["value"].tolist() == PLANTED
    assert str(frame["value"].dtype) == "str"
    assert frame[SOURCE_ROW].tolist() == [2, 3, 4, 5, 6]


def test_every_value_becomes_one_text(tmp_path: Path) -> None:
    values = [
        1001.0, 12.5, 421904111222, True, date(2019, 3, 1), datetime(2019, 3, 1, 10, 5),
        time(10, 5), timedelta(hours=30), "  x ", " ",
    ]  # fmt: skip
    table = one(saved(tmp_path, filled([["id", "value"], *[[1, v] for v in values]])))
    frame = whole(table)
    assert frame["value"].tolist()[:9] == [
        "1001", "12.5", "421904111222", "true", "2019-03-01", "2019-03-01T10:05:00",
        "10:05:00", "30:00:00", "  x ",
    ]  # fmt: skip
    assert frame["value"].isna().tolist() == [False] * 9 + [True]


def dirty(tmp_path: Path) -> Path:
    workbook = filled(
        [
            ["Zoznam zákazníkov 2024"],
            [],
            ["Číslo", "Meno", "Obrat", None, "PSČ"],
            [None, None, "Suma", "Mena", None],
            [1, "Ján", 10.5, "EUR", 1001],
            [2, "Eva", 20, "EUR", 82105],
            [],
            [3, "Ota", "#N/A", "EUR", 4001],
            ["Spolu", None, 30.5],
        ]
    )
    sheet = workbook.active
    for cells in ("A1:E1", "A3:A4", "B3:B4", "C3:D3", "E3:E4"):
        sheet.merge_cells(cells)
    for row in (5, 6, 8):
        sheet.cell(row, 5).number_format = "00000"
    sheet.row_dimensions[6].hidden = True
    workbook.create_sheet("Staré").sheet_state = "hidden"
    workbook["Staré"].append(["id", "x"])
    workbook.create_sheet("Prázdny")
    return saved(tmp_path, workbook)


def test_titles_merged_headers_totals_zeros_errors_and_hidden_things(tmp_path: Path) -> None:
    table = one(dirty(tmp_path))
    frame = whole(table)
    assert table.column_names == ("Číslo", "Meno", "Obrat / Suma", "Obrat / Mena", "PSČ")
    assert table.reading["header_rows"] == [3, 4]
    assert frame["PSČ"].tolist() == ["01001", "82105", "04001"]
    assert frame["Obrat / Suma"].tolist() == ["10.5", "20", "#N/A"]
    assert frame[SOURCE_ROW].tolist() == [5, 6, 8]
    assert table.count() == 3
    assert table.control_totals == {"Obrat / Suma": "30.5"}
    (error,) = [issue for issue in table.issues() if issue.code == "cell_error"]
    assert error.place == "legacy.xlsx!Zákazníci!C8"
    assert codes(table) == {
        "title_rows", "totals_row", "cell_error", "leading_zeros_restored", "hidden_rows",
        "hidden_sheet",
    }  # fmt: skip


def test_options_name_sheets_headers_and_the_totals_label(tmp_path: Path) -> None:
    workbook = filled([["x"], ["a", "b"], ["1", "2"], ["Dokopy", "note"]], "Hárok 1")
    hidden = workbook.create_sheet("Staré")
    hidden.append(["id", "x"])
    hidden.append([1, 2])
    hidden.sheet_state = "hidden"
    path = saved(tmp_path, workbook)
    own = {"sheet": "Hárok 1", "header_rows": [2], "totals_label": "Dokopy"}
    first, second = open_source(path, tables={"customers": own, "stare": {}})
    assert whole(first)["a"].tolist() == ["1"]
    assert whole(second)["id"].tolist() == ["1"]
    with pytest.raises(SourceError, match='did you mean "Hárok 1"'):
        open_source(path, tables={"customers": {"sheet": "Harok 1"}})
    with pytest.raises(UsageError, match='did you mean "header_rows"'):
        open_source(path, tables={"customers": {"header_row": [1]}})
    with pytest.raises(SourceError, match="no header row"):
        open_source(path, tables={"customers": {"sheet": "Hárok 1", "header_rows": [40]}})


def test_a_customer_called_total_is_not_a_total(tmp_path: Path) -> None:
    rows = [["name", "turnover"], ["Alfa", 5], ["Total", 100], ["Beta", 7], ["Spolu", 112]]
    table = one(saved(tmp_path, filled(rows)))
    assert whole(table)["name"].tolist() == ["Alfa", "Total", "Beta"]
    assert table.control_totals == {"turnover": "112"}
    assert "totals_doubtful" in codes(table)


def test_subtotals_that_add_up_are_no_rows(tmp_path: Path) -> None:
    rows = [["n", "x"], ["A", 5], ["B", 6], ["Subtotal", 11], ["C", 4], ["Subtotal", 4],
            ["Total", 15]]  # fmt: skip
    table = one(saved(tmp_path, filled(rows)))
    assert whole(table)["n"].tolist() == ["A", "B", "C"]
    assert table.count() == 3


def test_a_total_by_formula_that_was_never_calculated_is_no_row(tmp_path: Path) -> None:
    rows = [["n", "x", "y"], ["A", 5, "=B2*2"], ["B", 6, 1], ["Spolu", "=SUM(B2:B3)", None]]
    table = one(saved(tmp_path, filled(rows)))
    assert whole(table)["n"].tolist() == ["A", "B"]
    assert "formula_without_value" in codes(table)
    assert table.count() == 2


def test_an_owner_merged_over_several_rows_counts_for_each(tmp_path: Path) -> None:
    workbook = filled([["owner", "name"], ["Eva", "A"], [None, "B"], ["Ota", "C"], [None, "D"]])
    workbook.active.merge_cells("A2:A3")
    table = one(saved(tmp_path, workbook))
    frame = whole(table)
    assert frame["owner"].tolist()[:3] == ["Eva", "Eva", "Ota"]
    assert frame["owner"].isna().tolist() == [False, False, False, True]
    assert "merged_cells_filled" in codes(table)


def test_a_table_that_begins_away_from_the_corner(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    for row, cells in enumerate([["id", "name"], [1, "A"], [2, "B"]], start=4):
        for column, value in enumerate(cells, start=3):
            workbook.active.cell(row, column).value = value
    table = one(saved(tmp_path, workbook))
    assert whole(table)["name"].tolist() == ["A", "B"]
    assert whole(table)[SOURCE_ROW].tolist() == [5, 6]


def test_the_kind_is_told_by_content(tmp_path: Path) -> None:
    assert one(saved(tmp_path, filled([["a", "b"], [1, 2]]), "export.csv")).count() == 1


def test_a_column_name_used_twice_is_numbered(tmp_path: Path) -> None:
    table = one(saved(tmp_path, filled([["mail", "b", "mail"], ["x", "y", "z"]])))
    assert table.column_names == ("mail", "b", "mail_2")
    assert whole(table)["mail_2"].tolist() == ["z"]
    assert "column_renamed" in codes(table)


def test_empty_workbooks_are_refused_for_being_empty(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no visible sheet holds anything") as raised:
        open_source(saved(tmp_path, openpyxl.Workbook()))
    assert "header" not in str(raised.value)
    workbook = filled([["a", "b"], [1, 2]], "Full")
    workbook.create_sheet("Bare")
    with pytest.raises(SourceError, match="the sheet is empty") as raised:
        open_source(saved(tmp_path, workbook), tables={"bare": {}})
    assert "header" not in str(raised.value)


def test_files_that_are_no_workbooks_say_so(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04" + b"\0" * 100)
    with pytest.raises(SourceError, match="cannot be read as a workbook"):
        open_source(broken)
    locked = tmp_path / "locked.xlsx"
    name = "EncryptedPackage".encode("utf-16-le")
    locked.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000 + name)
    with pytest.raises(SourceError, match="encrypted with a password"):
        open_source(locked)


def test_only_keeps_the_named_sheets(tmp_path: Path) -> None:
    workbook = filled([["a", "b"], [1, 2]], "One")
    workbook.create_sheet("Two").append(["c", "d"])
    path = saved(tmp_path, workbook)
    assert [table.name for table in open_source(path)] == ["one", "two"]
    assert [table.name for table in open_source(path, only=["two"])] == ["two"]
