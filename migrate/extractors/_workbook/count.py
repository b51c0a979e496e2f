"""How many rows of a sheet hold something? Counted in its XML, apart from the reader of values."""

from __future__ import annotations

import re
from xml.etree.ElementTree import ParseError

from migrate.extractors._workbook.areas import Area, number_of
from migrate.extractors._workbook.file import ZIP_ERRORS, Opened
from migrate.extractors._workbook.scan import whole_rows

_ROW_NUMBER = re.compile(rb'<(?:\w+:)?row\s[^>]*?\br="(\d+)"')
_CELL = re.compile(
    rb'<(?:\w+:)?c\s([^>]*?)(?:/>|>((?:(?!</?(?:\w+:)?c[\s>]).)*)</(?:\w+:)?c>)', re.DOTALL
)  # fmt: skip
_NAME = re.compile(rb'\br="([A-Z]{1,3})\d+"')
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>([^<]*)</")
_INLINE = re.compile(rb"<(?:\w+:)?t(?:\s[^>]*)?>([^<]*)</")
_STRING = re.compile(rb"<(?:\w+:)?si(?:\s[^>]*)?(?:/>|>(.*?)</(?:\w+:)?si>)", re.DOTALL)
_PHONETIC = re.compile(rb"<(?:\w+:)?rPh\b.*?</(?:\w+:)?rPh>", re.DOTALL)


def counted_rows(opened: Opened, part: str, area: Area, left_out: frozenset[int]) -> int | None:
    """Count the rows in an area that hold something, without those left out.

    None where the XML cannot be read that way.
    """
    try:
        with opened.archive() as archive:
            blanks = _blank_strings(archive)
            count = 0
            with archive.open(part) as stream:
                for text, _ in whole_rows(stream):
                    for row in text.split(b"row>"):
                        found = _ROW_NUMBER.search(row)
                        number = int(found.group(1)) if found else 0
                        inside = area.top <= number and (not area.bottom or number <= area.bottom)
                        if inside and number not in left_out and _holds(row, area, blanks):
                            count += 1
    except (*ZIP_ERRORS, ParseError):
        return None
    return count


def _holds(row: bytes, area: Area, blanks: frozenset[int]) -> bool:
    for cell in _CELL.finditer(row):
        attributes, inner = cell.groups()
        if not inner:
            continue
        name = _NAME.search(attributes)
        if not name or not area.left <= number_of(name.group(1).decode()) <= area.right:
            continue
        if b't="inlineStr"' in attributes:
            if any(text.strip() for text in _INLINE.findall(inner)):
                return True
            continue
        value = _VALUE.search(inner)
        if value and value.group(1).strip():
            is_shared = b't="s"' in attributes
            if not (is_shared and blanks and int(value.group(1)) in blanks):
                return True
    return False


def _blank_strings(archive: object) -> frozenset[int]:
    """The shared strings that hold nothing a person sees, by their index."""
    name = "xl/sharedStrings.xml"
    if name not in archive.namelist():  # type: ignore[attr-defined]
        return frozenset()
    data = archive.read(name)  # type: ignore[attr-defined]
    return frozenset(
        index
        for index, found in enumerate(_STRING.finditer(data))
        if not any(
            text.decode("utf-8", "replace").strip()
            for text in _INLINE.findall(_PHONETIC.sub(b"", found.group(1) or b""))
        )
    )
