"""What does an "XML Spreadsheet 2003" hold? Sheets of typed cells, as old reports export them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from xml.parsers import expat

from migrate.errors import SourceError
from migrate.extractors._workbook.grid import Merge

_SHEET = "urn:schemas-microsoft-com:office:spreadsheet"
_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384
_BASE = datetime(1899, 12, 31)


@dataclass
class XmlSheet:
    """One sheet: rows (number, cells by column), what is merged and hidden."""

    name: str
    rows: dict[int, dict[int, object]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    comments: dict[tuple[int, int], str] = field(default_factory=dict)
    is_hidden: bool = False

    @property
    def width(self) -> int:
        return max((max(cells, default=0) for cells in self.rows.values()), default=0)

    def cells(self) -> Iterator[tuple[int, list[object]]]:
        width = self.width
        for number, cells in sorted(self.rows.items()):
            yield number, [cells.get(column, "") for column in range(1, width + 1)]


class _Reader:
    def __init__(self, place: str) -> None:
        self.place = place
        self.sheets: list[XmlSheet] = []
        self.date_system = "1900"
        self._row = self._column = self._next_column = 0
        self._texts: list[str] | None = None
        self._kind = ""
        self._in_comment = False
        self._across = self._after_row = 0
        self._words: list[str] | None = None

    def refuse(self, *_: object) -> None:
        raise SourceError(
            "the XML declares entities, which a spreadsheet never does",
            hint="ask for the file again, saved as .xlsx",
            where=self.place,
        )

    def start(self, tag: str, own: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        attributes = {key.rpartition(" ")[2]: text for key, text in own.items()}
        if name == "Worksheet":
            self.sheets.append(XmlSheet(attributes.get("Name", f"Sheet{len(self.sheets) + 1}")))
            self._row = 0
        elif name == "Date1904":
            self.date_system = "1904"
        elif name == "Visible":
            self._words = []
        elif not self.sheets:
            return
        elif name == "Column":
            first = _number(attributes.get("Index"), self._next_column + 1)
            last = first + _number(attributes.get("Span"), 0)
            self._next_column = last
            if attributes.get("Hidden") == "1":
                self.sheets[-1].hidden_columns.update(range(first, min(last, _MOST_COLUMNS) + 1))
        elif name == "Table":
            self._next_column = 0
        elif name == "Row":
            self._row = _number(attributes.get("Index"), self._row + 1)
            self._column = 0
            span = _number(attributes.get("Span"), 0)
            if attributes.get("Hidden") == "1":
                last = min(self._row + span, _MOST_ROWS)
                self.sheets[-1].hidden_rows.update(range(self._row, last + 1))
            self._after_row = span
        elif name == "Cell":
            self._column = _number(attributes.get("Index"), self._column + 1)
            across = _number(attributes.get("MergeAcross"), 0)
            down = _number(attributes.get("MergeDown"), 0)
            if across or down:
                end = (self._row + down, self._column + across)
                self.sheets[-1].merges.append(((self._row, self._column), end))
            self._across = across
        elif name == "Comment":
            self._in_comment = True
        elif name == "Data":
            self._texts, self._kind = [], attributes.get("Type", "String")

    def end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        if name == "Visible" and self._words is not None:
            hidden = "".join(self._words).strip() in ("SheetHidden", "SheetVeryHidden")
            self._words = None
            if self.sheets:
                self.sheets[-1].is_hidden = hidden
        elif name == "Comment":
            self._in_comment = False
        elif name == "Data" and self._texts is not None and self.sheets:
            self._put("".join(self._texts))
            self._texts = None
        elif name == "Cell":
            self._column += self._across
        elif name == "Row":
            self._row += self._after_row

    def text(self, data: str) -> None:
        if self._texts is not None:
            self._texts.append(data)
        if self._words is not None:
            self._words.append(data)

    def _put(self, text: str) -> None:
        sheet, cell = self.sheets[-1], (self._row, self._column)
        if not (1 <= self._row <= _MOST_ROWS and 1 <= self._column <= _MOST_COLUMNS):
            raise SourceError(
                f"the sheet {len(self.sheets)} has a cell in row {self._row}, column"
                f" {self._column}: no sheet is so large",
                hint="ask for the file again, saved as .xlsx",
                where=self.place,
            )
        if self._in_comment:
            sheet.comments[cell] = " ".join(text.split())
            return
        if self._kind == "Error":
            sheet.errors[cell] = text
        sheet.rows.setdefault(self._row, {})[self._column] = typed(text, self._kind)


def _number(text: str | None, usual: int) -> int:
    return int(text) if text and re.fullmatch(r"\d{1,7}", text) else usual


def typed(text: str, kind: str) -> object:
    """Give the value of a typed cell; what does not fit its type stays text.

    >>> typed("12.50", "Number"), typed("1", "Boolean"), typed("x", "Number")
    (12.5, True, 'x')
    >>> typed("2019-03-01T00:00:00.000", "DateTime"), typed("1899-12-31T10:30:00.000", "DateTime")
    (datetime.datetime(2019, 3, 1, 0, 0), datetime.time(10, 30))
    """
    try:
        if kind == "Number":
            number = float(text)
            return number if number - number == 0 else text
        if kind == "Boolean":
            return text.strip() in ("1", "true")
        if kind == "DateTime":
            moment = datetime.fromisoformat(text.strip().removesuffix("Z"))
            if moment.date() == _BASE.date():
                return moment.time()
            if moment.year == 1900 and moment.time() != time() and moment.month == 1:
                return timedelta(days=moment.day) + (moment - datetime(1900, 1, moment.day))
            return moment
    except (ValueError, OverflowError):
        return text
    return text


def is_spreadsheet_2003(head: bytes) -> bool:
    """Tell whether an XML file is a spreadsheet of 2003 by what it begins with.

    >>> is_spreadsheet_2003(b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">')
    True
    """
    return _SHEET.encode() in head.replace(b"\0", b"")


def xml_sheets(data: bytes, place: str) -> tuple[list[XmlSheet], str]:
    """Read the sheets, and the calendar their days are counted in ("1900" or "1904").

    Raises SourceError where the XML is broken or declares entities.
    """
    reader = _Reader(place)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(data.lstrip(b" \t\r\n"), True)
    except (expat.ExpatError, ValueError, LookupError) as problem:
        line = getattr(problem, "lineno", 0)
        if not any(sheet.rows for sheet in reader.sheets):
            raise SourceError(
                f"the XML is broken in line {line}",
                hint="export the file again, or save it as .xlsx in a spreadsheet program",
                where=f"{place}:{line}",
            ) from problem
        raise SourceError(
            f"the XML is broken in line {line}: the sheets are not complete",
            hint="export the file again; this one was probably cut short",
            where=f"{place}:{line}",
        ) from problem
    return reader.sheets, reader.date_system
