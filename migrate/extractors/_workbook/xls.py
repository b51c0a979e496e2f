"""What does an .xls (1993 to 2003) show beside the values: errors, formats, what is hidden?

Only the few kinds of records ([MS-XLS]) that matter are looked at.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from migrate.extractors._workbook.biff import FORMULA, OLD_FORMULAS, globals_of, records
from migrate.extractors._workbook.marks import Cell, Marks
from migrate.extractors._workbook.ole import workbook_stream
from migrate.extractors._workbook.xml_parts import digits_of

_ROW, _COLUMNS, _ERROR, _NUMBER, _RK, _MANY_RK = 0x0208, 0x007D, 0x0205, 0x0203, 0x027E, 0x00BD
_FORMULAS = (FORMULA, *OLD_FORMULAS)
ERROR_TEXTS: Mapping[int, str] = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!",
    0x2A: "#N/A",
}  # fmt: skip


@dataclass
class _Found:
    errors: dict[Cell, str] = field(default_factory=dict)
    zeros: dict[int, tuple[list[int], list[int]]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)


def marks_of_xls(data: bytes) -> tuple[Sequence[Marks], str]:
    """Give the marks of each sheet in order, and the calendar of the workbook's days.

    Raises XLS_ERRORS where the file is damaged.
    """
    stream = workbook_stream(data).data
    said = globals_of(stream)
    zeros = {
        index: digits_of(said.formats.get(number, ""))
        for index, (number, _) in enumerate(said.styles)
        if digits_of(said.formats.get(number, ""))
    }
    return [_sheet(stream, place, zeros) for _, place in said.sheets], said.date_system


def _sheet(stream: bytes, place: int, zeros: Mapping[int, int]) -> Marks:
    found = _Found()
    for kind, body, _ in records(stream, place):
        if kind == _ROW:
            row, flags = struct.unpack_from("<H", body)[0], struct.unpack_from("<H", body, 12)[0]
            if flags & 0x20:
                found.hidden_rows.add(row + 1)
        elif kind == _COLUMNS:
            first, last, _, _, flags = struct.unpack_from("<5H", body)
            if flags & 1:
                found.hidden_columns.update(range(first + 1, min(last, 255) + 2))
        elif kind in (_ERROR, _NUMBER, _RK, *_FORMULAS):
            row, column, style = struct.unpack_from("<3H", body)
            if kind == _ERROR and body[7] == 1:
                found.errors[row + 1, column + 1] = ERROR_TEXTS.get(body[6], "#N/A")
            elif kind in _FORMULAS and body[12:14] == b"\xff\xff" and body[6] == 2:
                found.errors[row + 1, column + 1] = ERROR_TEXTS.get(body[8], "#N/A")
            _note_zeros(found, row, column, zeros.get(style, 0))
        elif kind == _MANY_RK:
            row, first = struct.unpack_from("<2H", body)
            for number in range((len(body) - 6) // 6):
                style = struct.unpack_from("<H", body, 4 + number * 6)[0]
                _note_zeros(found, row, first + number, zeros.get(style, 0))
    return Marks(
        errors=found.errors,
        zeros={
            column: (np.array(rows, np.int64), np.array(digits, np.int64))
            for column, (rows, digits) in found.zeros.items()
        },
        hidden_rows=frozenset(found.hidden_rows),
        hidden_columns=frozenset(found.hidden_columns),
    )


def _note_zeros(found: _Found, row: int, column: int, digits: int) -> None:
    if digits:
        rows, sizes = found.zeros.setdefault(column + 1, ([], []))
        rows.append(row + 1)
        sizes.append(digits)
