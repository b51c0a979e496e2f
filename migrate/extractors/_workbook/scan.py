"""What does a sheet's XML show beside the values? Found by searching its text, never by parsing it.

A sheet of a hundred thousand rows is 100 MB of XML; nearly all of them have no errors, hidden rows
or colours, and a search for the few signs of those costs a tenth of what a parser does.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

import numpy as np

from migrate.extractors._workbook.areas import Area, area_of, number_of
from migrate.extractors._workbook.marks import Cell, Marks, Picklist
from migrate.extractors._workbook.xml_parts import Styles

Piece = tuple[bytes, bytes]  # whole rows, and what follows them so far
_CHUNK = 1 << 20
_LONGEST_ROW = 64 << 20
_PREFIX = rb"(?:\w+:)?"
_ROW = re.compile(rb"<" + _PREFIX + rb"row\s([^>]*)>")
_CELL = re.compile(rb"<" + _PREFIX + rb"c\s([^>]*?)(/>|>)")
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_NUMBER = re.compile(rb'\br="(\d+)"')
_NAME = re.compile(rb'\br="([A-Z]{1,3})(\d+)"')
_WIDE = re.compile(rb' r="([A-Z]{2,3})\d')
_STYLE = re.compile(rb'\bs="(\d+)"')
_ERROR = re.compile(
    rb"<" + _PREFIX + rb'c\s([^>]*\bt="e"[^>]*)>(?:(?!</' + _PREFIX + rb"c>).)*?<" + _PREFIX
    + rb"v>([^<]*)<", re.DOTALL,
)  # fmt: skip
_UNCALCULATED = re.compile(
    rb"<" + _PREFIX + rb"c\s([^>/]*)>\s*<" + _PREFIX + rb"f(?:\s[^>]*)?(?:/>|>([^<]*)</" + _PREFIX
    + rb"f>)\s*(?:<" + _PREFIX + rb"v\s*/>|<" + _PREFIX + rb"v>\s*</" + _PREFIX + rb"v>)?\s*</" + _PREFIX
    + rb"c>"
)  # fmt: skip
_NO_VALUE = rb"\s*(?:<%sv\s*/>|<%sv>\s*</%sv>)?\s*</%sc>"
_BELOW_ZERO = re.compile(rb"-[\d.eE+-]+")
_COLUMN = re.compile(rb"<" + _PREFIX + rb"col\s([^>]*)>")
_VALIDATION = re.compile(
    rb"<" + _PREFIX + rb"dataValidation\s([^>]*)>(.*?)</" + _PREFIX + rb"dataValidation>", re.DOTALL
)
_FILTER = re.compile(rb"<" + _PREFIX + rb"autoFilter\s([^>]*?)(/>|>)")


@dataclass
class _Found:
    """What the scan has gathered so far."""

    errors: dict[Cell, str] = field(default_factory=dict)
    formulas: dict[Cell, str] = field(default_factory=dict)
    lost_days: dict[Cell, str] = field(default_factory=dict)
    fills: dict[Cell, str] = field(default_factory=dict)
    strikes: set[Cell] = field(default_factory=set)
    hidden_rows: set[int] = field(default_factory=set)
    has_formulas: bool = False
    prefix: bytes = b""  # of <x:row>, as some writers have it

    def __post_init__(self) -> None:
        own = (self.prefix,) * 4
        # Begins with a plain text, for which the search is fast.
        self.no_value = re.compile(
            b"</%sf>" % self.prefix
            + _NO_VALUE % own
            + b"|<%sf [^>]*/>" % self.prefix
            + _NO_VALUE % own
        )

    zeros: dict[int, tuple[list[int], list[int]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Extent:
    """How far a sheet reaches: its last row and column that its XML names (26 at the least)."""

    rows: int
    columns: int


def scan(pieces: Iterable[Piece], styles: Styles) -> Marks:
    """Search a sheet's XML, cut by whole_rows, for its marks."""
    found = _Found()
    wanted = set(styles.zeros) | set(styles.fills) | styles.strikes
    signs = [b' s="%d"' % index for index in sorted(wanted)]
    by_style = _style_pattern(wanted)
    head = tail = b""
    is_plain = True
    for rows, rest in pieces:
        if not head:
            head = rows[: 1 << 20]
            prefix = re.search(rb"<(\w+:)sheetData", head)
            found = _Found(prefix=prefix.group(1) if prefix else b"")
            is_plain = re.search(rb"<" + _PREFIX + rb"c\s[^>]*'", rows) is None
        text = rows if is_plain else rows.replace(b"'", b'"')
        _search(text, found, styles, by_style if _has_any(text, signs) else None)
        tail = rest
    columns = head.partition(b"sheetData")[0]
    tail = tail.rpartition(b"sheetData")[2]
    return Marks(
        errors=found.errors,
        zeros={
            column: (np.array(rows, np.int64), np.array(digits, np.int64))
            for column, (rows, digits) in found.zeros.items()
        },
        formulas=found.formulas,
        lost_days=found.lost_days,
        hidden_rows=frozenset(found.hidden_rows),
        hidden_columns=frozenset(_hidden_columns(columns)),
        fills=found.fills,
        strikes=frozenset(found.strikes),
        picklists=tuple(_picklists(tail)),
        filtered=_filter(tail),
    )


def extent_of(pieces: Iterable[Piece]) -> Extent:
    """Find how far a sheet reaches, whatever it claims of its size."""
    rows, columns = 0, 26
    for text, _ in pieces:
        wide = set(_WIDE.findall(text))
        columns = max(columns, *(number_of(letters.decode()) for letters in wide), 0)
        number = _NUMBER.search(text, max(text.rfind(b"row "), 0))
        rows = max(rows, int(number.group(1)) if number else 0)
    return Extent(rows, columns)


def whole_rows(stream: IO[bytes]) -> Iterator[Piece]:
    """Yield whole rows, about a megabyte at a time, and with each what follows so far."""
    pending = b""
    while chunk := stream.read(_CHUNK):
        pending += chunk
        end = pending.rfind(b"row>")
        if end < 0:
            if len(pending) > _LONGEST_ROW:
                pending = pending[-_CHUNK:]
            continue
        rows, pending = pending[: end + 4], pending[end + 4 :]
        yield rows, pending
    yield b"", pending


def _has_any(text: bytes, signs: list[bytes]) -> bool:
    return any(sign in text for sign in signs)


def _style_pattern(wanted: set[int]) -> re.Pattern[bytes] | None:
    if not wanted:
        return None
    numbers = b"|".join(b"%d" % index for index in sorted(wanted))
    return re.compile(rb"<" + _PREFIX + rb'c\s([^>]*\bs="(?:' + numbers + rb')"[^>]*)>')


def _search(text: bytes, found: _Found, styles: Styles, by_style: re.Pattern[bytes] | None) -> None:
    if b'hidden="' in text and (b'hidden="1"' in text or b'hidden="true"' in text):
        for row in _ROW.finditer(text):
            number = _NUMBER.search(row.group(1))
            if number and _HIDDEN.search(row.group(1)):
                found.hidden_rows.add(int(number.group(1)))
    if b't="e"' in text:
        for match in _ERROR.finditer(text):
            _note(found.errors, match.group(1), match.group(2))
    # Cells that share a formula name only its first one's text.
    found.has_formulas = found.has_formulas or b"</%sf>" % found.prefix in text
    if found.has_formulas and found.no_value.search(text):
        for match in _UNCALCULATED.finditer(text):
            formula = b"=" + match.group(2) if match.group(2) else b"(shared formula)"
            _note(found.formulas, match.group(1), formula)
    if styles.days:
        _note_negative_days(text, found, styles)
    if by_style:
        for match in by_style.finditer(text):
            _note_style(found, styles, match.group(1))


def _cell(attributes: bytes) -> Cell | None:
    name = _NAME.search(attributes)
    return (int(name.group(2)), number_of(name.group(1).decode())) if name else None


def _note(cells: dict[Cell, str], attributes: bytes, text: bytes) -> None:
    cell = _cell(attributes)
    if cell:
        cells[cell] = html.unescape(text.decode("utf-8", "replace"))


def _note_negative_days(text: bytes, found: _Found, styles: Styles) -> None:
    """Numbers below zero that are formatted as days, which the fast reader leaves blank."""
    opening, sign = b"<%sc " % found.prefix, b"<%sv>-" % found.prefix
    at = text.find(sign)
    while at >= 0:
        attributes = text[max(text.rfind(opening, 0, at), 0) : at]
        style = _STYLE.search(attributes)
        number = _BELOW_ZERO.match(text, at + len(sign) - 1)
        is_number = b't="s' not in attributes
        if style and number and is_number and int(style.group(1)) in styles.days:
            _note(found.lost_days, attributes, number.group())
        at = text.find(sign, at + 1)


def _note_style(found: _Found, styles: Styles, attributes: bytes) -> None:
    cell, style = _cell(attributes), _STYLE.search(attributes)
    if not cell or not style:
        return
    index = int(style.group(1))
    if index in styles.zeros:
        rows, digits = found.zeros.setdefault(cell[1], ([], []))
        rows.append(cell[0])
        digits.append(styles.zeros[index])
    if index in styles.fills:
        found.fills[cell] = styles.fills[index]
    if index in styles.strikes:
        found.strikes.add(cell)


def attributes_of(text: bytes) -> Mapping[str, str]:
    """Read the attributes of a tag.

    >>> attributes_of(b'min="2" max="3" hidden="1"')
    {'min': '2', 'max': '3', 'hidden': '1'}
    """
    pairs = re.findall(
        r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""", text.decode("utf-8", "replace")
    )
    return {name: html.unescape(double or single) for name, double, single in pairs}


def _hidden_columns(head: bytes) -> Iterator[int]:
    for column in _COLUMN.finditer(head):
        own = attributes_of(column.group(1))
        first, last = own.get("min", ""), own.get("max", "")
        if own.get("hidden") in ("1", "true") and first.isdecimal() and last.isdecimal():
            yield from range(int(first), min(int(last), 16_384) + 1)


def _filter(tail: bytes) -> str:
    """The range of a filter that hides rows; "" where there is only its buttons."""
    found = _FILTER.search(tail)
    if not found or b"filterColumn" not in tail:
        return ""
    return attributes_of(found.group(1)).get("ref", "")


def _picklists(tail: bytes) -> Iterator[Picklist]:
    for found in _VALIDATION.finditer(tail):
        own = attributes_of(found.group(1))
        if own.get("type") != "list":
            continue
        body = found.group(2).decode("utf-8", "replace")
        formula = re.search(r"<(?:\w+:)?(?:formula1|f)>([^<]+)<", body)
        places = own.get("sqref") or "".join(re.findall(r"sqref>([^<]+)<", body))
        areas = tuple(_areas(places))
        if not formula or not areas:
            continue
        source = html.unescape(formula.group(1)).strip()
        if source.startswith('"'):
            values = tuple(v.strip() for v in source.strip('"').split(",") if v.strip())
            yield Picklist(areas, values)
        else:
            yield Picklist(areas, source=source.lstrip("="))


def _areas(places: str) -> Iterator[Area]:
    for place in places.split():
        area = area_of(place if ":" in place else f"{place}:{place}")
        if area:
            yield area
