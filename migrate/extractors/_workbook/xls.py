"""What does an .xls (1997 to 2003) show beside the values: errors, formats, what is hidden?

The file is a small file system ("OLE compound file", [MS-CFB]) with one stream of records
("BIFF8", [MS-XLS]); only the few kinds of records that matter are looked at.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from migrate.extractors._workbook.marks import Cell, Marks
from migrate.extractors._workbook.xml_parts import digits_of

_FREE = 0xFFFFFFF0  # sector numbers from here on mean something else
_BOF, _EOF, _SHEET, _FORMAT, _XF, _DATE_1904 = 0x0809, 0x000A, 0x0085, 0x041E, 0x00E0, 0x0022
_ROW, _COLUMNS, _ERROR, _FORMULA, _NUMBER, _RK, _MANY_RK = (
    0x0208, 0x007D, 0x0205, 0x0006, 0x0203, 0x027E, 0x00BD,
)  # fmt: skip
_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!",
    0x2A: "#N/A",
}  # fmt: skip
XLS_ERRORS = (struct.error, IndexError, ValueError, KeyError, OverflowError, MemoryError)


@dataclass
class _Found:
    errors: dict[Cell, str] = field(default_factory=dict)
    zeros: dict[int, tuple[list[int], list[int]]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)


def marks_of_xls(data: bytes) -> tuple[Mapping[str, Marks], str]:
    """Give the marks by sheet, and the calendar of its days. Raises XLS_ERRORS where damaged."""
    stream = _stream(data)
    names: dict[int, str] = {}
    formats: dict[int, str] = {}
    styles: list[int] = []
    system = "1900"
    for kind, body, _ in _records(stream, 0):
        if kind == _SHEET:
            place, _, _, size, wide = struct.unpack_from("<IBBBB", body)
            raw = body[8 : 8 + size * (2 if wide & 1 else 1)]
            names[place] = raw.decode("utf-16-le" if wide & 1 else "latin-1")
        elif kind == _FORMAT:
            number, size, wide = struct.unpack_from("<HHB", body)
            raw = body[5 : 5 + size * (2 if wide & 1 else 1)]
            formats[number] = raw.decode("utf-16-le" if wide & 1 else "latin-1")
        elif kind == _XF:
            styles.append(struct.unpack_from("<H", body, 2)[0])
        elif kind == _DATE_1904 and struct.unpack_from("<H", body)[0]:
            system = "1904"
    zeros = {
        index: digits_of(formats.get(number, ""))
        for index, number in enumerate(styles)
        if digits_of(formats.get(number, ""))
    }
    return {name: _sheet(stream, place, zeros) for place, name in names.items()}, system


def _sheet(stream: bytes, place: int, zeros: Mapping[int, int]) -> Marks:
    found = _Found()
    for kind, body, _ in _records(stream, place):
        if kind == _ROW:
            row, flags = struct.unpack_from("<H", body)[0], struct.unpack_from("<H", body, 12)[0]
            if flags & 0x20:
                found.hidden_rows.add(row + 1)
        elif kind == _COLUMNS:
            first, last, _, _, flags = struct.unpack_from("<5H", body)
            if flags & 1:
                found.hidden_columns.update(range(first + 1, min(last, 255) + 2))
        elif kind in (_ERROR, _FORMULA, _NUMBER, _RK):
            row, column, style = struct.unpack_from("<3H", body)
            if kind == _ERROR and body[7] == 1:
                found.errors[row + 1, column + 1] = _ERRORS.get(body[6], "#N/A")
            elif kind == _FORMULA and body[12:14] == b"\xff\xff" and body[6] == 2:
                found.errors[row + 1, column + 1] = _ERRORS.get(body[8], "#N/A")
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


def _records(stream: bytes, place: int) -> Iterator[tuple[int, bytes, int]]:
    """Yield the records from a place on, up to the end of that part (charts inside are passed)."""
    depth = 0
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        elif depth == 1:
            yield kind, stream[place + 4 : place + 4 + size], place
        place += 4 + size


# -- the file system ----------------------------------------------------------------------------


def _stream(data: bytes) -> bytes:
    """Give the stream of the workbook."""
    if data[:2] == b"\x09\x08":  # records without a file system
        return data
    shift, small_shift = struct.unpack_from("<HH", data, 30)
    if not 7 <= shift <= 16 or not 4 <= small_shift <= shift:
        raise ValueError("no such sector size")
    size = 1 << shift
    directory, _, cutoff, small_table, _, more, _ = struct.unpack_from("<7I", data, 48)
    tables = list(struct.unpack_from("<109I", data, 76))
    seen: set[int] = set()
    while more < _FREE and more not in seen:  # the list of tables goes on in sectors of its own
        seen.add(more)
        part = struct.unpack_from(f"<{size // 4}I", data, (more + 1) * size)
        tables += part[:-1]
        more = part[-1]
    links: list[int] = []
    for sector in tables:
        if sector < _FREE and (sector + 2) * size <= len(data) + size:
            block = data[(sector + 1) * size : (sector + 2) * size].ljust(size, b"\xff")
            links += struct.unpack(f"<{size // 4}I", block)
    entries = _chain(data, links, directory, size)
    root = None
    for place in range(0, len(entries) - 127, 128):
        entry = entries[place : place + 128]
        name = entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode(
            "utf-16-le", "replace"
        )
        start, length = struct.unpack_from("<II", entry, 116)
        if entry[66] == 5:
            root = start
        if name in ("Workbook", "Book") and entry[66] == 2:
            if length >= cutoff or root is None:
                return _chain(data, links, start, size)[:length]
            table = _chain(data, links, small_table, size)
            small = list(struct.unpack(f"<{len(table) // 4}I", table))
            held = _chain(data, links, root, size)
            return _chain(held, small, start, 1 << small_shift, first=0)[:length]
    raise ValueError("no workbook in it")


def _chain(data: bytes, links: list[int], start: int, size: int, *, first: int = 1) -> bytes:
    """Join the sectors that follow each other; one that comes twice ends the chain."""
    parts: list[bytes] = []
    seen: set[int] = set()
    sector = start
    while sector < _FREE and sector not in seen:
        seen.add(sector)
        parts.append(data[(sector + first) * size : (sector + first + 1) * size])
        sector = links[sector] if sector < len(links) else _FREE
    return b"".join(parts)
