"""How is an Access database written? For tests: small files that mdbtools must read.

    write_jet(tmp_path / "old.mdb", [
        JetTable("Klienti", ["ID long", "Meno text(50)", "Pozn memo"],
                 [[1, "Žilina", None]], key=["ID"]),
    ], version=4)

``version`` 3 is Access 97 (text in a code page), 4 is Access 2000 to 2003, 5 is an .accdb. Tables and
relationships are written so that a reader finds them; there are no index pages, so Access itself
would not open the file. A value may be bytes where the field is text or memo: that is how odd
content is made. Pages and rows as mdbtools' HACKING.md describes them.
"""

from __future__ import annotations

import re
import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from migrate.extractors._access.schema import HEAD_KEY, rc4

_TYPES = {
    "bool": 1, "byte": 2, "int": 3, "long": 4, "currency": 5, "single": 6, "double": 7,
    "datetime": 8, "binary": 9, "text": 10, "ole": 11, "memo": 12, "guid": 15, "numeric": 16,
    "complex": 18,
}  # fmt: skip
_FIXED = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 4, 7: 8, 8: 8, 15: 16, 16: 17, 18: 4}
_DAY_ZERO = datetime(1899, 12, 30)
_INLINE, _ONE_PAGE = 0x8000_0000, 0x4000_0000
_SYSTEM = -(1 << 31)


@dataclass(frozen=True)
class JetTable:
    """A table: "NAME type" or "NAME text(50)" for each column, its rows, its primary key."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]] = ()
    key: Sequence[str] = ()
    said_rows: int | None = None
    flags: int = 0


@dataclass(frozen=True)
class Relationship:
    """``columns`` of ``table`` refer to ``target_columns`` of ``target``."""

    table: str
    columns: Sequence[str]
    target: str
    target_columns: Sequence[str]


@dataclass
class _Layout:
    """What differs between the versions."""

    version: int
    encoding: str
    page_size: int = field(init=False)
    is_3: bool = field(init=False)

    def __post_init__(self) -> None:
        self.is_3 = self.version == 3
        self.page_size = 2048 if self.is_3 else 4096

    def text(self, value: str | bytes) -> bytes:
        if isinstance(value, bytes):
            return value
        return value.encode(self.encoding if self.is_3 else "utf-16-le")

    def name(self, value: str) -> bytes:
        raw = self.text(value)
        return struct.pack("<B" if self.is_3 else "<H", len(raw)) + raw


@dataclass(frozen=True)
class _Column:
    name: str
    type: int
    size: int


def _column(text: str) -> _Column:
    found = re.fullmatch(r"(.+) (\w+)(?:\((\d+)\))?", text)
    assert found, text
    kind = _TYPES[found[2]]
    return _Column(found[1], kind, _FIXED.get(kind, int(found[3] or 50) if kind in (9, 10) else 0))


def write_jet(
    path: Path,
    tables: Sequence[JetTable],
    *,
    version: int = 4,
    encoding: str = "cp1252",
    relationships: Sequence[Relationship] = (),
    linked: Sequence[tuple[str, str]] = (),
) -> Path:
    """Write a database; give its path. ``encoding`` is that of the texts of Access 97; ``linked``
    are (name, database elsewhere) of tables that are not in the file."""
    layout = _Layout(version, encoding)
    pages = _Pages(layout)
    catalogue: list[list[Any]] = []
    listed = [*tables, _relationships(relationships)]
    for table in listed:
        number = pages.table(table)
        flags = _SYSTEM if table.name.startswith("MSys") else table.flags
        catalogue.append([number, 0x0F000001, table.name, 1, flags, None, None, None, None])
    for number, (name, elsewhere) in enumerate(linked, start=1):
        catalogue.append(
            [0x10000000 + number, 0x0F000001, name, 6, 0x200000, None, elsewhere, None, name]
        )
    catalogue.insert(0, [2, 0x0F000001, "MSysObjects", 1, _SYSTEM, None, None, None, None])
    pages.table(
        JetTable(
            "MSysObjects",
            ["Id long", "ParentId long", "Name text(255)", "Type int", "Flags long", "LvProp ole",
             "Database memo", "Connect memo", "ForeignName text(255)"],
            catalogue,
        ),
        number=2,
    )  # fmt: skip
    path.write_bytes(pages.content())
    return path


def _relationships(relationships: Sequence[Relationship]) -> JetTable:
    rows = [
        [len(one.columns), 0, position, column, one.table, target, one.target, f"rel{number}"]
        for number, one in enumerate(relationships)
        for position, (column, target) in enumerate(
            zip(one.columns, one.target_columns, strict=True)
        )
    ]
    return JetTable(
        "MSysRelationships",
        ["ccolumn long", "grbit long", "icolumn long", "szColumn text(255)", "szObject text(255)",
         "szReferencedColumn text(255)", "szReferencedObject text(255)",
         "szRelationship text(255)"],
        rows,
    )  # fmt: skip


class _Pages:
    """The pages of a database while it is being made."""

    def __init__(self, layout: _Layout) -> None:
        self.layout = layout
        self.pages: list[bytes] = [b"", b"", b""]  # head, usage maps, MSysObjects
        self.maps: list[bytes] = [bytes(69)]

    def add(self, page: bytes) -> int:
        self.pages.append(page)
        return len(self.pages) - 1

    def table(self, table: JetTable, number: int | None = None) -> int:
        columns = [_column(text) for text in table.columns]
        if number is None:
            number = self.add(b"")
        rows = [self.row(columns, row) for row in table.rows]
        owned = [self.add(self.data_page(batch, number)) for batch in self.fitting(rows)]
        self.maps += [self.usage_map(owned), self.usage_map([])]
        map_row = len(self.maps) - 2
        self.pages[number] = self.definition(table, columns, map_row)
        return number

    def fitting(self, rows: list[bytes]) -> list[list[bytes]]:
        batches: list[list[bytes]] = []
        room = 0
        for row in rows:
            if not batches or room < len(row) + 2:
                batches.append([])
                room = self.layout.page_size - 16
            batches[-1].append(row)
            room -= len(row) + 2
        return batches

    def data_page(self, rows: list[bytes], owner: int | bytes) -> bytes:
        size = self.layout.page_size
        page = bytearray(size)
        tdef = owner if isinstance(owner, bytes) else struct.pack("<I", owner)
        head = struct.pack("<BBH4s", 1, 1, 0, tdef) + (b"" if self.layout.is_3 else bytes(4))
        at, offsets = size, b""
        for row in rows:
            at -= len(row)
            page[at : at + len(row)] = row
            offsets += struct.pack("<H", at)
        head += struct.pack("<H", len(rows)) + offsets
        assert len(head) <= at, "a row is too long for its page"
        page[: len(head)] = head
        return bytes(page)

    def usage_map(self, owned: list[int]) -> bytes:
        bits = bytearray(128 if self.layout.is_3 else 64)
        for number in owned:
            bits[number // 8] |= 1 << number % 8
        return struct.pack("<BI", 0, 0) + bytes(bits)

    def definition(self, table: JetTable, columns: list[_Column], map_row: int) -> bytes:
        layout = self.layout
        said = len(table.rows) if table.said_rows is None else table.said_rows
        varying = [c for c in columns if c.type not in _FIXED]
        indexes = 1 if table.key else 0
        # Two maps of usage: the row within page 1 in the low byte, the page above it.
        used, free = map_row | 1 << 8, (map_row + 1) | 1 << 8
        counts = struct.pack("<BHHHII", 0x4E, len(columns), len(varying), len(columns), indexes,
                             indexes)  # fmt: skip
        body = struct.pack("<I", said) + bytes(4)
        body = body if layout.is_3 else bytes(4) + body + bytes(16)
        body += counts + struct.pack("<II", used, free)
        body += bytes(8 if layout.is_3 else 12) * indexes
        fixed_at = 0
        for number, column in enumerate(columns):
            place = varying.index(column) if column in varying else 0
            flags = 0x07 if column.type == 18 else 0x02 | (column.type in _FIXED)
            if layout.is_3:
                body += struct.pack("<BHHHHHHBHH", column.type, number, place, number, 0x409, 0x4E4,
                                    0, flags, fixed_at, column.size)  # fmt: skip
            else:
                size = column.size * 2 if column.type == 10 else column.size
                misc = 0x020A if column.type == 16 else 0x409
                body += struct.pack("<BIHHHHHBBIHH", column.type, 0, number, place, number, misc, 0,
                                    flags, 0, 0, fixed_at, size)  # fmt: skip
            if column.type in _FIXED and column.type != 1:
                fixed_at += column.size
        body += b"".join(layout.name(column.name) for column in columns)
        if table.key:
            body += self.index(table, columns)
        body += b"\xff\xff"
        head = struct.pack("<BBHI", 2, 1, 0x4356, 0) + struct.pack("<I", len(body) + 12)
        page = head + body
        assert len(page) <= layout.page_size, "a definition is too long for its page"
        return page.ljust(layout.page_size, b"\0")

    def index(self, table: JetTable, columns: list[_Column]) -> bytes:
        names = [column.name for column in columns]
        parts = [(names.index(name), 1) for name in table.key]
        parts += [(0xFFFF, 0)] * (10 - len(parts))
        packed = b"".join(struct.pack("<HB", *part) for part in parts)
        if self.layout.is_3:
            real = packed + struct.pack("<IIB", 0, 0, 0x09)
            logical = struct.pack("<IIBiIBBB", 0, 0, 0, -1, 0, 0, 0, 1)
        else:
            real = bytes(4) + packed + struct.pack("<IIB", 0, 0, 0x09) + bytes(9)
            logical = bytes(4) + struct.pack("<IIBiIBBB", 0, 0, 0, -1, 0, 0, 0, 1) + bytes(4)
        return real + logical + self.layout.name("PrimaryKey")

    def row(self, columns: list[_Column], values: Sequence[Any]) -> bytes:
        layout = self.layout
        fixed, varying, mask = b"", [], 0
        for number, (column, value) in enumerate(zip(columns, values, strict=True)):
            is_set = bool(value) if column.type == 1 else value is not None
            mask |= is_set << number
            if column.type == 1:
                continue
            if column.type in _FIXED:
                fixed += _packed(column, value)
            else:
                varying.append(b"" if value is None else self.varying(column, value))
        flags = mask.to_bytes((len(columns) + 7) // 8, "little")
        wide = "<B" if layout.is_3 else "<H"
        row = struct.pack(wide, len(columns)) + fixed
        if not varying:
            return row + flags
        ends = [len(row)]
        for value in varying:
            row += value
            ends.append(len(row))
        row += b"".join(struct.pack(wide, end) for end in reversed(ends))
        assert not layout.is_3 or len(row) < 250, "rows of Access 97 are kept short here"
        return row + struct.pack(wide, len(varying)) + flags

    def varying(self, column: _Column, value: Any) -> bytes:
        raw = value if column.type in (9, 11) else self.layout.text(value)
        if column.type in (9, 10):
            return bytes(raw)
        if len(raw) <= 64:
            return struct.pack("<III", len(raw) | _INLINE, 0, 0) + raw
        room = self.layout.page_size - 32
        if len(raw) <= room:
            page = self.add(self.data_page([raw], b"LVAL"))
            return struct.pack("<III", len(raw) | _ONE_PAGE, page << 8, 0)
        follower = 0
        chunks = [raw[at : at + room] for at in range(0, len(raw), room)]
        for chunk in reversed(chunks):
            page = self.add(self.data_page([struct.pack("<I", follower) + chunk], b"LVAL"))
            follower = page << 8
        return struct.pack("<III", len(raw), follower, 0)

    def content(self) -> bytes:
        self.pages[0] = self.head()
        size = self.layout.page_size
        self.pages[1] = self.data_page(self.maps, 0)
        assert len(self.pages) <= 512, "the usage maps here know 512 pages"
        return b"".join(page.ljust(size, b"\0") for page in self.pages)

    def head(self) -> bytes:
        is_accdb = self.layout.version >= 5
        title = b"Standard ACE DB\0" if is_accdb else b"Standard Jet DB\0"
        page = bytearray(self.layout.page_size)
        page[:20] = b"\0\1\0\0" + title
        page[20] = {3: 0, 4: 1, 5: 2}[self.layout.version]
        plain = bytearray(126 if self.layout.is_3 else 128)
        code_page = int(self.layout.encoding[2:]) if self.layout.encoding.startswith("cp") else 1252
        struct.pack_into("<H", plain, 0x3C - 0x18, code_page)
        page[0x18 : 0x18 + len(plain)] = rc4(HEAD_KEY, bytes(plain))
        return bytes(page)


def _packed(column: _Column, value: Any) -> bytes:
    if value is None:
        return bytes(column.size)
    if isinstance(value, bytes):
        return value
    if column.type == 5:
        return struct.pack("<q", int(Decimal(str(value)) * 10_000))
    if column.type == 8:
        days = value if isinstance(value, float) else (value - _DAY_ZERO).total_seconds() / 86400
        return struct.pack("<d", days)
    if column.type == 15:
        return uuid.UUID(value).bytes_le
    if column.type == 16:
        number = int(Decimal(str(value)) * 100)
        groups = abs(number).to_bytes(16, "big")
        words = b"".join(groups[at : at + 4][::-1] for at in range(0, 16, 4))
        return bytes([0x80 if number < 0 else 0]) + words
    return struct.pack({2: "<B", 3: "<h", 4: "<i", 6: "<f", 7: "<d", 18: "<i"}[column.type], value)
