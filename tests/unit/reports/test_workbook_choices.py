"""Do dropdowns, figures and colours of a workbook stand where they belong, and come back as text?"""

from __future__ import annotations

from pathlib import Path

import openpyxl

from migrate.reports.xlsx import Sheet, SheetColumn, read_lines, write_workbook

COLUMNS = [
    SheetColumn("Field", 20),
    SheetColumn("Rows", 8, kind="count"),
    SheetColumn("Sure", 8, kind="percent", is_graded=True),
    SheetColumn(
        "Chosen", 10, is_editable=True, is_open=True,
        choices_by=("Field", {"Lead.status": ("new", "lost"), "Lead.source": ("web",)}),
    ),
]  # fmt: skip
ROWS = [("Lead.status", "12", "0.985", "new"), ("Lead.source", "", "", "")]


def test_a_line_knows_its_row_and_its_cells(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    write_workbook(path, [Sheet("Values", COLUMNS, ROWS, "a note")])
    lines = read_lines(path, "Values", required=("Chosen",))
    assert [row for row, _ in lines.lines] == [3, 4]
    assert lines.lines[0][1] == {
        "Field": "Lead.status",
        "Rows": "12",
        "Sure": "0.985",
        "Chosen": "new",
    }
    assert lines.cell(4, "Chosen") == "Values!D4"


def test_figures_sort_as_figures_and_are_coloured_by_a_rule(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    write_workbook(path, [Sheet("Values", COLUMNS, ROWS)])
    page = openpyxl.load_workbook(path)["Values"]
    assert (page["B2"].value, page["C2"].value) == (12, 0.985)
    assert page["C2"].number_format == "0%"
    (coloured,) = page.conditional_formatting
    assert str(coloured.sqref).startswith("C2:")
    assert len(coloured.rules) == 3


def test_a_dropdown_that_depends_on_its_line_asks_the_line(tmp_path: Path) -> None:
    """Rules stay where they are when lines are sorted, so this one looks at its own line."""
    path = tmp_path / "book.xlsx"
    write_workbook(path, [Sheet("Values", COLUMNS, ROWS)])
    book = openpyxl.load_workbook(path)
    (rule,) = book["Values"].data_validations.dataValidation
    assert "MATCH($A2," in rule.formula1
    assert len(rule.formula1) < 255  # Excel takes no longer one
    assert not rule.showErrorMessage
    listed = [tuple(row) for row in book["_lists"].iter_rows(values_only=True)]
    assert listed == [("Lead.status", "new"), ("Lead.status", "lost"), ("Lead.source", "web")]
    assert book["_lists"].sheet_state == "hidden"


def test_without_any_choice_there_is_no_rule(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    column = SheetColumn("Chosen", 10, is_editable=True, choices_by=("Field", {}))
    hidden = Sheet("_sent", [SheetColumn("what", 10)], [("x",)], is_hidden=True)
    write_workbook(path, [Sheet("Values", [COLUMNS[0], column], [("a", "")]), hidden])
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Values", "_sent"]
    assert book["_sent"].sheet_state == "hidden"
    assert not book["Values"].data_validations.dataValidation
