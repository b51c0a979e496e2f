"""What the tests of workbooks and web pages share: making sheets, and reading them whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd

from migrate.extractors import open_source
from migrate.extractors._readings import options_of
from migrate.values import Table


def book_of(rows: list[list[Any]], title: str = "Data") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return book


def saved(folder: Path, book: openpyxl.Workbook, name: str = "legacy.xlsx") -> Path:
    path = folder / name
    book.save(path)
    return path


def put(sheet: Any, corner: str, rows: list[list[Any]]) -> None:
    """Write rows from a cell on."""
    first = sheet[corner]
    for down, cells in enumerate(rows):
        for right, value in enumerate(cells):
            if value is not None:
                sheet.cell(first.row + down, first.column + right).value = value


def whole(table: Table) -> pd.DataFrame:
    return pd.concat(list(table.batches()), ignore_index=True)


def values(table: Table, column: str) -> list[Any]:
    series = whole(table)[column]
    return [None if missing else text for text, missing in zip(series, series.isna(), strict=True)]


def codes(table: Table) -> list[str]:
    return [issue.code for issue in table.issues()]


def read(path: Path, **options: Any) -> list[Table]:
    """Read a file, and check what holds for every file: its readings read it again, and it counts
    what it reads."""
    tables = open_source(path, **options)
    for table in tables:
        frame = whole(table)
        assert table.count() == len(frame), table.name
        assert list(frame.columns[:-1]) == list(table.column_names)
    if not options:
        told = {table.name: options_of(table.reading) for table in tables}
        again = open_source(path, tables=told)
        assert [t.name for t in again] == [t.name for t in tables]
        for table, twin in zip(tables, again, strict=True):
            pd.testing.assert_frame_equal(whole(table), whole(twin))
            assert options_of(table.reading) == options_of(twin.reading)
    return tables


def one(path: Path, **options: Any) -> Table:
    (table,) = read(path, **options)
    return table
