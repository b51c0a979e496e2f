"""What tables does a workbook hold (.xlsx, .xlsm, .xls, .xlsb, .ods)?

calamine reads the values; openpyxl is asked, once a workbook and only where the file has such
things, for what calamine does not tell: number formats that show leading zeros, error cells, hidden
rows, and formulas that were never calculated.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from migrate.errors import SourceError
from migrate.extractors._sheet import (
    Row,
    find_header_rows,
    find_totals,
    header_names,
    is_blank,
)
from migrate.extractors._sheet_issues import Marks, Sheet, sheet_issues, skipped_sheet
from migrate.extractors._text import (
    check_options,
    checked_names,
    chosen,
    existing_file,
    frame_of,
    nearest,
    slug,
    table_options,
    text_of,
    unique_names,
)
from migrate.extractors._workbook_xml import is_openxml, special_content
from migrate.values import Column, Issue, Table

TABLE_OPTIONS = ("sheet", "header_rows", "totals_label")
_OPENPYXL_ERRORS = (
    ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, SyntaxError,
    zipfile.BadZipFile,
)  # fmt: skip


def read_tables(
    place: str | Path,
    *,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
    **options: Any,
) -> list[Table]:
    """Give the tables named in ``tables``, or one for each visible sheet that holds something."""
    path = existing_file(Path(place))
    check_options(options, ("tables", "only"), str(path))
    table_options(tables or {}, TABLE_OPTIONS, str(path))
    workbook = _open(path)
    hidden: list[str] = []
    if tables:
        wanted = {name: _sheet_of(path, workbook, name, own) for name, own in tables.items()}
    else:
        visible = []
        for sheet in workbook.sheets_metadata:
            if sheet.typ != SheetTypeEnum.WorkSheet:
                continue
            if sheet.visible != SheetVisibleEnum.Visible:
                hidden.append(sheet.name)
            elif workbook.get_sheet_by_name(sheet.name).end is not None:
                visible.append(sheet.name)
        wanted = dict(zip(unique_names(map(slug, visible)), visible, strict=True))
        if not wanted:
            raise SourceError(
                "no visible sheet holds anything: it has no header row",
                hint=f"name a hidden sheet in `tables`: {', '.join(hidden)}"
                if hidden
                else "export the workbook again",
                where=str(path),
            )
    marks, unread = _marks(path)
    first = [skipped_sheet(path, name) for name in hidden] + unread
    result = []
    for name in chosen(list(wanted), only, str(path)):
        own = (tables or {}).get(name, {})
        result.append(_table(path, workbook, name, wanted[name], own, marks, first))
        first = []
    return result


def _open(path: Path) -> CalamineWorkbook:
    try:
        with path.open("rb") as file:
            return CalamineWorkbook.from_filelike(file)
    except PermissionError as problem:
        raise SourceError(
            "cannot be opened: another program holds it, or you may not read it",
            hint="close the workbook in Excel, then run again",
            where=str(path),
        ) from problem
    except (PasswordError, CalamineError, OSError) as problem:
        raise _unreadable(path, problem) from problem


def _unreadable(path: Path, problem: Exception) -> SourceError:
    is_locked = isinstance(problem, PasswordError)
    if not is_locked:
        with path.open("rb") as file:
            is_locked = "EncryptedPackage".encode("utf-16-le") in file.read(1 << 20)
    if is_locked:
        return SourceError(
            "the workbook is encrypted with a password",
            hint="open it in Excel, remove the password (File, Info, Protect Workbook), save it",
            where=str(path),
        )
    return SourceError(
        f"cannot be read as a workbook ({problem})",
        hint="open it in a spreadsheet program and save it as .xlsx",
        where=str(path),
    )


def _sheet_of(path: Path, workbook: CalamineWorkbook, table: str, own: Mapping[str, Any]) -> str:
    names = list(workbook.sheet_names)
    wanted = str(own.get("sheet") or next((n for n in names if table in (n, slug(n))), table))
    if wanted not in names:
        near = nearest(wanted, names)
        raise SourceError(
            f'there is no sheet "{wanted}"; there are: {", ".join(names)}',
            hint=f'did you mean "{near}"?' if near else f"give table {table} its `sheet`",
            where=str(path),
        )
    return wanted


def _table(
    path: Path,
    workbook: CalamineWorkbook,
    name: str,
    sheet_name: str,
    own: Mapping[str, Any],
    all_marks: Mapping[str, Marks],
    first: list[Issue],
) -> Table:
    place = f"{path.name}!{sheet_name}"
    marks = all_marks.get(sheet_name, Marks())
    merges = tuple(workbook.get_sheet_by_name(sheet_name).merged_cell_ranges or ())
    head = list(islice(_rows(workbook, sheet_name, marks), 100))
    given = own.get("header_rows")
    header_rows = tuple(int(n) for n in given) if given else find_header_rows(head, merges)
    by_number = dict(head)
    if not header_rows or not any(number in by_number for number in header_rows):
        raise SourceError(
            f"the sheet has no header row{' on ' + str(list(given)) if given else ''}",
            hint="correct `header_rows`" if given else "choose another sheet, or export it again",
            where=place,
        )
    bottom = max(header_rows)
    width = 0
    seen: set[int] = set()
    for number, cells in _rows(workbook, sheet_name, marks):
        width = max(width, len(cells))
        if number > bottom and len(seen) < width:
            seen.update(i for i, cell in enumerate(cells) if i not in seen and not is_blank(cell))
    names = [
        text or (f"column_{index + 1}" if index in seen else "")
        for index, text in enumerate(header_names(by_number, header_rows, merges, width))
    ]
    checked_names([(i + 1, text) for i, text in enumerate(names) if text], place)
    below = _with_formulas(_rows(workbook, sheet_name, marks), marks, bottom)
    totals = find_totals(below, str(own.get("totals_label") or ""))
    sheet = Sheet(path, sheet_name, header_rows, tuple(names), totals, marks, merges)
    before = sum(number < min(header_rows) for number in by_number)
    issues = (*first, *sheet_issues(sheet, name, place, before))
    return Table(
        name=name,
        columns=tuple(Column(text) for text in names if text),
        origin=f"{path}!{sheet_name}",
        read=partial(_batches, sheet),
        count=lru_cache(maxsize=1)(partial(_count, sheet)),
        reading={
            "sheet": sheet_name,
            "header_rows": list(header_rows),
            "evidence": {
                "header_rows": "given" if given else "first rows of texts as wide as the table",
                "totals_rows": sorted(totals.rows),
            },
        },
        issues=lambda: issues,
        control_totals={
            names[index]: text for index, text in totals.figures.items() if names[index]
        },
    )


def _with_formulas(rows: Iterator[Row], marks: Marks, after: int) -> Iterator[Row]:
    """Yield the rows below the header, with the text of formulas that were never calculated."""
    formulas: dict[int, list[tuple[int, str]]] = {}
    for (row, column), text in marks.formulas.items():
        formulas.setdefault(row, []).append((column, text))
    for number, cells in rows:
        for column, text in formulas.get(number, ()):
            cells += [""] * (column - len(cells))
            cells[column - 1] = text
        if number > after:
            yield number, cells


def _rows(workbook: CalamineWorkbook, sheet_name: str, marks: Marks) -> Iterator[Row]:
    """Yield the rows that hold something, with the marked cells as openpyxl shows them."""
    sheet = workbook.get_sheet_by_name(sheet_name)
    if sheet.start is None:
        return
    left = sheet.start[1]
    patches = marks.cells
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        values: list[object] = [*[""] * left, *cells]
        for column, text in patches.get(number, ()):
            values += [""] * (column - len(values))
            values[column - 1] = text
        if not all(map(is_blank, values)):
            yield number, values


def _batches(sheet: Sheet, rows: int) -> Iterator[pd.DataFrame]:
    workbook = _open(sheet.path)
    kept = [index for index, text in enumerate(sheet.names) if text]
    labels = [sheet.names[index] for index in kept]
    fill = _merged_below(sheet, workbook)
    records: list[list[str | None]] = []
    numbers: list[int] = []

    def frame() -> pd.DataFrame:
        columns = list(zip(*records, strict=True)) or [()] * len(kept)
        made = frame_of(labels, columns, numbers)
        records.clear()
        numbers.clear()
        return made

    yielded = False
    for number, cells in _data_rows(sheet, workbook):
        for index, value in fill.get(number, ()):
            cells[index] = value
        records.append([text_of(cells[i]) if i < len(cells) else None for i in kept])
        numbers.append(number)
        if len(records) == rows:
            yielded = True
            yield frame()
    if records or not yielded:
        yield frame()


def _data_rows(sheet: Sheet, workbook: CalamineWorkbook) -> Iterator[Row]:
    bottom = max(sheet.header_rows)
    for number, cells in _rows(workbook, sheet.name, sheet.marks):
        if number > bottom and number not in sheet.totals.rows:
            yield number, cells


def _merged_below(
    sheet: Sheet, workbook: CalamineWorkbook
) -> Mapping[int, list[tuple[int, object]]]:
    """Give the value of each cell merged over several rows to the lower ones (one owner a group)."""
    tall = {
        (top + 1, left): bottom + 1
        for (top, left), (bottom, right) in sheet.merges
        if bottom > top and top + 1 > max(sheet.header_rows)
    }
    fill: dict[int, list[tuple[int, object]]] = {}
    if tall:
        for number, cells in _data_rows(sheet, workbook):
            for (top, left), bottom in tall.items():
                if top == number and left < len(cells):
                    for below in range(top + 1, bottom + 1):
                        fill.setdefault(below, []).append((left, cells[left]))
    return fill


def _count(sheet: Sheet) -> int:
    """Count the data rows: through openpyxl where it can read the file, never through batches."""
    bottom = max(sheet.header_rows)
    kept = [index for index, text in enumerate(sheet.names) if text]
    if is_openxml(sheet.path):
        try:
            return sum(
                number > bottom
                and number not in sheet.totals.rows
                and any(i < len(cells) and not is_blank(cells[i]) for i in kept)
                for number, cells in _openpyxl_rows(sheet)
            )
        except _OPENPYXL_ERRORS:  # a file that only calamine can read is counted through it
            pass
    return sum(1 for _ in _data_rows(sheet, _open(sheet.path)))


def _openpyxl_rows(sheet: Sheet) -> Iterator[tuple[int, Sequence[object]]]:
    workbook = _load(sheet.path, read_only=True, data_only=True)
    try:
        page = workbook[sheet.name]
        page.reset_dimensions()
        yield from enumerate(page.iter_rows(values_only=True), start=1)
    finally:
        workbook.close()


def _load(path: Path, **options: bool) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # drop-down lists and themes it does not keep
        # The bytes, for openpyxl judges a path by its ending.
        return openpyxl.load_workbook(BytesIO(path.read_bytes()), **options)


_ZEROS = re.compile(r'[0 \\"-]*0[0 \\"-]*')


def _marks(path: Path) -> tuple[dict[str, Marks], list[Issue]]:
    if not is_openxml(path):
        return {}, []
    try:
        needs = special_content(path)
        if not needs:
            return {}, []
        shown = _load(path, data_only=True)
        formulas = _load(path) if "formulas" in needs else None
        return {
            page.title: _sheet_marks(page, formulas[page.title] if formulas else None)
            for page in shown.worksheets
        }, []
    except _OPENPYXL_ERRORS as problem:
        return {}, [Issue(
            code="formats_unread", severity="warning", place=str(path),
            message="number formats, error cells and hidden rows could not be read"
            f" ({type(problem).__name__}); leading zeros may be missing",
            hint="open the workbook in a spreadsheet program, save it again, then run again",
        )]  # fmt: skip


def _sheet_marks(page: Any, formulas: Any) -> Marks:
    errors: dict[tuple[int, int], str] = {}
    zeros: dict[tuple[int, int], str] = {}
    uncalculated: dict[tuple[int, int], str] = {}
    for row in page.iter_rows():
        for cell in row:
            where = (cell.row, cell.column)
            if cell.data_type == "e":
                errors[where] = str(cell.value)
            elif cell.data_type == "n" and cell.value is not None:
                text = _with_zeros(cell.value, cell.number_format)
                if text:
                    zeros[where] = text
    if formulas is not None:
        for row in formulas.iter_rows():
            for cell in row:
                if cell.data_type == "f" and page.cell(cell.row, cell.column).value is None:
                    formula = cell.value
                    uncalculated[cell.row, cell.column] = str(getattr(formula, "text", formula))
    hidden = frozenset(n for n, size in page.row_dimensions.items() if size.hidden)
    return Marks(errors, zeros, uncalculated, hidden)


def _with_zeros(value: object, number_format: str) -> str:
    """Give the digits as the format shows them, "" where it adds none.

    >>> _with_zeros(1001, "00000"), _with_zeros(1001, "000 00"), _with_zeros(1001, "0.00")
    ('01001', '01001', '')
    """
    zeros = number_format.count("0")
    if zeros < 2 or not _ZEROS.fullmatch(number_format):
        return ""
    text = text_of(value) or ""
    return text.zfill(zeros) if text.isdigit() and len(text) < zeros else ""
