"""What tables does a workbook hold (.xlsx, .xlsm, .xls, .xlsb, .ods)?

calamine reads the values. What it does not tell (number formats that show leading zeros, error
cells, hidden rows and columns, colours, strikes, comments, drop-downs, formulas that were never
calculated) is searched for in the file's XML, beside it. openpyxl reads the sheet whose few cells
lie so far apart that calamine would need more memory than there is.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl

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
from migrate.extractors._workbook.areas import Area, area_of, letters_of
from migrate.extractors._workbook.count import counted_rows
from migrate.extractors._workbook.file import (
    PASSWORD_VARIABLE,
    Opened,
    is_encrypted,
    open_workbook,
    password_of,
)
from migrate.extractors._workbook.grid import BLANK, Grid, grid_of
from migrate.extractors._workbook.issues import gathered, region_issues, skipped_sheet
from migrate.extractors._workbook.layout import Sheet
from migrate.extractors._workbook.regions import Regions, find_regions
from migrate.extractors._workbook.sheets import SheetInfo, Sheets, no_sheet
from migrate.extractors._workbook.tables import TABLE_OPTIONS, table_of
from migrate.values import Issue, Table

__all__ = ["PASSWORD_VARIABLE", "is_encrypted", "read_tables"]

_OPENPYXL_ERRORS = (
    ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, SyntaxError,
    zipfile.BadZipFile, EOFError,
)  # fmt: skip
_WIDEST_GAP = 100  # empty columns; what lies beyond is a stray, not a table
Plan = list[tuple[str, str, Area, Mapping[str, Any]]]  # table, sheet, where on it, its options


def read_tables(
    place: str | Path,
    *,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
    **options: Any,
) -> list[Table]:
    """Give the tables named in ``tables``, or all that stand on the visible sheets.

    ``password`` (better: the environment variable CRM_MIGRATE_PASSWORD) opens an encrypted file.
    """
    path = existing_file(Path(place))
    check_options(options, ("tables", "only", "password"), str(path))
    table_options(tables or {}, TABLE_OPTIONS, str(path))
    sheets = Sheets(open_workbook(path, password_of(options, path)), _sparse_grid)
    found = sheets.open()
    regions: dict[str, Regions] = {}
    if tables:
        plan, said = _named(sheets, found, tables, regions)
    else:
        plan, said = _all(sheets, found, regions)
    names = chosen([name for name, _, _, _ in plan], only, str(path))
    said[""] = [*said.get("", []), *sheets.issues]
    result = []
    for name, sheet, area, own in plan:
        if name in names:
            first = [*said.pop("", []), *said.pop(sheet, [])]
            is_last = not any(_is_below(other, area) for _, s, other, _ in plan if s == sheet)
            is_last = is_last and not regions.get(sheet, Regions(())).has_notes_below(area)
            here = replace(_sheet(sheets, sheet), evidence=_evidence(found, sheet, area, regions))
            result.append(table_of(here, name, area, own, is_last=is_last, first=first))
    sheets.close()
    return result


def _sheet(sheets: Sheets, name: str) -> Sheet:
    marks = sheets.marks(name)
    marks = replace(marks, picklists=tuple(sheets.picklist(p, name) for p in marks.picklists))
    part = sheets.package.parts.get(name) if sheets.package else None
    count = partial(counted_rows, sheets.opened, part.path) if part else None
    sheet = Sheet(sheets.path, name, partial(sheets.grid, name), marks, sheets.date_system)
    return replace(sheet, count_rows=count) if count else sheet


def _evidence(
    found: Sequence[SheetInfo], name: str, area: Area, regions: Mapping[str, Regions]
) -> dict[str, str]:
    """Why a table is read from this sheet and this part of it, and what came second."""
    visible = [sheet.name for sheet in found if sheet.is_worksheet and not sheet.is_hidden]
    others = ", ".join(other for other in visible if other != name)
    is_hidden = name not in visible
    why = "hidden" if is_hidden else f"visible, {visible.index(name) + 1} of {len(visible)}"
    second = regions[name].runner_up(area) if name in regions else ""
    return {"sheet": why, "sheet_runner_up": others, "range_runner_up": second}


def _is_below(other: Area, area: Area) -> bool:
    return other.top > area.top and other.left <= area.right and area.left <= other.right


# -- nothing told -----------------------------------------------------------------------------


def _all(
    sheets: Sheets, found: Sequence[SheetInfo], regions: dict[str, Regions]
) -> tuple[Plan, dict[str, list[Issue]]]:
    said: dict[str, list[Issue]] = {"": []}
    for sheet in found:
        if not sheet.is_worksheet:
            continue
        if sheet.is_hidden:
            said[""].append(skipped_sheet(sheets.path, sheet.name))
            continue
        on_sheet = find_regions(sheets.grid(sheet.name))
        if on_sheet.areas:
            regions[sheet.name] = on_sheet
    if not regions:
        hidden = [sheet.name for sheet in found if sheet.is_hidden]
        raise SourceError(
            "no visible sheet holds anything",
            hint=f"name a hidden sheet in `tables`: {', '.join(hidden)}"
            if hidden
            else "export the workbook again",
            where=str(sheets.path),
        )
    plan: Plan = []
    for name, sheet_name, area in _auto_names(regions):
        plan.append((name, sheet_name, area, {}))
    for sheet_name, on_sheet in regions.items():
        said[sheet_name] = list(region_issues(f"{sheets.path.name}!{sheet_name}", on_sheet))
    return plan, said


def _auto_names(regions: Mapping[str, Regions]) -> list[tuple[str, str, Area]]:
    """Name the tables: by the sheet, the second and later on it numbered."""
    bases = dict(zip(regions, unique_names(map(slug, regions)), strict=True))
    places = [(sheet, area) for sheet, found in regions.items() for area in found.areas]
    later = [
        bases[sheet] if area is regions[sheet].areas[0]
        else f"{bases[sheet]}_{regions[sheet].areas.index(area) + 1}"
        for sheet, area in places
    ]  # fmt: skip
    return [
        (name, sheet, area) for name, (sheet, area) in zip(unique_names(later), places, strict=True)
    ]


# -- tables told ------------------------------------------------------------------------------


def _named(
    sheets: Sheets,
    found: Sequence[SheetInfo],
    tables: Mapping[str, Mapping[str, Any]],
    regions: dict[str, Regions],
) -> tuple[Plan, dict[str, list[Issue]]]:
    def on(sheet: str) -> Regions:
        if sheet not in regions:
            regions[sheet] = find_regions(sheets.grid(sheet))
        return regions[sheet]

    names = [sheet.name for sheet in found if sheet.is_worksheet]
    plan: Plan = []
    for table, own in tables.items():
        sheet, position = _sheet_of(sheets, found, table, own, on)
        if sheet not in names:
            raise no_sheet(sheets.path, sheet, names, nearest(sheet, names), table)
        area = _given_area(own, f"{sheets.path}, table {table}")
        if area is None:
            areas = on(sheet).areas
            if not areas:
                raise SourceError(
                    "the sheet is empty",
                    hint="choose another sheet, or export it again",
                    where=f"{sheets.path.name}!{sheet}",
                )
            area = _with_header(areas, own.get("header_rows"), sheets.grid(sheet), position)
        plan.append((table, sheet, area, own))
    said = {
        sheet: _left_issues(sheets, sheet, [a for _, s, a, _ in plan if s == sheet])
        for sheet in dict.fromkeys(sheet for _, sheet, _, _ in plan)
    }
    return plan, said


def _sheet_of(
    sheets: Sheets, found: Sequence[SheetInfo], table: str, own: Mapping[str, Any], on: Any
) -> tuple[str, int]:
    """The sheet of a table, and which of its tables is meant (from 0)."""
    names = [sheet.name for sheet in found if sheet.is_worksheet]
    if own.get("sheet"):
        wanted = str(own["sheet"])
        stem, _, number = table.rpartition("_")
        position = int(number) - 1 if stem == slug(wanted) and number.isdecimal() else 0
        return wanted, max(position, 0)
    direct = next((name for name in names if table in (name, slug(name))), None)
    if direct:
        return direct, 0
    visible = [s.name for s in found if s.is_worksheet and not s.is_hidden]
    if slug(table).rpartition("_")[2].isdecimal():
        regions = {name: on(name) for name in visible}
        for name, sheet, area in _auto_names({n: r for n, r in regions.items() if r.areas}):
            if name == table:
                return sheet, regions[sheet].areas.index(area)
    return table, 0


def _given_area(own: Mapping[str, Any], place: str) -> Area | None:
    given = own.get("range")
    if not given:
        return None
    area = area_of(str(given))
    if area is None:
        raise UsageError(
            f'`range` is "{given}", which is no range of cells',
            hint="write it as B3:F20, or B3:F where rows are added below",
            where=place,
        )
    return area


def _with_header(areas: Sequence[Area], header_rows: Any, grid: Grid, position: int) -> Area:
    """The area that holds the header rows given; else the one at the position."""
    if position < len(areas) and not header_rows:
        return areas[position]
    if header_rows and isinstance(header_rows, (list, tuple)):
        first, last = header_rows[0], header_rows[-1]
        inside = [a for a in areas if a.top <= first and last <= a.bottom]
        if len(inside) == 1 or (inside and position >= len(areas)):
            return inside[0]
        if position < len(areas) and areas[position] in inside:
            return areas[position]
        if not inside and isinstance(first, int) and len(areas) == 1:
            # a header row above what looked like the table
            return replace(areas[0], top=min(first, areas[0].top))
        return inside[0] if inside else areas[min(position, len(areas) - 1)]
    return areas[0]


def _left_issues(sheets: Sheets, sheet: str, areas: Sequence[Area]) -> list[Issue]:
    """The cells of a sheet that no table named covers."""
    grid = sheets.grid(sheet)
    left = (
        Issue("cell_outside_tables", "warning", "no table named on this sheet covers the cell",
              place=f"{sheets.path.name}!{sheet}!{letters_of(grid.left + index)}{grid.rows[position]}",
              value=grid.text(position, index),
              hint="widen the `range` of a table, or name a table that has it")
        for index in range(grid.width)
        for position in _uncovered(grid, index, areas)
    )  # fmt: skip
    return list(gathered(left))


def _uncovered(grid: Grid, index: int, areas: Sequence[Area]) -> list[int]:
    """The filled cells of a column that lie in no area, by their position."""
    is_open = grid.kinds[index] != BLANK
    for area in areas:
        if area.left <= grid.left + index <= area.right:
            inside = grid.rows >= area.top
            if area.bottom:
                inside &= grid.rows <= area.bottom
            is_open &= ~inside
    return [int(position) for position in is_open.nonzero()[0]]


# -- cells far apart --------------------------------------------------------------------------


def _sparse_grid(opened: Opened, name: str, issues: list[Issue]) -> Grid:
    """Read a sheet that has a cell far away from the others; cells beyond a wide gap are Issues."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # drop-down lists and themes it does not keep
            # The bytes, for openpyxl judges a path by its ending.
            book = openpyxl.load_workbook(opened.stream(), data_only=True)
        cells: dict[tuple[int, int], Any] = {
            key: cell.value for key, cell in book[name]._cells.items() if cell.value is not None
        }
        merges = [
            ((m.min_row, m.min_col), (m.max_row, m.max_col)) for m in book[name].merged_cells.ranges
        ]
    except _OPENPYXL_ERRORS as problem:
        raise SourceError(
            f'the sheet "{name}" reaches farther than memory allows ({type(problem).__name__})',
            hint="delete the empty rows and columns around the table, and save the workbook",
            where=str(opened.path),
        ) from problem
    used = sorted({column for (_, column), value in cells.items() if str(value).strip()})
    last = used[0] if used else 0
    for column in used:
        if column - last > _WIDEST_GAP:
            break
        last = column
    first = used[0] if used else 1
    by_row: dict[int, list[Any]] = {}
    for (row, column), value in sorted(cells.items()):
        if first <= column <= last:
            by_row.setdefault(row, [""] * (last - first + 1))[column - first] = value
        elif str(value).strip():
            issues.append(Issue(
                "stray_cell", "warning", "the cell lies far away from the table; not read",
                place=f"{opened.path.name}!{name}!{letters_of(column)}{row}", value=str(value),
                hint="delete it if it is a stray, or move it beside the table",
            ))  # fmt: skip
    return grid_of(
        sorted(by_row.items()), width=max(last - first + 1, 0), left=first, merges=merges
    )
