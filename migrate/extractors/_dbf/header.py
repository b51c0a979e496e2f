"""What does the head of a dBase file say: which fields, how long are the records, how many?

Four layouts: dBase II (16 bytes a field), III to V with FoxPro and Visual FoxPro (32 bytes), and
dBase 7 (48 bytes, names up to 31 characters). Only what the bytes say; nothing is decided here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from migrate.errors import SourceError

VISUAL_FOXPRO = frozenset((0x30, 0x31, 0x32))
_FOXPRO_MEMO = frozenset((*VISUAL_FOXPRO, 0xF5, 0xFB, 0xE5))
_PRODUCTS = {
    0x02: "dBase II", 0x03: "dBase III", 0x83: "dBase III", 0x04: "dBase IV", 0x43: "dBase IV",
    0x63: "dBase IV", 0x7B: "dBase IV", 0x8B: "dBase IV", 0x8E: "dBase IV", 0xCB: "dBase IV",
    0x05: "dBase V", 0x30: "Visual FoxPro", 0x31: "Visual FoxPro", 0x32: "Visual FoxPro",
    0xF5: "FoxPro 2", 0xFB: "FoxBase", 0xE5: "HiPer-Six",
}  # fmt: skip
VERSIONS = frozenset((*_PRODUCTS, 0x8C))
KNOWN_TYPES = "CNFLDMGPBIYT@O+VQW0"
_TERMINATOR = 0x0D
_MOST_HEAD = 1 << 16


@dataclass(frozen=True)
class FieldHead:
    """A field as the head describes it; ``start`` counts from the record's first byte (the flag)."""

    raw_name: bytes
    type: str
    start: int
    size: int
    decimals: int = 0
    is_system: bool = False
    is_nullable: bool = False

    @property
    def is_memo(self) -> bool:
        """Whether the record holds a pointer into the memo file. FoxPro's B is a number."""
        return (self.size in (4, 10) and self.type in "MGPW") or (
            self.type == "B" and self.size == 10
        )

    @property
    def declared(self) -> str:
        """The type as dBase people write it: C(20), N(10,2), D."""
        if self.type in "NF":
            return f"{self.type}({self.size},{self.decimals})"
        return f"{self.type}({self.size})" if self.type in "CVQ" else self.type


@dataclass(frozen=True)
class Head:
    """The head of a file. ``surplus`` bytes at the end of each record belong to no field."""

    version: int
    layout: int  # 2, 3 or 7
    said_rows: int
    size: int
    record_size: int
    language: int
    fields: tuple[FieldHead, ...]
    surplus: int = 0
    is_encrypted: bool = False

    @property
    def is_visual_foxpro(self) -> bool:
        return self.version in VISUAL_FOXPRO

    @property
    def memo_kind(self) -> str:
        """The layout that the memo file should have: "fpt", "iii" or "iv"."""
        if self.version in _FOXPRO_MEMO:
            return "fpt"
        return "iii" if self.version in (0x02, 0x03, 0x83) else "iv"

    @property
    def product(self) -> str:
        return "dBase 7" if self.layout == 7 else _PRODUCTS.get(self.version, "dBase")


def is_dbase(raw: bytes) -> bool:
    """Tell a dBase table by its first 4096 bytes: fields that are fields, and fit the record.

    The date in the head is no sign: programs leave anything there. A copy that was cut is one too.

    >>> is_dbase(b"0123456789 is how a text may begin, and what follows is text all the same")
    False
    """
    if len(raw) < 65 or raw[0] not in VERSIONS:
        return False
    if raw[0] == 0x02 and _is_dbase_2(raw):
        return True
    _rows, size, record_size = struct.unpack_from("<IHH", raw, 4)
    is_7 = raw[0] & 0x07 == 4 and _is_level_7(raw, size)
    fields = _descriptors(raw, size, 68 if is_7 else 32, 48 if is_7 else 32, raw[0])
    if not fields or any(one[1] not in KNOWN_TYPES for one in fields[:3]):
        return False
    taken = 1 + sum(size for _, _, size, _, _ in fields)
    # A name ends with a NUL inside its place, which no text has.
    first = raw[68:100] if is_7 else raw[32:43]
    return 0 in first and bool(fields[0][0].strip()) and taken <= record_size


def read_head(raw: bytes, place: str) -> Head:
    """Read the head from the first bytes of a file (up to 64 KB). Raises SourceError.

    >>> read_head(b"no dBase file", "a.dbf")
    Traceback (most recent call last):
    migrate.errors.SourceError: a.dbf: is too short for a dBase table (13 bytes)
      → ask for the file again: this copy is cut
    """
    if len(raw) < 33:
        raise SourceError(
            f"is too short for a dBase table ({len(raw)} bytes)",
            hint="ask for the file again: this copy is cut",
            where=place,
        )
    if raw[0] == 0x02 and _is_dbase_2(raw):
        return _dbase_2(raw, place)
    rows, size, record_size = struct.unpack_from("<IHH", raw, 4)
    is_7 = raw[0] & 0x07 == 4 and _is_level_7(raw, size)
    fields = _descriptors(raw, size, 68 if is_7 else 32, 48 if is_7 else 32, raw[0])
    if not fields or record_size < 2:
        raise _damaged(place, "the head of the table names no fields")
    placed, surplus = _placed(fields, record_size, raw[0], place)
    return Head(
        raw[0], 7 if is_7 else 3, rows, size, record_size, raw[29], placed, surplus,
        is_encrypted=raw[15] == 1 and raw[0] & 0x07 in (3, 4, 5) and raw[0] not in VISUAL_FOXPRO,
    )  # fmt: skip


def _damaged(place: str, what: str) -> SourceError:
    return SourceError(
        f"{what}: the file is damaged",
        hint="ask for the file again, or have dBase or FoxPro repair it",
        where=place,
    )


def _is_level_7(raw: bytes, size: int) -> bool:
    """Tell the 48-byte layout by the place where a first field's type would stand."""
    if size < 68 + 48 + 1 or len(raw) < 68 + 48:
        return False
    name, kind = raw[68:100].rstrip(b"\0"), raw[100:101]
    return bool(name) and min(name) >= 32 and kind in b"CNFDLMBGPVITY@O+" and kind != b""


_Described = tuple[bytes, str, int, int, int]  # name, type, size, decimals, flags


def _descriptors(raw: bytes, size: int, first: int, step: int, version: int) -> list[_Described]:
    found: list[_Described] = []
    end = min(size, len(raw), _MOST_HEAD)
    name_size = 32 if step == 48 else 11
    for at in range(first, end - step + 1, step):
        if raw[at] in (_TERMINATOR, 0):
            break
        name = raw[at : at + name_size].partition(b"\0")[0]
        kind = raw[at + name_size : at + name_size + 1]
        if not (kind.isalnum() or kind in b"@+"):
            break
        sizes = at + (33 if step == 48 else 16)
        flags = raw[at + 18] if version in VISUAL_FOXPRO else 0
        found.append((name, kind.decode("latin-1").upper(), raw[sizes], raw[sizes + 1], flags))
    return found


def _placed(
    fields: list[_Described], record_size: int, version: int, place: str
) -> tuple[tuple[FieldHead, ...], int]:
    """Give each field its place in the record.

    Clipper and FoxPro write texts longer than 255 as size + 256 x decimals; others leave anything
    in the decimals of a text. The length of the record tells which of the two it is.
    """
    long_texts = [
        size + 256 * decimals if kind == "C" else size for _, kind, size, decimals, _ in fields
    ]
    plain = [size for _, _, size, _, _ in fields]
    sizes = long_texts if sum(long_texts) + 1 == record_size else plain
    if sum(sizes) + 1 > record_size:
        raise _damaged(
            place, f"the fields take {sum(sizes) + 1} bytes where a record has {record_size}"
        )
    placed, at = [], 1
    for (name, kind, _, decimals, flags), size in zip(fields, sizes, strict=True):
        placed.append(
            FieldHead(
                name, kind, at, size, 0 if kind == "C" else decimals,
                is_system=kind == "0" or bool(flags & 0x01), is_nullable=bool(flags & 0x02),
            )
        )  # fmt: skip
        at += size
    return tuple(placed), record_size - at


# -- dBase II ---------------------------------------------------------------------------------

_HEAD_2, _FIRST_2, _STEP_2 = 521, 8, 16


def _is_dbase_2(raw: bytes) -> bool:
    if len(raw) < _HEAD_2:
        return False
    fields = _descriptors_2(raw)
    record_size = struct.unpack_from("<H", raw, 6)[0]
    return bool(fields) and sum(field[2] for field in fields) + 1 == record_size


def _descriptors_2(raw: bytes) -> list[_Described]:
    found: list[_Described] = []
    for at in range(_FIRST_2, _HEAD_2 - _STEP_2, _STEP_2):
        if raw[at] in (_TERMINATOR, 0):
            break
        kind = raw[at + 11 : at + 12]
        if kind not in (b"C", b"N", b"L"):
            return []
        name = raw[at : at + 11].partition(b"\0")[0]
        found.append((name, kind.decode(), raw[at + 12], raw[at + 15], 0))
    return found


def _dbase_2(raw: bytes, place: str) -> Head:
    rows, record_size = struct.unpack_from("<H3xH", raw, 1)
    fields, surplus = _placed(_descriptors_2(raw), record_size, 0x02, place)
    return Head(0x02, 2, rows, _HEAD_2, record_size, 0, fields, surplus)
