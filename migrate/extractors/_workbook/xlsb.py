"""What does an .xlsb show beside the values: errors, formats, what is hidden?

Its parts are records ([MS-XLSB]): a number, a length, a body. Only a few kinds matter.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from migrate.extractors._workbook.marks import Cell, Marks
from migrate.extractors._workbook.xls import ERROR_TEXTS
from migrate.extractors._workbook.xml_parts import digits_of, relations

XLSB_ERRORS = (struct.error, IndexError, ValueError, KeyError, OverflowError)
_BOOK = "xl/workbook.bin"
_ROW, _REAL, _RK, _ERROR = 0, 5, 2, 3
_FORMULA_NUMBER, _FORMULA_ERROR = 9, 11
_FORMAT, _STYLE, _COLUMNS, _BOOK_FLAGS, _SHEET = 44, 47, 60, 153, 156
_CELL_STYLES_BEGIN, _CELL_STYLES_END = 617, 618
_NUMBERS = (_RK, _REAL, _FORMULA_NUMBER)
_LAST_COLUMN = 16_384


@dataclass
class _Found:
    errors: dict[Cell, str] = field(default_factory=dict)
    zeros: dict[int, tuple[list[int], list[int]]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)


def marks_of_xlsb(archive: zipfile.ZipFile) -> tuple[Mapping[str, Marks], str]:
    """Give the marks by sheet, and the calendar of the workbook's days.

    Raises XLSB_ERRORS, or those of zip files and XML, where the file is damaged.
    """
    related = relations(archive, _BOOK)
    folder = posixpath.dirname(_BOOK)
    parts: dict[str, str] = {}
    system = "1900"
    for kind, body in _records(archive.read(_BOOK)):
        if kind == _BOOK_FLAGS and body[0] & 1:
            system = "1904"
        elif kind == _SHEET:
            link, at = _text(body, 8)
            name, _ = _text(body, at)
            target = related.get(link, ("", ""))[1]
            if target:
                parts[name] = posixpath.normpath(posixpath.join(folder, target)).lstrip("/")
    styles = [goal for kind, goal in related.values() if kind == "styles"]
    zeros = _zeros(archive.read(posixpath.join(folder, styles[0]))) if styles else {}
    return {name: _sheet(archive.read(part), zeros) for name, part in parts.items()}, system


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at, end = 0, len(data)
    while at < end:
        kind = data[at]
        at += 1
        if kind & 0x80:
            kind = kind & 0x7F | (data[at] & 0x7F) << 7
            at += 1
        size = shift = 0
        while True:
            byte = data[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift == 28:
                break
        yield kind, data[at : at + size]
        at += size


def _text(body: bytes, at: int) -> tuple[str, int]:
    """The text at a place, and where it ends."""
    end = at + 4 + 2 * struct.unpack_from("<I", body, at)[0]
    return body[at + 4 : end].decode("utf-16-le", "replace"), end


def _zeros(styles: bytes) -> dict[int, int]:
    """How many digits the cell styles (by their index) show at least."""
    formats: dict[int, str] = {}
    numbers: list[int] = []
    is_inside = False
    for kind, body in _records(styles):
        if kind == _FORMAT:
            formats[struct.unpack_from("<H", body)[0]] = _text(body, 2)[0]
        elif kind in (_CELL_STYLES_BEGIN, _CELL_STYLES_END):
            is_inside = kind == _CELL_STYLES_BEGIN
        elif kind == _STYLE and is_inside:
            numbers.append(struct.unpack_from("<H", body, 2)[0])
    digits = {number: digits_of(shown) for number, shown in formats.items()}
    return {index: digits[n] for index, n in enumerate(numbers) if digits.get(n)}


def _sheet(data: bytes, zeros: Mapping[int, int]) -> Marks:
    found = _Found()
    row = 0
    for kind, body in _records(data):
        if kind == _ROW:
            row = struct.unpack_from("<I", body)[0] + 1
            if body[11] & 0x10:
                found.hidden_rows.add(row)
        elif kind in (_ERROR, _FORMULA_ERROR):
            column = struct.unpack_from("<I", body)[0] + 1
            found.errors[row, column] = ERROR_TEXTS.get(body[8], "#N/A")
        elif zeros and kind in _NUMBERS:
            column = struct.unpack_from("<I", body)[0] + 1
            digits = zeros.get(int.from_bytes(body[4:7], "little"))
            if digits:
                rows, sizes = found.zeros.setdefault(column, ([], []))
                rows.append(row)
                sizes.append(digits)
        elif kind == _COLUMNS:
            first, last = struct.unpack_from("<II", body)
            if struct.unpack_from("<H", body, 16)[0] & 1:
                found.hidden_columns.update(range(first + 1, min(last + 1, _LAST_COLUMN) + 1))
    return Marks(
        errors=found.errors,
        zeros={
            column: (np.array(rows, np.int64), np.array(digits, np.int64))
            for column, (rows, digits) in found.zeros.items()
        },
        hidden_rows=frozenset(found.hidden_rows),
        hidden_columns=frozenset(found.hidden_columns),
    )
