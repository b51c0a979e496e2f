"""How do values go into a workbook for people, and come back as the same text?

Every cell is written as text: Excel neither computes ``=A1`` nor turns ``001`` into 1. What a
person typed afterwards comes back as text too, a number without ".0" and a date in ISO form.
"""

from __future__ import annotations

import contextlib
import math
import os
import uuid
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell, WriteOnlyCell
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet.datavalidation import DataValidation

from migrate.errors import UsageError
from migrate.reports.sheets import (
    CHOICES_SHEET,
    LISTS_SHEET,
    MAX_CELL,
    MAX_ROWS,
    Sheet,
    SheetColumn,
    SheetLines,
    check_sheets,
    escape,
    find_header,
    locked,
    refuse_locked,
    typed_text,
    unknown_sheet,
)

__all__ = [
    "MAX_CELL", "Sheet", "SheetColumn", "SheetLines", "read_lines", "read_workbook",
    "write_workbook",
]  # fmt: skip

_HEADER_SEARCH_ROWS = 20

_UNREADABLE = (InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError)
_WRAP_UP_TO = 300  # a longer text would make its row taller than a screen
_LOOKS_LIKE_FORMULA = tuple("=+-@\t\r")

_HEADER_FILL = PatternFill("solid", fgColor="E6ECF2")
_EDITABLE_FILL = PatternFill("solid", fgColor="FFF8DC")
_LINE = Border(bottom=Side(style="thin", color="9AA8B5"))
_FORMATS = {"text": "@", "count": "#,##0", "percent": "0%"}
# From which percentage on a cell has which colour; the first that fits counts.
_GRADES = ((0.9, "C6E7CC"), (0.6, "FFE9A8"), (0.0, "F6C7C0"))


def write_workbook(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write the sheets as a workbook that only its owner can read; a file half written never stays.

    Rows are streamed. Raises UsageError where a text is too long for a cell, or the workbook is
    open in Excel.
    """
    path = Path(path)
    check_sheets(sheets)
    refuse_locked(path)
    book = Workbook(write_only=True)
    book.properties.creator = "crm-migrate"
    choices: list[tuple[str, ...]] = []
    lists: dict[str, tuple[str, ...]] = {}
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        for sheet in sheets:
            _write_sheet(book, sheet, choices, lists)
        if choices:
            _write_choices(book, choices)
        if lists:
            _write_lists(book, lists)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        with os.fdopen(handle, "wb") as file:
            book.save(file)
        temporary.replace(path)
    except PermissionError as error:
        raise locked(path) from error
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="make room or choose another folder, and run the same command again",
        ) from error
    finally:
        _close(book)
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def read_workbook(path: Path, sheet: str, *, required: Sequence[str] = ()) -> list[dict[str, str]]:
    """Read a sheet back, by its header: sorted, filtered, inserted and moved around as it may be.

    Blank rows are left out, blank cells are "", columns without a title are somebody's remarks.
    The header is the first row that holds all the ``required`` titles; without them, the first row
    with two texts.
    """
    return [dict(record) for _, record in read_lines(path, sheet, required=required).lines]


def read_lines(path: Path, sheet: str, *, required: Sequence[str] = ()) -> SheetLines:
    """Read a sheet back as :func:`read_workbook` does, and say in which row each line stands."""
    path = Path(path)
    refuse_locked(path)
    rows = _texts(path, sheet)
    start, header = find_header(rows[:_HEADER_SEARCH_ROWS], required, f"{path.name}!{sheet}")
    records = (
        (number, {title: row[at] if at < len(row) else "" for at, title in header})
        for number, row in enumerate(rows[start + 1 :], start + 2)
    )
    letters = {title: get_column_letter(at + 1) for at, title in header}
    return SheetLines(
        sheet, letters, [(n, record) for n, record in records if any(record.values())]
    )


# -- writing ----------------------------------------------------------------------------------

_LINE_POINTS, _MOST_LINES = 15, 8
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would turn line ends into others without it


def _write_sheet(
    book: Workbook,
    sheet: Sheet,
    choices: list[tuple[str, ...]],
    lists: dict[str, tuple[str, ...]],
) -> None:
    page = book.create_sheet(sheet.name)
    page.sheet_state = "hidden" if sheet.is_hidden else "visible"
    header_row = 2 if sheet.note else 1
    for position, column in enumerate(sheet.columns, 1):
        letter = get_column_letter(position)
        page.column_dimensions[letter].width = column.width
        page.column_dimensions[letter].hidden = column.is_hidden
        if column.choices:
            if column.choices not in choices:
                choices.append(column.choices)
            source = get_column_letter(choices.index(column.choices) + 1)
            listed = f"'{CHOICES_SHEET}'!${source}$1:${source}${len(column.choices)}"
            page.data_validations.append(_dropdown(column, letter, header_row, listed))
        if column.choices_by and column.choices_by[1]:
            listed = _listed(sheet, column, header_row, lists)
            page.data_validations.append(_dropdown(column, letter, header_row, listed))
        if column.is_graded:
            _grade(page, letter, header_row + 1)
    page.freeze_panes = f"A{header_row + 1}"
    page.print_title_rows = f"{header_row}:{header_row}"
    if sheet.is_protected or any(column.is_editable for column in sheet.columns):
        _protect(page)
    if sheet.note:
        # A hidden column, such as a key, would hide the note with it.
        blank = next((i for i, c in enumerate(sheet.columns) if not c.is_hidden), 0)
        page.append([None] * blank + [_note_cell(page, sheet.note)])
    page.append([_header_cell(page, column) for column in sheet.columns])
    styles = _Styles(page)
    row_number = header_row
    for row in sheet.rows:
        row_number += 1
        if row_number > MAX_ROWS:
            raise UsageError(f"sheet {sheet.name} has more rows than Excel can hold")
        lines = _lines(sheet, row)
        if lines > 1:  # readers other than Excel leave a row without a height at one line
            page.row_dimensions[row_number].height = _LINE_POINTS * lines
        page.append(_row_cells(styles, sheet, row, row_number))
    last = get_column_letter(max(len(sheet.columns), 1))
    page.auto_filter.ref = f"A{header_row}:{last}{max(row_number, header_row + 1)}"


def _lines(sheet: Sheet, row: Sequence[str]) -> int:
    """How many lines a row needs so that wrapped texts can be read, within reason."""
    wrapped = (
        math.ceil(len(text) / column.width)
        for column, text in zip(sheet.columns, row, strict=True)
        if column.width and not column.is_hidden and len(text) <= _WRAP_UP_TO
    )
    return min(max(wrapped, default=1), _MOST_LINES)


def _close(book: Workbook) -> None:
    """A sheet left half written would complain on stderr when Python clears it away."""
    for page in book.worksheets:
        if isinstance(page, WriteOnlyWorksheet) and not page.closed:
            with contextlib.suppress(OSError, ValueError):
                page.close()


def _row_cells(
    styles: _Styles, sheet: Sheet, row: Sequence[str], row_number: int
) -> list[Cell | None]:
    cells: list[Cell | None] = []
    for column, text in zip(sheet.columns, row, strict=True):
        if len(text) > MAX_CELL // 2 and len(text.encode("utf-16-le", "surrogatepass")) // 2 > (
            MAX_CELL
        ):
            raise UsageError(
                f"sheet {sheet.name}, row {row_number}: the text in column {column.title!r} has"
                f" {len(text):,} characters, and a cell holds at most {MAX_CELL:,}",
                hint="shorten it in the source, or exclude the column",
            )
        cells.append(styles.cell(text, is_editable=column.is_editable, kind=column.kind))
    return cells


class _Styles:
    """Cells of text in the few styles there are, made once: styling each cell anew is slow."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._made: dict[tuple[bool, bool, bool, str], Cell] = {}

    def cell(self, text: str, *, is_editable: bool, kind: str = "text") -> Cell | None:
        if not text and not is_editable:
            return None
        style = (is_editable, text.startswith(_LOOKS_LIKE_FORMULA), len(text) <= _WRAP_UP_TO, kind)
        model = self._made.get(style)
        if model is None:
            model = self._made[style] = self._model(*style)
        cell = Cell(self._page, row=1, column=1, style_array=model._style)  # type: ignore[attr-defined]
        if text and kind != "text":
            cell.value = float(text) if kind == "percent" else int(text)
        elif text:
            # Through ``cell.value`` openpyxl would guess a type, and cut escaped text at 32,767
            # characters without a word.
            cell._value = escape(text)  # type: ignore[attr-defined]
            cell.data_type = "s"
        return cell

    def _model(self, is_editable: bool, is_quoted: bool, is_wrapped: bool, kind: str) -> Cell:
        cell = WriteOnlyCell(self._page, "")
        cell.number_format = _FORMATS[kind]
        cell.alignment = Alignment(vertical="top", wrap_text=is_wrapped)
        cell.protection = Protection(locked=not is_editable)
        if is_editable:
            cell.fill = _EDITABLE_FILL
        cell.quotePrefix = is_quoted
        return cell


def _header_cell(page: Any, column: SheetColumn) -> Cell:
    cell = WriteOnlyCell(page, "")
    cell.number_format = "@"
    cell.font = Font(bold=True)
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    cell.border = _LINE
    cell.fill = _EDITABLE_FILL if column.is_editable else _HEADER_FILL
    cell._value = escape(column.title)  # type: ignore[attr-defined]
    cell.data_type = "s"
    return cell


def _note_cell(page: Any, note: str) -> Cell:
    cell = WriteOnlyCell(page, "")
    cell.font = Font(italic=True, color="52606D")
    cell._value = escape(note)  # type: ignore[attr-defined]
    cell.data_type = "s"
    return cell


def _protect(page: Any) -> None:
    """In openpyxl True forbids. Excel sorts a range only where none of its cells is locked."""
    page.protection.sheet = True
    for allowed in ("sort", "autoFilter", "formatColumns", "formatRows"):
        setattr(page.protection, allowed, False)


def _dropdown(column: SheetColumn, letter: str, header_row: int, listed: str) -> DataValidation:
    """The list stands on a hidden sheet: inside the rule it could hold 255 characters, no comma."""
    validation = DataValidation(
        type="list",
        formula1=listed,
        allow_blank=True,
        showErrorMessage=not column.is_open,
        errorTitle="Not in the list",
        error="Choose one of the values in the list.",
    )
    validation.add(f"{letter}{header_row + 1}:{letter}{MAX_ROWS}")
    return validation


def _listed(
    sheet: Sheet, column: SheetColumn, header_row: int, lists: dict[str, tuple[str, ...]]
) -> str:
    """The part of the hidden list that begins where the other cell's text does: a rule that asks
    the line itself stays right when lines are sorted."""
    title, choices = column.choices_by or ("", {})
    for text, values in choices.items():
        lists[text] = tuple(values)
    titles = [c.title for c in sheet.columns]
    other = f"${get_column_letter(titles.index(title) + 1)}{header_row + 1}"
    names = f"'{LISTS_SHEET}'!$A:$A"
    return f"OFFSET('{LISTS_SHEET}'!$B$1,MATCH({other},{names},0)-1,0,COUNTIF({names},{other}),1)"


def _grade(page: Any, letter: str, first_row: int) -> None:
    """A rule over the whole column: colours of the cells themselves would not follow a new figure."""
    cell = f"${letter}{first_row}"
    for least, colour in _GRADES:
        fill = PatternFill("solid", bgColor=colour, fgColor=colour)
        rule = FormulaRule(  # type: ignore[no-untyped-call]
            [f"AND(ISNUMBER({cell}),{cell}>={least})"], fill=fill, stopIfTrue=True
        )
        page.conditional_formatting.add(f"{letter}{first_row}:{letter}{MAX_ROWS}", rule)


def _write_lists(book: Workbook, lists: dict[str, tuple[str, ...]]) -> None:
    page = book.create_sheet(LISTS_SHEET)
    page.sheet_state = "hidden"
    styles = _Styles(page)
    for name, values in lists.items():
        for value in values:
            page.append([styles.cell(text, is_editable=False) for text in (name, value)])


def _write_choices(book: Workbook, choices: Sequence[tuple[str, ...]]) -> None:
    page = book.create_sheet(CHOICES_SHEET)
    page.sheet_state = "hidden"
    styles = _Styles(page)
    for row in range(max(len(values) for values in choices)):
        page.append(
            [
                styles.cell(values[row], is_editable=False) if row < len(values) else None
                for values in choices
            ]
        )


# -- reading ----------------------------------------------------------------------------------


def _texts(path: Path, sheet: str) -> list[list[str]]:
    """All rows of a sheet as text. A formula counts as what it shows."""
    try:
        rows, formulas = _read(path, sheet, is_computed=False)
        if formulas:
            rows, _ = _read(path, sheet, is_computed=True)
            for row, column in formulas:
                if not rows[row][column]:
                    raise UsageError(
                        f"{path.name}!{sheet}: cell {get_column_letter(column + 1)}{row + 1} holds"
                        " a formula without a result",
                        hint="open the workbook, save it, and run the same command again",
                    )
    except FileNotFoundError as error:
        raise UsageError(f"{path} is not there", hint="check the path") from error
    except PermissionError as error:
        raise locked(path) from error
    except (*_UNREADABLE, OSError) as error:
        raise UsageError(
            f"{path} is not a workbook that can be read",
            hint="save it in Excel as .xlsx and run the same command again",
        ) from error
    return rows


def _read(
    path: Path, sheet: str, *, is_computed: bool
) -> tuple[list[list[str]], list[tuple[int, int]]]:
    rows: list[list[str]] = []
    formulas: list[tuple[int, int]] = []
    with path.open("rb") as file:
        book = load_workbook(file, read_only=True, data_only=is_computed)
        try:
            if sheet not in book.sheetnames:
                raise unknown_sheet(path, sheet, [n for n in book.sheetnames if n[0] != "_"])
            page = book[sheet]
            # Other programs state the used range wrongly; the rows themselves are right.
            page.reset_dimensions()
            for row_number, row in enumerate(page.rows):
                rows.append([typed_text(cell.value) for cell in row])
                formulas.extend(
                    (row_number, position)
                    for position, cell in enumerate(row)
                    if cell.data_type == "f"
                )
        finally:
            book.close()
    return rows, formulas
