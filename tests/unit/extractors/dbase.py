"""How is a dBase or FoxPro file written? For tests: the files that our reader must read.

    write_dbase(
        tmp_path / "CONTACT1.DBF",
        ["ACCOUNTNO C(20)", "COMPANY C(40)", "NOTES M"],
        [["A0001", "Žilina s.r.o.", "first note"], ["A0002", "Kováč", None]],
        version=0xF5, encoding="cp1250", deleted=[1],
    )

``version`` decides the layout (III 0x03/0x83, IV 0x8B, V 0x05, FoxPro 2 0xF5, Visual FoxPro
0x30-0x32, dBase II 0x02, dBase 7 0x8C) and with it the kind of memo file, which is written beside
the table when a field needs it. Bytes as a value are written as they are: that is how damage is
made. Text is encoded in ``encoding``, and the language byte follows from it unless it is given.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

LANGUAGES = {
    "cp437": 0x01, "cp850": 0x02, "cp1252": 0x03, "cp852": 0x64, "cp866": 0x65, "cp865": 0x66,
    "cp861": 0x67, "kamenicky": 0x68, "mazovia": 0x69, "cp737": 0x6A, "cp857": 0x6B,
    "cp950": 0x78, "cp949": 0x79, "cp936": 0x7A, "cp932": 0x7B, "cp874": 0x7C, "cp1255": 0x7D,
    "cp1256": 0x7E, "cp1250": 0xC8, "cp1251": 0xC9, "cp1254": 0xCA, "cp1253": 0xCB,
    "cp1257": 0xCC,
}  # fmt: skip
VISUAL_FOXPRO = (0x30, 0x31, 0x32)
_WIDTHS = {"D": 8, "L": 1, "T": 8, "Y": 8, "I": 4, "@": 8, "O": 8, "+": 4}
_DAY_ZERO = 1721425  # a Julian day number is this more than a day's ordinal


@dataclass(frozen=True)
class Field:
    """A field of a table. ``name`` may be bytes (in the file's own encoding)."""

    name: str | bytes
    type: str = "C"
    size: int = 10
    decimals: int = 0
    is_nullable: bool = False
    is_binary: bool = False
    flags: int = 0


def field(text: str | Field | Sequence[Any], version: int = 0x03) -> Field:
    """Read "NAME C(20)", "AMOUNT N(10,2)", "BORN D", "CODE C(5) null", or take a Field."""
    if isinstance(text, Field):
        return text
    if not isinstance(text, str):
        return Field(*text)
    found = re.fullmatch(r"(\S+) (\S)(?:\((\d+)(?:,(\d+))?\))?( null)?( binary)?", text)
    if not found:
        raise ValueError(f"not a field: {text}")
    name, kind, size, decimals, null, binary = found.groups()
    is_vfp = version in VISUAL_FOXPRO
    widths = {**_WIDTHS, **dict.fromkeys("MGPW", 4 if is_vfp else 10), "B": 8 if is_vfp else 10}
    return Field(
        name, kind, int(size or widths.get(kind, 10)), int(decimals or 0), bool(null), bool(binary)
    )


def write_dbase(
    path: Path,
    fields: Iterable[str | Field | Sequence[Any]],
    rows: Iterable[Sequence[Any] | Mapping[str, Any]],
    *,
    version: int = 0x03,
    encoding: str = "cp1252",
    language: int | None = None,
    deleted: Iterable[int] = (),
    memo: str | None = None,
    block_size: int | None = None,
    said_rows: int | None = None,
    has_end_mark: bool = True,
    updated: date = date(2019, 3, 1),
) -> Path:
    """Write a table, and its memo file when a field needs one; give the table's path.

    ``deleted`` are rows counted from 0. ``memo`` is the memo file's name ("" writes none, None the
    usual one beside the table). ``block_size`` is what the memo file's head says. ``said_rows`` is
    the count in the table's head where it should be wrong.
    """
    described = [field(one, version) for one in fields]
    is_vfp = version in VISUAL_FOXPRO
    flag_bits = _flag_bits(described) if is_vfp else []
    if flag_bits:
        described.append(Field("_NullFlags", "0", math.ceil(len(flag_bits) / 8), flags=0x01))
    memos = _Memos(version, block_size)
    gone = set(deleted)
    body = bytearray()
    total = 0
    for number, row in enumerate(rows):
        values = [row.get(_text(f.name)) for f in described] if isinstance(row, Mapping) else row
        record = _record(described, values, version, encoding, memos, flag_bits)
        body += (b"*" if number in gone else b" ") + record
        total = number + 1
    said = total if said_rows is None else said_rows
    byte = LANGUAGES.get(encoding, 0) if language is None else language
    size = 1 + sum(f.size for f in described)
    if version == 0x02:
        head = _head_2(described, said, size, encoding, updated)
    elif version in (0x04, 0x8C):
        head = _head_7(described, said, size, version, byte, encoding, updated)
    else:
        has_memo = is_vfp and any(f.type in "MGPW" for f in described)
        head = _head(described, said, size, version, byte, encoding, updated, has_memo)
    path.write_bytes(head + body + (b"\x1a" if has_end_mark else b""))
    if memos.is_needed and memo != "":
        path.with_name(memo or path.stem + _memo_suffix(path, version)).write_bytes(memos.content())
    return path


def _memo_suffix(path: Path, version: int) -> str:
    suffix = ".fpt" if version in (*VISUAL_FOXPRO, 0xF5, 0xFB) else ".dbt"
    return suffix.upper() if path.suffix.isupper() else suffix


def _text(name: str | bytes) -> str:
    return name.decode("latin-1") if isinstance(name, bytes) else name


def encoded(text: str, encoding: str) -> bytes:
    """Encode; the two code pages that Python does not know come from our reader's own tables."""
    if encoding in ("kamenicky", "mazovia"):
        from migrate.extractors._code_pages import encode_page

        return encode_page(text, encoding)
    return text.encode(encoding)


# -- heads ------------------------------------------------------------------------------------


def _head(
    fields: list[Field],
    rows: int,
    size: int,
    version: int,
    language: int,
    encoding: str,
    updated: date,
    has_memo: bool,
) -> bytes:
    is_vfp = version in VISUAL_FOXPRO
    length = 32 + 32 * len(fields) + 1 + (263 if is_vfp else 0)
    head = bytearray(
        struct.pack(
            "<4BIHH20x", version, updated.year % 100, updated.month, updated.day, rows, length, size
        )
    )
    head[28] = 0x02 if has_memo else 0
    head[29] = language
    offset = 1
    for f in fields:
        flags = f.flags | (0x02 if f.is_nullable else 0) | (0x04 if f.is_binary else 0)
        width, decimals = f.size, f.decimals
        if f.type == "C" and width > 255:
            width, decimals = width % 256, width // 256
        head += struct.pack(
            "<11sc I BBB 13x".replace(" ", ""),
            _name(f.name, encoding, 10), f.type.encode(), offset if is_vfp else 0,
            width, decimals, flags if is_vfp else 0,
        )  # fmt: skip
        offset += f.size
    return bytes(head) + b"\r" + (bytes(263) if is_vfp else b"")


def _head_2(fields: list[Field], rows: int, size: int, encoding: str, updated: date) -> bytes:
    head = struct.pack("<BHBBBH", 2, rows, updated.month, updated.day, updated.year % 100, size)
    for f in fields:
        head += struct.pack("<11scBHB", _name(f.name, encoding, 10), f.type.encode(), f.size, 0,
                            f.decimals)  # fmt: skip
    return (head + b"\r").ljust(521, b"\0")


def _head_7(
    fields: list[Field],
    rows: int,
    size: int,
    version: int,
    language: int,
    encoding: str,
    updated: date,
) -> bytes:
    length = 68 + 48 * len(fields) + 1
    head = bytearray(
        struct.pack(
            "<4BIHH20x36x", version, updated.year - 1900, updated.month, updated.day, rows, length,
            size,
        )
    )  # fmt: skip
    head[29] = language
    for f in fields:
        head += struct.pack("<32scBB13x", _name(f.name, encoding, 31), f.type.encode(), f.size,
                            f.decimals)  # fmt: skip
    return bytes(head) + b"\r"


def _name(name: str | bytes, encoding: str, most: int) -> bytes:
    raw = name if isinstance(name, bytes) else encoded(name, encoding)
    return raw if isinstance(name, bytes) else raw[:most]


# -- records ----------------------------------------------------------------------------------


def _flag_bits(fields: list[Field]) -> list[tuple[int, str]]:
    bits: list[tuple[int, str]] = []
    for index, f in enumerate(fields):
        if f.type in "VQ":
            bits.append((index, "length"))
        if f.is_nullable:
            bits.append((index, "null"))
    return bits


def _record(
    fields: list[Field],
    values: Sequence[Any],
    version: int,
    encoding: str,
    memos: _Memos,
    bits: list[tuple[int, str]],
) -> bytes:
    record = bytearray()
    lengths: dict[int, bool] = {}
    for index, (f, value) in enumerate(zip(fields, values, strict=False)):
        if isinstance(value, bytes) and f.type not in "MGPWBQ":
            slot = value.ljust(f.size, b" ")
        else:
            slot = _slot(f, value, version, encoding, memos)
        if f.type in "VQ":
            lengths[index] = len(slot) < f.size
            if len(slot) < f.size:
                slot = slot.ljust(f.size - 1, b"\0") + bytes([len(slot)])
        if len(slot) != f.size:
            raise ValueError(f"{f}: {len(slot)} bytes")
        record += slot
    if bits:
        flags = 0
        for position, (index, kind) in enumerate(bits):
            is_set = lengths[index] if kind == "length" else values[index] is None
            flags |= is_set << position
        record += flags.to_bytes(fields[-1].size, "little")
    return bytes(record)


def _slot(f: Field, value: Any, version: int, encoding: str, memos: _Memos) -> bytes:
    is_vfp = version in VISUAL_FOXPRO
    if f.type in "MGPW" or (f.type == "B" and not is_vfp):
        return _pointer(f, value, encoding, memos)
    if f.type in "VQ":
        raw = value if isinstance(value, bytes) else encoded(value or "", encoding)
        return raw[: f.size]
    if f.type in "IBYT@O+":
        return _binary(f, value, is_vfp)
    if value is None:
        return b" " * f.size
    if f.type in "NF":
        text = value if isinstance(value, str) else f"{Decimal(str(value)):.{f.decimals}f}"
        return text.encode().rjust(f.size) if len(text) <= f.size else b"*" * f.size
    if f.type == "D":
        return f"{value.year:04d}{value.month:02d}{value.day:02d}".encode()
    if f.type == "L":
        return b"T" if value is True else b"F" if value is False else str(value).encode()
    return encoded(str(value), encoding)[: f.size].ljust(f.size)


def _pointer(f: Field, value: Any, encoding: str, memos: _Memos) -> bytes:
    if isinstance(value, int):  # a pointer as it is: broken ones too
        block = value
    elif value is None or value in ("", b""):
        return bytes(4) if f.size == 4 else b" " * f.size
    else:
        block = memos.add(value if isinstance(value, bytes) else encoded(value, encoding))
    return struct.pack("<I", block) if f.size == 4 else str(block).encode().rjust(f.size)


def _binary(f: Field, value: Any, is_vfp: bool) -> bytes:
    if value is None:
        return bytes(f.size)
    if f.type == "Y":
        return struct.pack("<q", int(Decimal(str(value)) * 10_000))
    if f.type == "B":
        return struct.pack("<d", float(value))
    if f.type in "T@":
        day = value.toordinal() + _DAY_ZERO
        clock: datetime = value
        ms = ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1000
        return struct.pack("<ii" if f.type == "T" else ">ii", day, ms + clock.microsecond // 1000)
    if f.type == "O":
        raw = int.from_bytes(struct.pack(">d", float(value)), "big")
        flipped = raw ^ (0xFFFFFFFFFFFFFFFF if raw >> 63 else 1 << 63)
        return flipped.to_bytes(8, "big")
    if is_vfp:
        return struct.pack("<i", value)
    return ((value + (1 << 31)) & 0xFFFFFFFF).to_bytes(4, "big")


class _Memos:
    """The blocks of a memo file while it is being made."""

    def __init__(self, version: int, block_size: int | None) -> None:
        is_fpt = version in (*VISUAL_FOXPRO, 0xF5, 0xFB)
        self.kind = "fpt" if is_fpt else "iii" if version in (0x02, 0x03, 0x83) else "iv"
        self.said = block_size if block_size is not None else 64 if is_fpt else 512
        self.block = 512 if self.kind == "iii" else self.said or (1 if is_fpt else 512)
        self.data = bytearray(max(512, self.block))
        self.is_needed = False

    def add(self, raw: bytes) -> int:
        self.is_needed = True
        self.data += bytes(-len(self.data) % self.block)
        block = len(self.data) // self.block
        if self.kind == "iii":
            self.data += raw + b"\x1a\x1a"
        elif self.kind == "iv":
            self.data += b"\xff\xff\x08\x00" + struct.pack("<I", len(raw) + 8) + raw
        else:
            self.data += struct.pack(">II", 1, len(raw)) + raw
        return block

    def content(self) -> bytes:
        self.data += bytes(-len(self.data) % self.block)
        free = len(self.data) // self.block
        if self.kind == "fpt":
            struct.pack_into(">IHH", self.data, 0, free, 0, self.said)
        else:
            struct.pack_into("<I", self.data, 0, free)
            if self.kind == "iv":
                struct.pack_into("<H", self.data, 20, self.said)
            else:
                self.data[16] = 0x03
        return bytes(self.data)
