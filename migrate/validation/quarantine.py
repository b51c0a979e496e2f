"""How do refused rows go to the people who know the right value, and how do they come back?

Frames in, frames out: the ledger keeps the rows, this module knows only the workbook.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from migrate.reports.xlsx import MAX_CELL, Sheet, SheetColumn, write_workbook

QUARANTINE_COLUMNS = (
    "record_id", "block", "part", "code", "column", "field", "value", "message", "hint",
    "base_hash", "record_key", "table", "source_row", "object",
)  # fmt: skip

REFUSED_SHEET = "Refused rows"
KEY, CORRECTED, ACTION = "Row id (leave as it is)", "Corrected value", "Action"
FOUND = "Found value"
CORRECT, LEAVE_OUT, MAKE_EMPTY = "correct", "leave out", "make empty"
ACTIONS = (CORRECT, LEAVE_OUT, MAKE_EMPTY)

READABLE = {
    "Object": ("object", 16),
    "Table": ("table", 20),
    "Row": ("source_row", 8),
    "Key": ("record_key", 16),
    "Field": ("field", 18),
    "Column": ("column", 18),
    FOUND: ("value", 28),
    "Why": ("message", 44),
    "What helps": ("hint", 44),
}
"""Title -> the column of the frame that it shows, and its width."""

_CHECK_LENGTH = 8
_CUT = " … (cut here; the whole text has {} characters)"
_HOW_TO = (
    "Each line of the sheet “Refused rows” is a value, or a record, that the new CRM would refuse.",
    "Write the right value into the column “Corrected value”; the source itself is not changed.",
    "Choose “leave out” under Action if the record is not to be migrated at all, or “make empty” if"
    " the value is not known and the field may stay empty.",
    "Sort, filter, hide or delete lines as you like; what you leave untouched simply stays refused.",
    "Save and close the workbook, then run: crm-migrate quarantine import <this file>",
)


class RowKey(NamedTuple):
    """What names one refused row, and the hash of the raw value that was refused."""

    record_id: int
    block: str
    part: str
    code: str
    column: str
    base_hash: str

    @property
    def place(self) -> tuple[int, str, str, str, str]:
        """The row without its value: the same in every run."""
        return self[:5]


def export_quarantine(rows: pd.DataFrame, path: Path) -> int:
    """Write the refused rows (QUARANTINE_COLUMNS) as a workbook to be corrected; return how many.

    Only its owner can read the file. A text longer than a cell is shown cut, and says so.
    """
    ordered = rows.sort_values(
        ["object", "table", "source_row", "record_key", "field", "code"], kind="stable"
    )
    columns = [SheetColumn(title, width) for title, (_, width) in READABLE.items()]
    columns += [
        SheetColumn(CORRECTED, 28, is_editable=True),
        SheetColumn(ACTION, 14, is_editable=True, choices=ACTIONS),
        SheetColumn(KEY, 10, is_hidden=True),
    ]
    note = (
        "Write into the coloured columns only; the sheet “How to” tells the rest."
        if len(rows)
        else "Nothing is refused: there is nothing to correct."
    )
    how_to = Sheet("How to", [SheetColumn("How to", 110)], [(line,) for line in _HOW_TO])
    write_workbook(path, [Sheet(REFUSED_SHEET, columns, _lines(ordered), note), how_to])
    return len(rows)


def key_text(key: RowKey) -> str:
    """The hidden key as one text with a check sum, so that a damaged one is noticed.

    >>> key_text(RowKey(7, "people", "", "too_long", "name", "ab12"))
    'fdf2f0bf [7,"people","","too_long","name","ab12"]'
    """
    content = json.dumps(list(key), separators=(",", ":"))
    return f"{_check_sum(content)} {content}"


def read_key(text: str) -> RowKey | None:
    """The key that a hidden text holds, or None where it is damaged.

    >>> read_key(key_text(RowKey(7, "people", "", "too_long", "name", "ab12"))).code
    'too_long'
    >>> read_key('fdf2f0bf [8,"people","","too_long","name","ab12"]') is None
    True
    """
    check, _, content = text.strip().partition(" ")
    return RowKey(*json.loads(content)) if check == _check_sum(content) else None


def row_keys(rows: pd.DataFrame) -> Iterator[RowKey]:
    """The key of each refused row."""
    texts = [_texts(rows[name]) for name in RowKey._fields[1:]]
    for record_id, *rest in zip(rows["record_id"], *texts, strict=True):
        yield RowKey(int(record_id), *rest)


def shown(value: str) -> str:
    """A value as the workbook shows it: whole, or cut where it would not fit a cell."""
    if len(value) <= MAX_CELL // 2:  # a character may take two of the units that Excel counts
        return value
    return value[: MAX_CELL // 2 - 60] + _CUT.format(f"{len(value):,}")


def _lines(rows: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    texts = [_texts(rows[name]) for name, _ in READABLE.values()]
    for key, *cells in zip(row_keys(rows), *texts, strict=True):
        yield (*map(shown, cells), "", "", key_text(key))


def _texts(values: pd.Series) -> list[str]:
    if pd.api.types.is_numeric_dtype(values):
        return ["" if pd.isna(value) else str(int(value)) for value in values]
    return values.astype("str").fillna("").tolist()


def _check_sum(content: str) -> str:
    return hashlib.sha256(content.encode("utf-8")).hexdigest()[:_CHECK_LENGTH]
