"""Workbooks in binary formats for the tests, made record by record or changed after they were."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from migrate.extractors._workbook.ole import workbook_stream

_RELATED = (
    '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns='
    '"http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def records_of(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The records of an .xls: number, place in its stream, length."""
    stream = workbook_stream(data).data
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, at, size
        at += 4 + size


def with_numbers(path: Path, changes: Sequence[tuple[int, int]]) -> None:
    """Write numbers of two bytes at places of the workbook's stream."""
    data = bytearray(path.read_bytes())
    stream = workbook_stream(bytes(data))
    for at, number in changes:
        for offset, byte in enumerate(struct.pack("<H", number)):
            data[stream.place(at + offset)] = byte
    path.write_bytes(data)


def record8(kind: int, body: bytes = b"") -> bytes:
    """A record of an .xls."""
    return struct.pack("<HH", kind, len(body)) + body


def _packed(kind: int, body: bytes = b"") -> bytes:
    number = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return number + bytes([len(body)]) + body


def _text(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb_row(number: int, *cells: tuple[int, bytes], is_hidden: bool = False) -> bytes:
    """A row of an .xlsb, counted from 0, with cells made by the functions below."""
    head = struct.pack("<IIHBBB", number, 0, 300, 0, 0x10 if is_hidden else 0, 0) + bytes(4)
    return _packed(0, head) + b"".join(_packed(kind, body) for kind, body in cells)


def xlsb_text(column: int, text: str) -> tuple[int, bytes]:
    return 6, struct.pack("<II", column, 0) + _text(text)


def xlsb_number(column: int, number: float, style: int = 0) -> tuple[int, bytes]:
    return 5, struct.pack("<IId", column, style, number)


def xlsb_error(column: int, code: int) -> tuple[int, bytes]:
    return 3, struct.pack("<IIB", column, 0, code)


def write_xlsb(path: Path, rows: bytes, *, hidden_column: int, shown: str) -> None:
    """Write an .xlsb of one sheet "Data"; ``shown`` is the number format of style 1."""
    column = struct.pack("<IIIIH", hidden_column, hidden_column, 2560, 0, 1)
    sheet = b"".join((
        _packed(129), _packed(148, struct.pack("<4I", 0, 9, 0, 9)), _packed(390), _packed(60, column),
        _packed(391), _packed(145), rows, _packed(146), _packed(130),
    ))  # fmt: skip
    book = b"".join((
        _packed(131), _packed(153, struct.pack("<III", 0, 0, 0)), _packed(143),
        _packed(156, struct.pack("<II", 0, 1) + _text("rId1") + _text("Data")), _packed(144),
        _packed(132),
    ))  # fmt: skip
    styles = b"".join((
        _packed(278), _packed(615, struct.pack("<I", 1)),
        _packed(44, struct.pack("<H", 164) + _text(shown)), _packed(616),
        _packed(617, struct.pack("<I", 2)), _packed(47, struct.pack("<HH", 0, 0) + bytes(12)),
        _packed(47, struct.pack("<HH", 0, 164) + bytes(12)), _packed(618), _packed(279),
    ))  # fmt: skip
    link = '<Relationship Id="rId%d" Type="' + _OFFICE + '/%s" Target="%s"/>'
    links = link % (1, "worksheet", "worksheets/sheet1.bin") + link % (2, "styles", "styles.bin")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "_rels/.rels", _RELATED % (link % (1, "officeDocument", "xl/workbook.bin"))
        )
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/_rels/workbook.bin.rels", _RELATED % links)
        archive.writestr("xl/styles.bin", styles)
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
