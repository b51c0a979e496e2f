"""What tables does a web page hold? The cells of each <table>, with those that span several.

Reports that call themselves .xls are often web pages. Nothing outside the file is fetched, and
nothing in it is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from migrate.extractors._workbook.grid import Merge

_SKIPPED = frozenset({"script", "style", "template", "noscript"})
_BREAKS = frozenset({"br", "p", "div", "li", "tr"})
_WIDEST = 16_384
_TALLEST = 65_534  # what HTML itself allows
_MOST_SPANNED = 1_000_000
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide", re.IGNORECASE)


@dataclass
class WebTable:
    """One table: its caption, its rows of texts, what is merged, and where its header ends."""

    caption: str = ""
    line: int = 0
    rows: list[list[str]] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    header_rows: list[int] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)

    @property
    def width(self) -> int:
        return max(map(len, self.rows), default=0)


@dataclass
class _Open:
    """A table that is being read."""

    table: WebTable
    row: int = -1
    column: int = 0
    taken: dict[tuple[int, int], None] = field(default_factory=dict)
    cell: list[str] | None = None
    span: tuple[int, int] = (1, 1)
    cells: int = 0
    headings: int = 0
    in_head: bool = False
    in_caption: bool = False
    has_nested: bool = False


class _Reader(HTMLParser):
    """Gathers the tables of a page; one table inside another's cell is a table of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[WebTable] = []
        self.title = ""
        self._stack: list[_Open] = []
        self._skipped = 0
        self._in_title = False
        self._heading: list[str] | None = None
        self._last_heading = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = {name: value or "" for name, value in attrs}
        if tag in _SKIPPED:
            self._skipped += 1
        elif tag == "title":
            self._in_title = True
        elif tag in ("h1", "h2", "h3", "h4"):
            self._heading = []
        elif tag == "table":
            if self._stack:
                self._stack[-1].has_nested = True
            table = WebTable(self._last_heading, self.getpos()[0])
            self._last_heading = ""
            self.tables.append(table)
            self._stack.append(_Open(table))
        elif self._stack:
            self._start_in_table(tag, own)

    def _start_in_table(self, tag: str, own: dict[str, str]) -> None:
        now = self._stack[-1]
        if tag == "caption":
            now.in_caption = True
            now.table.caption = ""
        elif tag == "thead":
            now.in_head = True
        elif tag in ("tbody", "tfoot"):
            self._end_row()
            now.in_head = False
        elif tag == "tr":
            self._begin_row(own)
        elif tag in ("td", "th"):
            if now.row < 0 or now.column < 0:
                self._begin_row({})
            self._end_cell()
            self._begin_cell(tag, own)
        elif tag in _BREAKS and now.cell:
            now.cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipped = max(self._skipped - 1, 0)
        elif tag == "title":
            self._in_title = False
        elif tag in ("h1", "h2", "h3", "h4") and self._heading is not None:
            self._last_heading = " ".join("".join(self._heading).split())
            self._heading = None
        elif self._stack:
            if tag == "table":
                self._end_row()
                self._stack.pop()
            elif tag in ("td", "th"):
                self._end_cell()
            elif tag == "tr":
                self._end_row()
            elif tag == "caption":
                self._stack[-1].in_caption = False
            elif tag == "thead":
                self._end_row()
                self._stack[-1].in_head = False

    def handle_data(self, data: str) -> None:
        if self._skipped:
            return
        if self._in_title:
            self.title += data
        elif self._heading is not None:
            self._heading.append(data)
        elif self._stack:
            now = self._stack[-1]
            if now.in_caption:
                now.table.caption += data
            elif now.cell is not None:
                now.cell.append(re.sub(r"[ \t\r\n]+", " ", data))

    def close(self) -> None:
        super().close()
        while self._stack:
            self._end_row()
            self._stack.pop()

    def _begin_row(self, own: dict[str, str]) -> None:
        self._end_row()
        now = self._stack[-1]
        now.row += 1
        now.column = now.cells = now.headings = 0
        now.table.rows.append([])
        if _HIDDEN.search(own.get("style", "")) or "hidden" in own:
            now.table.hidden_rows.add(now.row + 1)

    def _begin_cell(self, tag: str, own: dict[str, str]) -> None:
        now = self._stack[-1]
        while (now.row, now.column) in now.taken:
            now.column += 1
        now.span = _span(own.get("rowspan"), _TALLEST), _span(own.get("colspan"), _WIDEST)
        now.cell = []
        now.cells += 1
        now.headings += tag == "th"

    def _end_cell(self) -> None:
        now = self._stack[-1]
        if now.cell is None:
            return
        text = re.sub(r" *\n\s*", "\n", "".join(now.cell)).strip(" \n")
        now.cell = None
        cells = now.table.rows[now.row]
        if now.column >= _WIDEST:
            return
        cells += [""] * (now.column + 1 - len(cells))
        cells[now.column] = text
        down, across = now.span
        across = min(across, _WIDEST - now.column)
        if (down > 1 or across > 1) and down * across + len(now.taken) <= _MOST_SPANNED:
            for row in range(now.row, now.row + down):
                for column in range(now.column, now.column + across):
                    now.taken[row, column] = None
            first = (now.row + 1, now.column + 1)
            now.table.merges.append((first, (now.row + down, now.column + across)))
        now.column += across

    def _end_row(self) -> None:
        now = self._stack[-1]
        self._end_cell()
        if now.row >= 0 and now.cells:
            is_header = now.in_head or now.headings == now.cells
            follows = len(now.table.header_rows) == now.row
            if is_header and follows and now.row + 1 not in now.table.header_rows:
                now.table.header_rows.append(now.row + 1)
        now.cells = 0


def _span(text: str | None, most: int) -> int:
    found = re.match(r"\s*(\d{1,6})", text or "")
    return min(max(int(found.group(1)), 1), most) if found else 1


def web_tables(page: str) -> tuple[list[WebTable], str]:
    """Give the tables of a page that hold something, and the page's title.

    >>> tables, _ = web_tables("<table><tr><th>id<th>name<tr><td>1<td>J&aacute;n</table>")
    >>> tables[0].rows, tables[0].header_rows
    ([['id', 'name'], ['1', 'Ján']], [1])
    """
    reader = _Reader()
    try:
        reader.feed(page)
        reader.close()
    except (AssertionError, ValueError):  # a declaration that the parser gives up on
        reader.close()
    kept = [table for table in reader.tables if any(any(row) for row in table.rows)]
    return list(_data_tables(kept)), " ".join(reader.title.split())


def _data_tables(tables: list[WebTable]) -> Iterator[WebTable]:
    """Leave out what only lays out a page: a table of one cell, where there are others."""
    for table in tables:
        filled = sum(bool(cell) for row in table.rows for cell in row)
        table.caption = " ".join(table.caption.split())
        if filled > 1 or len(tables) == 1:
            yield table
