"""What are the cells of one sheet of a workbook, and what is marked on it?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from migrate.errors import SourceError
from migrate.extractors._workbook.areas import area_of, cut
from migrate.extractors._workbook.biff import XLS_ERRORS
from migrate.extractors._workbook.file import ZIP_ERRORS, Opened, guarded
from migrate.extractors._workbook.grid import Grid, Merge, RawRow, grid_of, with_zeros
from migrate.extractors._workbook.marks import Marks, Picklist
from migrate.extractors._workbook.ods import ods_sheets
from migrate.extractors._workbook.scan import Extent, Piece, extent_of, scan, whole_rows
from migrate.extractors._workbook.xls import marks_of_xls
from migrate.extractors._workbook.xlsb import XLSB_ERRORS, marks_of_xlsb
from migrate.extractors._workbook.xml_parts import Package, comments_of, package_of
from migrate.values import Issue

_XML_ERRORS = (*ZIP_ERRORS, ParseError, AttributeError, TypeError, IndexError)
_KEPT_BYTES = 256 << 20
_MOST_CELLS = 60_000_000  # a cell costs the reader 32 bytes, whether it holds something or not
_SMALL_XML = 4 << 20
_DIMENSION = re.compile(rb'<(?:\w+:)?dimension\s[^>]*ref="([A-Z]+[1-9]\d*:[A-Z]+[1-9]\d*)"')
Sparse = Callable[[Opened, str, list[Issue]], Grid]


@dataclass(frozen=True)
class SheetInfo:
    """A sheet's name, and whether people see it."""

    name: str
    is_hidden: bool
    is_worksheet: bool


@dataclass
class Sheets:
    """The sheets of one workbook. Small ones are kept once read; a large one is read again.

    ``sparse`` reads a sheet whose few cells lie too far apart for the fast reader.
    """

    opened: Opened
    sparse: Sparse
    issues: list[Issue] = field(default_factory=list)
    package: Package | None = None
    date_system: str = "1900"
    _workbook: CalamineWorkbook | None = field(default=None, repr=False)
    _grids: dict[str, Grid] = field(default_factory=dict, repr=False)
    _marks: dict[str, Marks] = field(default_factory=dict, repr=False)
    _kept: int = 0
    _others: Mapping[str, Marks] | None = field(default=None, repr=False)
    _merges: Mapping[str, list[Merge]] = field(default_factory=dict, repr=False)
    _too_large: set[str] = field(default_factory=set)

    @property
    def path(self) -> Path:
        return self.opened.path

    def open(self) -> list[SheetInfo]:
        """Open the workbook and list its sheets. Raises SourceError where it is damaged."""
        self._workbook = self.opened.workbook()
        if self.opened.kind == "xlsx":
            try:
                with self.opened.archive() as archive:
                    self.package = package_of(archive)
                    self.date_system = self.package.date_system
            except _XML_ERRORS as problem:
                self.issues.append(_unread(self.path, problem))
        return [
            SheetInfo(
                sheet.name,
                sheet.visible != SheetVisibleEnum.Visible,
                sheet.typ == SheetTypeEnum.WorkSheet,
            )
            for sheet in self._workbook.sheets_metadata
        ]

    def close(self) -> None:
        """Let the file go; a sheet that is asked for again opens it again."""
        self._workbook = None

    def grid(self, name: str) -> Grid:
        """Give the cells of a sheet. Raises SourceError where it is damaged."""
        if name in self._grids:
            return self._grids[name]
        grid = self._read(name)
        if self._kept + grid.nbytes <= _KEPT_BYTES:
            self._grids[name] = grid
            self._kept += grid.nbytes
        return grid

    def marks(self, name: str) -> Marks:
        """Give what is marked on a sheet; it is found while the sheet's cells are read."""
        if name not in self._marks:
            self.grid(name)
        return self._marks[name]

    def _read(self, name: str) -> Grid:
        part = self.package.parts.get(name) if self.package else None
        if self.opened.kind != "xlsx" or part is None:
            marks = self._other_marks(name)
            self._marks[name] = marks
            return with_zeros(self._values(name, marks), marks.zeros)
        pieces: list[Piece] = []
        if not self._is_surely_dense(part.path):
            extent, pieces = self._measured(part.path)
            if extent.rows * extent.columns > _MOST_CELLS:
                self._marks[name] = self._scan(name, pieces)
                return self.sparse(self.opened, name, self.issues)
        with ThreadPoolExecutor(1) as beside:
            known = self._marks.get(name)
            pending = None if known else beside.submit(self._scan, name, pieces)
            workbook = self._workbook or self.opened.workbook()
            sheet = guarded(self.path, lambda: workbook.get_sheet_by_name(name))
            marks = known or (pending.result() if pending else Marks())
        self._marks[name] = marks
        return with_zeros(self._values(name, marks, sheet), marks.zeros)

    def _measured(self, part: str) -> tuple[Extent, list[Piece]]:
        """How far a sheet reaches; its XML too, where it is small enough to be kept."""
        try:
            with self.opened.archive() as archive, archive.open(part) as stream:
                if archive.getinfo(part).file_size > _KEPT_BYTES:
                    return extent_of(whole_rows(stream)), []
                pieces = list(whole_rows(stream))
                return extent_of(pieces), pieces
        except _XML_ERRORS:
            return Extent(0, 0), []

    def _other_marks(self, name: str) -> Marks:
        """The marks of a sheet of an .xls, .xlsb or .ods; all sheets of those are read at once."""
        if self._others is None:
            self._others = {}
            try:
                if self.opened.kind == "xls":
                    with self.opened.stream() as stream:
                        found, self.date_system = marks_of_xls(stream.read())
                    self._others = dict(zip(self._names(), found, strict=False))
                elif self.opened.kind == "xlsb":
                    with self.opened.archive() as archive:
                        self._others, self.date_system = marks_of_xlsb(archive)
                elif self.opened.kind == "ods":
                    with self.opened.archive() as archive:
                        sheets = ods_sheets(archive)
                    self._merges = {name: sheet.merges for name, sheet in sheets.items()}
                    self._others = {name: sheet.marks() for name, sheet in sheets.items()}
                    self._too_large = {n for n, sheet in sheets.items() if sheet.is_too_large}
            except (*XLS_ERRORS, *XLSB_ERRORS, *_XML_ERRORS, ExpatError) as problem:
                self.issues.append(_unread(self.path, problem))
        if name in self._too_large:
            raise too_large(self.path, name)
        return self._others.get(name, Marks())

    def _names(self) -> list[str]:
        workbook = self._workbook or self.opened.workbook()
        return [sheet.name for sheet in workbook.sheets_metadata]

    def _scan(self, name: str, pieces: list[Piece]) -> Marks:
        assert self.package is not None
        part = self.package.parts[name]
        comments: dict[tuple[int, int], str] = {}
        try:
            with self.opened.archive() as archive:
                if pieces:
                    marks = scan(pieces, self.package.styles)
                else:
                    with archive.open(part.path) as stream:
                        marks = scan(whole_rows(stream), self.package.styles)
                if part.comments and part.comments in archive.namelist():
                    for ref, text in comments_of(archive, part.comments):
                        area = area_of(f"{ref}:{ref}")
                        if area and text:
                            comments[area.top, area.left] = text
        except _XML_ERRORS as problem:
            self.issues.append(_unread(self.path, problem))
            return Marks()
        return replace(marks, comments=comments)

    def _is_surely_dense(self, part: str) -> bool:
        """Tell that a sheet fits into memory without measuring it.

        The fast reader keeps the empty cells too. A sheet whose XML is long enough for the
        rectangle that it claims is no sparse one.
        """
        try:
            with self.opened.archive() as archive:
                size = archive.getinfo(part).file_size
                if size < _SMALL_XML:
                    return False
                with archive.open(part) as stream:
                    claimed = _DIMENSION.search(stream.read(8192))
        except _XML_ERRORS:
            return False
        area = area_of(claimed.group(1).decode()) if claimed else None
        cells = (area.bottom * area.right) if area else 0
        return size // 1000 < cells <= min(size // 4, _MOST_CELLS)

    def _values(self, name: str, marks: Marks, sheet: CalamineSheet | None = None) -> Grid:
        if sheet is None:
            workbook = self._workbook or self.opened.workbook()
            sheet = guarded(self.path, lambda: workbook.get_sheet_by_name(name))
        found = sheet

        def work() -> Grid:
            start = found.start
            patches = marks.patches
            left = start[1] + 1 if start else 1
            right = left + found.width - 1 if start else 0
            for cells in patches.values():
                left = min(left, *(column for column, _ in cells))
                right = max(right, *(column for column, _ in cells))
            if right < left:
                return grid_of([], width=0)
            rows: Iterator[RawRow] = enumerate(found.iter_rows(), start=1) if start else iter(())
            if patches:
                before = start[1] + 1 - left if start else 0
                rows = _patched(rows, patches, left, right, before)
            return grid_of(
                rows,
                width=right - left + 1,
                left=left,
                merges=self._merges.get(name) or _merges(found),
            )

        return guarded(self.path, work)

    def picklist(self, picklist: Picklist, sheet: str) -> Picklist:
        """Look up the values that a drop-down takes from cells."""
        if picklist.values or not self.package:
            return picklist
        source = self.package.defined.get(picklist.source, picklist.source)
        name, _, place = source.rpartition("!")
        area = area_of(place if ":" in place else f"{place}:{place}")
        name = name.strip("'").replace("''", "'") or sheet
        if area is None or name not in self.package.parts:
            return picklist
        grid = cut(self.grid(name), area)
        values = [text for column in grid.columns for text in column.to_pylist() if text]
        return replace(picklist, values=tuple(dict.fromkeys(values)))


def _merges(sheet: CalamineSheet) -> list[Merge]:
    return [
        ((top + 1, left + 1), (bottom + 1, right + 1))
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
    ]


def _patched(
    rows: Iterator[RawRow],
    patches: Mapping[int, list[tuple[int, str]]],
    left: int,
    right: int,
    before: int,
) -> Iterator[RawRow]:
    """Put the texts that the fast reader leaves out into their cells."""
    width, last = right - left + 1, 0
    for number, cells in rows:
        last = number
        values: list[Any] = [*[""] * before, *cells]
        values += [""] * (width - len(values))
        for column, text in patches.get(number, ()):
            values[column - left] = text
        yield number, values
    for number in sorted(n for n in patches if n > last):
        values = [""] * width
        for column, text in patches[number]:
            values[column - left] = text
        yield number, values


def _unread(path: Path, problem: Exception) -> Issue:
    return Issue(
        code="formats_unread", severity="warning", place=str(path),
        message="number formats, error cells and hidden rows could not be read"
        f" ({type(problem).__name__}); leading zeros may be missing",
        hint="open the workbook in a spreadsheet program, save it again, then run again",
    )  # fmt: skip


def too_large(path: Path, name: str) -> SourceError:
    """Say that a sheet cannot be held."""
    return SourceError(
        f'the sheet "{name}" reaches farther than memory allows',
        hint="delete the empty rows and columns around the table, and save the workbook",
        where=str(path),
    )


def no_sheet(path: Path, wanted: str, names: list[str], near: str, table: str) -> SourceError:
    """Say that there is no such sheet."""
    return SourceError(
        f'there is no sheet "{wanted}"; there are: {", ".join(names)}',
        hint=f'did you mean "{near}"?' if near else f"give table {table} its `sheet`",
        where=str(path),
    )
