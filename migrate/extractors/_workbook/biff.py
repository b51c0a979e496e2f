"""What are the records of an .xls, and which does the fast reader take for something else?

The records ("BIFF", [MS-XLS]) of 1993 (BIFF5) and of 1997 (BIFF8) differ in how texts are written.
What the reader misreads is corrected in a copy of the bytes, which it is given instead:

- texts of BIFF8 are UTF-16 whatever code page the file names; libraries of web servers named one;
- a number format that the file defines counts for more than the one its number usually means;
- a formula's value counts also where its record has the number that it had before 1993.
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from migrate.extractors._workbook.ole import workbook_stream
from migrate.extractors._workbook.xml_parts import is_day_format

XLS_ERRORS = (struct.error, IndexError, ValueError, KeyError, OverflowError, MemoryError)
BOF, EOF, SHEET, FORMAT, XF, CODE_PAGE, DATE_1904 = (
    0x0809, 0x000A, 0x0085, 0x041E, 0x00E0, 0x0042, 0x0022,
)  # fmt: skip
FORMULA = 0x0006
OLD_FORMULAS = (0x0206, 0x0406)
_BIFF8, _UTF16 = 0x0600, 1200
_PAGES = {367: "ascii", 10000: "mac-roman", 32768: "mac-roman", 32769: "cp1252"}
# How the reader takes a format's number, whatever the file says: as days, or by the file's own text
_TAKEN_AS_DAYS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_TAKEN_AS_SAID = frozenset([*range(5, 9), *range(23, 27), *range(41, 45), *range(63, 67)])
_FIRST_OWN = 164
_GENERAL, _DAY, _DURATION = 0, 22, 46
_BESIDE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_DAY_LETTERS, _NUMBER_LETTERS = frozenset("ymdhsapegbn"), frozenset("e")
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)


@dataclass(frozen=True)
class Globals:
    """What the first part of the stream says: sheets by name, number formats, cell styles."""

    sheets: tuple[tuple[str, int], ...] = ()  # name, where its records begin
    formats: Mapping[int, str] = field(default_factory=dict)
    styles: tuple[tuple[int, int], ...] = ()  # number of its format, where that is written
    code_pages: tuple[tuple[int, int], ...] = ()  # code page, where it is written
    date_system: str = "1900"
    is_biff8: bool = True


def records(stream: bytes, place: int) -> Iterator[tuple[int, bytes, int]]:
    """Yield the records from a place on, up to the end of that part (charts inside are passed)."""
    depth = 0
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        if kind == BOF:
            depth += 1
        elif kind == EOF:
            depth -= 1
            if depth <= 0:
                return
        elif depth == 1:
            yield kind, stream[place + 4 : place + 4 + size], place
        place += 4 + size


def globals_of(stream: bytes) -> Globals:
    """Read the first part of a stream. Raises XLS_ERRORS where it is damaged."""
    is_biff8 = struct.unpack_from("<H", stream, 4)[0] >= _BIFF8
    found = list(records(stream, 0))
    pages = [
        (struct.unpack_from("<H", body)[0], at + 4) for kind, body, at in found if kind == CODE_PAGE
    ]
    text = partial(_text, encoding="" if is_biff8 else _encoding(pages))
    sheets: list[tuple[str, int]] = []
    formats: dict[int, str] = {}
    styles: list[tuple[int, int]] = []
    system = "1900"
    for kind, body, at in found:
        if kind == SHEET:
            sheets.append((text(body, 6, 1), struct.unpack_from("<I", body)[0]))
        elif kind == FORMAT:
            formats[struct.unpack_from("<H", body)[0]] = text(body, 2, 2 if is_biff8 else 1)
        elif kind == XF:
            styles.append((struct.unpack_from("<H", body, 2)[0], at + 6))
        elif kind == DATE_1904 and struct.unpack_from("<H", body)[0]:
            system = "1904"
    return Globals(tuple(sheets), formats, tuple(styles), tuple(pages), system, is_biff8)


def _encoding(pages: Sequence[tuple[int, int]]) -> str:
    page = pages[-1][0] if pages else 1252
    name = _PAGES.get(page, f"cp{page}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"


def _text(body: bytes, at: int, size_bytes: int, *, encoding: str) -> str:
    """The text at a place of a record, behind its length; ``encoding`` "" for BIFF8."""
    size = int.from_bytes(body[at : at + size_bytes], "little")
    begin = at + size_bytes
    if encoding:
        return body[begin : begin + size].decode(encoding, "replace")
    is_wide = body[begin] & 1
    raw = body[begin + 1 : begin + 1 + size * (2 if is_wide else 1)]
    return raw.decode("utf-16-le" if is_wide else "latin-1", "replace")


def mended(data: bytes) -> bytes | None:
    """Give a copy that the fast reader reads right; None where it reads the file as it is.

    Raises XLS_ERRORS where the file is damaged.
    """
    stream = workbook_stream(data)
    said = globals_of(stream.data)
    changes = [*_code_page_changes(said), *_format_changes(said)]
    for _, place in said.sheets:
        changes += [
            (at, FORMULA) for kind, _, at in records(stream.data, place) if kind in OLD_FORMULAS
        ]
    if not changes:
        return None
    copy = bytearray(data)
    for at, number in changes:
        for offset, byte in enumerate(struct.pack("<H", number)):
            copy[stream.place(at + offset)] = byte
    return bytes(copy)


def _code_page_changes(said: Globals) -> Iterator[tuple[int, int]]:
    for page, at in said.code_pages:
        if said.is_biff8 and page != _UTF16:
            yield at, _UTF16


def _format_changes(said: Globals) -> Iterator[tuple[int, int]]:
    """Give a style another format where the reader would take a number for a day, or a day for one."""
    for number, at in said.styles:
        own = said.formats.get(number)
        if own is None or number >= _FIRST_OWN or number in _TAKEN_AS_SAID:
            continue
        letters = _letters(own)
        if number in _TAKEN_AS_DAYS:
            if letters <= _NUMBER_LETTERS:
                yield at, _GENERAL
        elif is_day_format(own) and letters <= _DAY_LETTERS:
            yield at, _DURATION if _ELAPSED.search(own) else _DAY


def _letters(number_format: str) -> set[str]:
    """The letters of a format that are no text to be shown beside the value."""
    plain = _BESIDE.sub("", number_format).replace("General", "")
    return {letter for letter in plain.casefold() if letter.isalpha()}
