"""What does an .ods show beside the values: merges, errors, formats, comments, what is hidden?"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

import numpy as np

from migrate.extractors._workbook.grid import Merge
from migrate.extractors._workbook.marks import Cell, Marks
from migrate.extractors._workbook.xml_parts import XmlRefused

_CONCEALED = ("collapse", "filter")
_MOST_NAMED = 10_000  # repeated rows that are named one by one
_MOST_COLUMNS = 100
_MOST_CELLS = 60_000_000
_DURATION = re.compile(r"PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S")
_BRINGS_TEXT = ("p", "h")


@dataclass
class OdsSheet:
    """One sheet's marks, while it is read; ``extent`` is its last row and column with a value."""

    errors: dict[Cell, str] = field(default_factory=dict)
    durations: dict[Cell, str] = field(default_factory=dict)
    zeros: dict[int, tuple[list[int], list[int]]] = field(default_factory=dict)
    comments: dict[Cell, str] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merges: list[Merge] = field(default_factory=list)
    rows: int = 0
    columns: int = 0

    @property
    def is_too_large(self) -> bool:
        return self.rows * self.columns > _MOST_CELLS

    def marks(self) -> Marks:
        return Marks(
            errors=self.errors,
            durations=self.durations,
            zeros={
                column: (np.array(rows, np.int64), np.array(digits, np.int64))
                for column, (rows, digits) in self.zeros.items()
            },
            comments=self.comments,
            hidden_rows=frozenset(self.hidden_rows),
            hidden_columns=frozenset(self.hidden_columns),
        )


class _Reader:
    def __init__(self) -> None:
        self.sheets: dict[str, OdsSheet] = {}
        self._sheet: OdsSheet | None = None
        self._row = self._column = self._rows = self._columns = 0
        self._cell: dict[str, str] = {}
        self._texts: list[str] | None = None
        self._note: list[str] | None = None
        self._is_paragraph = False

    def start(self, tag: str, own: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "table" and tag.startswith("table:"):
            self._sheet = self.sheets.setdefault(own.get("table:name", ""), OdsSheet())
            self._row = self._rows = self._columns = 0
        elif self._sheet is not None:
            self._start_in_sheet(name, own, self._sheet)

    def _start_in_sheet(self, name: str, own: dict[str, str], sheet: OdsSheet) -> None:
        if name == "table-column":
            count = min(_count(own.get("table:number-columns-repeated")), 16_384)
            if own.get("table:visibility") in _CONCEALED:
                sheet.hidden_columns.update(range(self._columns + 1, self._columns + count + 1))
            self._columns += count
        elif name == "table-row":
            self._row += self._rows
            self._rows = _count(own.get("table:number-rows-repeated"))
            self._row += 1
            self._rows -= 1
            self._column = 0
            if own.get("table:visibility") in _CONCEALED:
                last = self._row + min(self._rows, _MOST_NAMED)
                sheet.hidden_rows.update(range(self._row, last + 1))
        elif name in ("table-cell", "covered-table-cell"):
            self._cell, self._texts = own, []
        elif name == "annotation":
            self._note = []
        elif name in _BRINGS_TEXT:
            self._is_paragraph = True
            target = self._note if self._note is not None else self._texts
            if target:
                target.append("\n")

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "table" and tag.startswith("table:"):
            self._sheet = None
        elif name in ("table-cell", "covered-table-cell") and self._sheet is not None:
            self._end_cell(self._sheet)
        elif name in _BRINGS_TEXT:
            self._is_paragraph = False
        elif name == "annotation" and self._note is not None and self._sheet is not None:
            text = "".join(self._note).strip()
            if text:
                self._sheet.comments[self._row, self._column + 1] = text
            self._note = None

    def _end_cell(self, sheet: OdsSheet) -> None:
        own, text = self._cell, "".join(self._texts or ())
        repeated = _count(own.get("table:number-columns-repeated"))
        row, column = self._row, self._column + 1
        down, across = (
            _count(own.get(f"table:number-{what}-spanned")) for what in ("rows", "columns")
        )
        if down > 1 or across > 1:
            sheet.merges.append(((row, column), (row + down - 1, column + across - 1)))
        kind = own.get("calcext:value-type") or own.get("office:value-type", "")
        if kind or text:
            sheet.rows = max(sheet.rows, row + self._rows)
            sheet.columns = max(sheet.columns, self._column + repeated)
        if kind == "error" or (own.get("table:formula") and text.startswith(("#", "Err:"))):
            sheet.errors[row, column] = text or "#N/A"
        elif kind == "time":
            found = _DURATION.fullmatch(own.get("office:time-value", ""))
            if found and int(found.group(1)) >= 24:
                hours, minutes, seconds = map(int, found.groups())
                sheet.durations[row, column] = f"{hours}:{minutes:02d}:{seconds:02d}"
        elif kind == "float" and text.isdecimal() and text.startswith("0") and len(text) > 1:
            for number in range(column, column + min(repeated, _MOST_COLUMNS)):
                for below in range(row, row + min(self._rows, _MOST_NAMED) + 1):
                    rows, sizes = sheet.zeros.setdefault(number, ([], []))
                    rows.append(below)
                    sizes.append(len(text))
        self._column += repeated
        self._texts = None

    def text(self, data: str) -> None:
        if self._note is not None:
            if self._is_paragraph:  # else its author or day
                self._note.append(data)
        elif self._texts is not None:
            self._texts.append(data)


def _count(text: str | None) -> int:
    return max(min(int(text), 1 << 21), 1) if text and text.isdecimal() else 1


def _refused(*_: object) -> None:
    raise XmlRefused("content.xml declares entities")


def ods_sheets(archive: zipfile.ZipFile) -> Mapping[str, OdsSheet]:
    """Read what calamine does not tell. Raises ExpatError, XmlRefused or the zip file's errors."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refused
    parser.EntityDeclHandler = _refused
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    with archive.open("content.xml") as stream:
        parser.ParseFile(stream)
    return reader.sheets
