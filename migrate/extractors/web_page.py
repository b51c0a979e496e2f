"""What tables does a web page or an "XML Spreadsheet 2003" hold? Both are often called .xls."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from migrate.errors import SourceError, UsageError
from migrate.extractors._text import (
    check_options,
    chosen,
    existing_file,
    nearest,
    slug,
    table_options,
    unique_names,
)
from migrate.extractors._workbook.areas import Area, area_of
from migrate.extractors._workbook.grid import Grid, grid_of
from migrate.extractors._workbook.issues import region_issues, skipped_sheet
from migrate.extractors._workbook.layout import Sheet
from migrate.extractors._workbook.marks import Marks
from migrate.extractors._workbook.regions import Regions, find_regions
from migrate.extractors._workbook.spreadsheet_2003 import is_spreadsheet_2003, xml_sheets
from migrate.extractors._workbook.tables import TABLE_OPTIONS, table_of
from migrate.extractors._workbook.web_tables import web_tables
from migrate.values import Table

_CHARSET = re.compile(
    rb"""charset\s*=\s*["']?\s*([\w.:-]+)|encoding\s*=\s*["']([\w.:-]+)""", re.IGNORECASE
)
_MOST_BYTES = 512 << 20
_SAME = {"iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
         "gb2312": "gb18030", "gbk": "gb18030", "iso-8859-9": "cp1254", "shift_jis": "cp932"}  # fmt: skip


def read_tables(
    place: str | Path,
    *,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
    **options: Any,
) -> list[Table]:
    """Give the tables named in ``tables``, or all that the page or workbook shows.

    ``encoding`` overrules what the page says of itself; ``sheet`` names a table by its caption,
    or by its number on the page.
    """
    path = existing_file(Path(place))
    check_options(options, ("tables", "only", "encoding"), str(path))
    table_options(tables or {}, (*TABLE_OPTIONS, "encoding"), str(path))
    own_encodings = {str(own["encoding"]) for own in (tables or {}).values() if own.get("encoding")}
    encoding = str(options.get("encoding") or next(iter(sorted(own_encodings)), ""))
    try:
        data = path.read_bytes() if path.stat().st_size <= _MOST_BYTES else b""
    except OSError as problem:
        raise SourceError(
            f"cannot be read ({problem.strerror})",
            hint="close it in other programs",
            where=str(path),
        ) from problem
    if not data:
        raise SourceError(
            "the page is too large to be read whole"
            if path.stat().st_size
            else "the file is empty",
            hint="export it as .csv or .xlsx",
            where=str(path),
        )
    sheets, said = _sheets(path, data, encoding)
    return _tables(path, sheets, said, tables or {}, only)


def _sheets(path: Path, data: bytes, encoding: str) -> tuple[list[tuple[Sheet, bool]], str]:
    """The sheets or tables of the file, whether each is hidden, and the encoding of a page."""
    if is_spreadsheet_2003(data[:8192]):
        found, system = xml_sheets(data, str(path))
        names = unique_names(sheet.name for sheet in found)
        sheets = []
        for sheet, name in zip(found, names, strict=True):
            grid = grid_of(sheet.cells(), width=sheet.width, merges=sheet.merges)
            marks = Marks(
                errors=sheet.errors,
                hidden_rows=frozenset(sheet.hidden_rows),
                hidden_columns=frozenset(sheet.hidden_columns),
                comments=sheet.comments,
            )
            made = Sheet(path, name, _kept(grid), marks, system)
            sheets.append((made, sheet.is_hidden))
        return sheets, ""
    text, said = _decoded(path, data, encoding)
    found_tables, title = web_tables(text)
    captions = [
        t.caption or f"{title or path.stem} {i}".strip() for i, t in enumerate(found_tables, 1)
    ]
    if len(found_tables) == 1 and not found_tables[0].caption:
        captions = [title or path.stem]
    sheets = []
    for table, name in zip(found_tables, unique_names(captions), strict=True):
        width = table.width
        rows = (
            (n, [*cells, *[""] * (width - len(cells))]) for n, cells in enumerate(table.rows, 1)
        )
        grid = grid_of(rows, width=width, merges=table.merges)
        marks = Marks(hidden_rows=frozenset(table.hidden_rows))
        sheets.append(
            (Sheet(path, name, _kept(grid), marks, header_rows=tuple(table.header_rows)), False)
        )
    return sheets, said


def _kept(grid: Grid) -> Callable[[], Grid]:
    return lambda: grid


def _decoded(path: Path, data: bytes, encoding: str) -> tuple[str, str]:
    """Decode a page: as told, by its mark, as UTF-8 where it is that, as it says, else cp1252."""
    candidates: list[str] = []
    if encoding:
        candidates = [encoding]
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates = ["utf-16"]
    else:
        stated = _CHARSET.search(data[:4096])
        name = (stated.group(1) or stated.group(2)).decode().lower() if stated else ""
        candidates = ["utf-8-sig", _SAME.get(name, name), "cp1252", "latin-1"]
    for candidate in filter(None, candidates):
        try:
            return data.decode(candidate), candidate
        except LookupError as problem:
            if encoding:
                raise UsageError(
                    f'there is no encoding "{encoding}"', hint="write cp1250, for example",
                    where=str(path),
                ) from problem  # fmt: skip
        except UnicodeError:
            continue
    raise SourceError(
        f"the page is not written in {candidates[0]}",
        hint="give another `encoding`, or leave it out",
        where=str(path),
    )


def _tables(
    path: Path,
    sheets: list[tuple[Sheet, bool]],
    encoding: str,
    tables: Mapping[str, Mapping[str, Any]],
    only: Sequence[str] | None,
) -> list[Table]:
    first = [skipped_sheet(path, sheet.name) for sheet, is_hidden in sheets if is_hidden]
    plan: list[tuple[str, Sheet, Area, Mapping[str, Any]]] = []
    filled = [(sheet, is_hidden) for sheet, is_hidden in sheets if len(sheet.load().rows)]
    if not filled:
        raise SourceError(
            "there is no table in it",
            hint="export the data as .xlsx or .csv",
            where=str(path),
        )
    regions: dict[str, Regions] = {}
    if not tables:
        shown = [sheet for sheet, is_hidden in filled if not is_hidden]
        for sheet in shown:
            found = find_regions(sheet.load())
            if encoding:  # a table of a page is one, however it looks
                found = Regions((_all_of(sheet.load()),))
            regions[sheet.name] = found
            first += region_issues(f"{path.name}!{sheet.name}", found)
            base = slug(sheet.name)
            for number, on_sheet in enumerate(found.areas, 1):
                here = replace(sheet, evidence={"range_runner_up": found.runner_up(on_sheet)})
                plan.append((base if number == 1 else f"{base}_{number}", here, on_sheet, {}))
        names = unique_names(name for name, *_ in plan)
        plan = [(name, *rest) for name, (_, *rest) in zip(names, plan, strict=True)]  # type: ignore[misc]
    for name, own in tables.items():
        sheet = _sheet_of(path, [s for s, _ in filled], name, own)
        area = area_of(str(own["range"])) if own.get("range") else None
        if own.get("range") and area is None:
            raise UsageError(
                f'`range` is "{own["range"]}", which is no range of cells',
                hint="write it as B3:F20",
                where=f"{path}, table {name}",
            )
        plan.append((name, sheet, area or _all_of(sheet.load()), own))
    names = chosen([name for name, *_ in plan], only, str(path))
    result = []
    for name, sheet, area, own in plan:
        if name in names:
            is_last = not any(
                s.name == sheet.name and other.top > area.top for _, s, other, _ in plan
            )
            is_last = is_last and not regions.get(sheet.name, Regions(())).has_notes_below(area)
            made = table_of(sheet, name, area, own, is_last=is_last, first=first)
            if encoding:
                made = _with_encoding(made, encoding)
            result.append(made)
            first = []
    return result


def _with_encoding(table: Table, encoding: str) -> Table:
    return replace(table, reading={"encoding": encoding, **table.reading})


def _all_of(grid: Grid) -> Area:
    return Area(int(grid.rows[0]), grid.left, int(grid.rows[-1]), grid.left + grid.width - 1)


def _sheet_of(path: Path, sheets: Sequence[Sheet], table: str, own: Mapping[str, Any]) -> Sheet:
    wanted = own.get("sheet")
    if isinstance(wanted, int) and 1 <= wanted <= len(sheets):
        return sheets[wanted - 1]
    key = str(wanted or table)
    for sheet in sheets:
        if key in (sheet.name, slug(sheet.name)):
            return sheet
    if wanted is None and len(sheets) == 1:
        return sheets[0]
    names = [sheet.name for sheet in sheets]
    near = nearest(key, names)
    raise SourceError(
        f'there is no table "{key}"; there are: {", ".join(names)}',
        hint=f'did you mean "{near}"?' if near else f"give table {table} its `sheet`",
        where=str(path),
    )
