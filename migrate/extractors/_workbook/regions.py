"""Which tables are on a sheet? Rectangles of filled cells, with the notes around them.

A sheet is cut where whole columns or rows are empty *and* what follows is a table of its own: it
has its own header. An empty row inside a table, or an empty column under one header, cuts nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from migrate.extractors._workbook.areas import Area, hull, is_inside
from migrate.extractors._workbook.grid import BLANK, TEXT, Grid, Mask
from migrate.extractors._workbook.sides import (
    Divide,
    Part,
    beside,
    header_of,
    part_area,
    trimmed,
)

_MOST_PARTS = 50
_MOST_SAID = 3
_JUDGED_ROWS = 3_000


@dataclass(frozen=True)
class Regions:
    """The tables' rectangles, in reading order, and the cells (row, column) that are only notes."""

    areas: tuple[Area, ...]
    notes: tuple[tuple[int, int, str], ...] = ()
    divides: tuple[Divide, ...] = ()

    def has_notes_below(self, area: Area) -> bool:
        """Tell whether the rectangle of a table would reach notes, were it open to below."""
        return any(
            row > area.bottom and area.left <= column <= area.right for row, column, _ in self.notes
        )

    def runner_up(self, area: Area) -> str:
        """Say how the rectangle of a table could have been drawn otherwise; "" where it could not.

        >>> first, second = Area(1, 1, 4, 2), Area(1, 5, 4, 6)
        >>> found = Regions((first, second), divides=(Divide(first, second, True, "two keys"),))
        >>> found.runner_up(first)
        'A1:F4 as one table; cut, for two keys'
        """
        said = []
        for divide in self.divides:
            one = hull(divide.first, divide.second)
            if divide.is_cut and (is_inside(area, divide.first) or is_inside(area, divide.second)):
                said.append(f"{one} as one table; cut, for {divide.why}")
            elif not divide.is_cut and is_inside(one, area):
                said.append(f"{divide.first} and {divide.second} as two; kept, for {divide.why}")
        return ". ".join(said[:_MOST_SAID])


def find_regions(grid: Grid) -> Regions:
    """Find the tables on a sheet.

    >>> from migrate.extractors._workbook.grid import grid_of
    >>> grid = grid_of([(1, ["id", "name", "", "code", "city"]), (2, [1.0, "A", "", "x", "Nitra"]),
    ...                 (3, [2.0, "B", "", "", ""])], width=5)
    >>> [str(area) for area in find_regions(grid).areas]
    ['A1:B3', 'D1:E2']
    """
    if not len(grid.rows):
        return Regions(())
    kinds = np.column_stack(grid.kinds)
    divides: list[Divide] = []
    parts = _parts(grid, kinds, Part(np.arange(len(grid.rows)), 0, grid.width), divides)
    if len(parts) > _MOST_PARTS:  # confetti, not tables
        divides = []
        parts = [Part(np.arange(len(grid.rows)), 0, grid.width)]
    tables = [part for part in parts if _is_table(kinds, part)]
    if not tables:
        tables = [max(parts, key=lambda part: _size(kinds, part))]
    notes = [
        (int(grid.rows[row]), grid.left + column, grid.text(int(row), column))
        for part in parts
        if not any(part is table for table in tables)
        for row in part.rows
        for column in range(part.first, part.stop)
        if kinds[row, column] != BLANK
    ]
    areas = sorted(
        (part_area(grid, part) for part in tables), key=lambda area: (area.top, area.left)
    )
    return Regions(tuple(areas), tuple(sorted(notes)), tuple(divides))


def _size(kinds: npt.NDArray[np.uint8], part: Part) -> int:
    return int((kinds[part.rows, part.first : part.stop] != BLANK).sum())


def _is_table(kinds: npt.NDArray[np.uint8], part: Part) -> bool:
    inside = kinds[part.rows, part.first : part.stop] != BLANK
    rows, columns = inside.shape
    if columns == 1:
        return bool(rows >= 5)
    return bool(rows >= 2 and (inside.sum(axis=1) >= 2).sum() >= 2)


def _parts(
    grid: Grid, kinds: npt.NDArray[np.uint8], whole: Part, divides: list[Divide]
) -> list[Part]:
    part = trimmed(kinds, whole.rows, whole.first, whole.stop)
    pieces = beside(grid, kinds, part, divides)
    if len(pieces) == 1:
        pieces = _stacked(grid, kinds, part)
        divides += _cuts_below(grid, kinds, part, pieces)
    if len(pieces) == 1:
        return [part]
    return [p for piece in pieces for p in _parts(grid, kinds, piece, divides)]


def _cuts_below(
    grid: Grid, kinds: npt.NDArray[np.uint8], part: Part, pieces: list[Part]
) -> list[Divide]:
    """What was decided at the empty rows of a part; of those inside a table only the first."""
    areas = [part_area(grid, trimmed(kinds, p.rows, p.first, p.stop)) for p in pieces]
    cuts = [
        Divide(one, other, is_cut=True, why="an empty row and another header below it")
        for one, other in pairwise(areas)
    ]
    breaks = np.flatnonzero(np.diff(grid.rows[part.rows]) > 1) + 1
    if cuts or not len(breaks):
        return cuts
    above, below = np.split(part.rows, breaks[:1])
    halves = (Part(rows, part.first, part.stop) for rows in (above, below))
    one, other = (part_area(grid, trimmed(kinds, h.rows, h.first, h.stop)) for h in halves)
    return [Divide(one, other, is_cut=False, why="there is no other header below the empty row")]


# -- stacked ----------------------------------------------------------------------------------


def _stacked(grid: Grid, kinds: npt.NDArray[np.uint8], part: Part) -> list[Part]:
    """Cut at empty rows, where what is below begins with a header of its own."""
    breaks = np.flatnonzero(np.diff(grid.rows[part.rows]) > 1) + 1
    if not len(breaks):
        return [part]
    segments = np.split(part.rows, breaks)
    inside = kinds[:, part.first : part.stop]
    groups: list[list[npt.NDArray[np.intp]]] = [[segments[0]]]
    seen: dict[tuple[int, int], _Above] = {}
    title: npt.NDArray[np.intp] | None = None
    for segment in segments[1:]:
        texts = _first_texts(grid, inside, part, segment)
        is_new = False
        if texts:
            size = min(sum(map(len, groups[-1])), _JUDGED_ROWS)
            above = seen.get((len(groups), size))
            if above is None:
                above = _above(grid, inside, part, np.concatenate(groups[-1])[:_JUDGED_ROWS])
                seen[len(groups), size] = above
            is_new = _begins_table(inside, above, segment, texts, is_titled=title is not None)
        if is_new:
            groups.append([segment] if title is None else [title, segment])
            title = None
            continue
        if title is not None:
            groups[-1].append(title)
            title = None
        if _is_title(inside, segment):
            title = segment
        else:
            groups[-1].append(segment)
    if title is not None:
        groups[-1].append(title)
    return [Part(np.concatenate(group), part.first, part.stop) for group in groups]


def _is_title(inside: npt.NDArray[np.uint8], rows: npt.NDArray[np.intp]) -> bool:
    cells = inside[rows]
    return len(rows) <= 2 and bool(
        ((cells != BLANK).sum(axis=1) <= 2).all() and ((cells == BLANK) | (cells == TEXT)).all()
    )


@dataclass(frozen=True)
class _Above:
    """What is known of the table above an empty row; ``header`` None where it is none yet.

    ``is_form``: labels with a value beside each ("Company: ACME"), which belong to what follows.
    """

    header: npt.NDArray[np.uint8] | None
    texts: dict[int, str]
    values: Mask
    is_full: bool
    is_block: bool
    is_form: bool = False


def _above(
    grid: Grid, inside: npt.NDArray[np.uint8], part: Part, rows: npt.NDArray[np.intp]
) -> _Above:
    number, _ = header_of(grid, Part(rows, part.first, part.stop))
    table = inside[rows]
    top = int(np.searchsorted(grid.rows[rows], number)) if number else len(rows)
    if top >= len(rows) - 1:  # nothing but titles so far, or values without a header
        is_block = bool(((table != BLANK).sum(axis=1) >= 2).sum() >= 3)
        return _Above(None, {}, _value_columns(table), False, is_block)
    if _is_form(grid, table, rows, part.first):
        return _Above(None, {}, _value_columns(table), False, False, is_form=True)
    header, body = table[top], table[top + 1 :]
    texts = {
        int(i): grid.text(int(rows[top]), part.first + int(i)).casefold()
        for i in np.flatnonzero(header != BLANK)
    }
    is_full = bool((body[:, header != BLANK] != BLANK).mean() >= 0.8)
    return _Above(header, texts, _value_columns(body), is_full, True)


def _is_form(
    grid: Grid, table: npt.NDArray[np.uint8], rows: npt.NDArray[np.intp], first: int
) -> bool:
    sizes = (table != BLANK).sum(axis=1)
    if len(rows) > 15 or sizes.max() > 2:
        return False
    columns = np.flatnonzero((table != BLANK).any(axis=0))
    labels = [grid.text(int(row), first + int(columns[0])).strip() for row in rows]
    if sum(label.endswith(":") for label in labels) * 2 >= len(labels):
        return True
    values = table[:, columns[-1]]
    kinds = set(values[values != BLANK].tolist())
    return len(columns) == 2 and len(rows) > 2 and len(kinds) > 2  # text, number, day


def _first_texts(
    grid: Grid, inside: npt.NDArray[np.uint8], part: Part, segment: npt.NDArray[np.intp]
) -> dict[int, str]:
    """The texts of a row that could be a header, by column; empty where it cannot be one."""
    start = _header_offset(inside, segment)
    header = inside[segment[start]]
    columns = np.flatnonzero(header == TEXT)
    if len(segment) < start + 2 or len(columns) < 2 or (header > TEXT).any():
        return {}
    texts = {
        int(i): grid.text(int(segment[start]), part.first + int(i)).casefold() for i in columns
    }
    return texts if len(set(texts.values())) == len(texts) else {}


def _header_offset(inside: npt.NDArray[np.uint8], segment: npt.NDArray[np.intp]) -> int:
    start = 0
    while start < min(2, len(segment) - 2) and (inside[segment[start]] != BLANK).sum() == 1:
        start += 1
    return start


def _begins_table(
    inside: npt.NDArray[np.uint8],
    above: _Above,
    segment: npt.NDArray[np.intp],
    texts: dict[int, str],
    *,
    is_titled: bool,
) -> bool:
    """Tell whether rows after an empty row are another table than the rows above it."""
    start = _header_offset(inside, segment)
    is_titled = is_titled or start > 0
    header, body = inside[segment[start]], inside[segment[start + 1 :]]
    named = header == TEXT
    values = _value_columns(body)
    own_values = bool((values & named).any())
    if above.is_form:
        return False
    if above.header is None:
        return above.is_block and own_values
    if texts.items() <= above.texts.items():
        return False  # the header again, on the next page
    covered = above.values & named
    breaks_type = bool(covered.any()) and covered.sum() * 2 >= above.values.sum()
    has_other_width = _extent(above.header) != _extent(header)
    if own_values and (breaks_type or has_other_width or is_titled):
        return True
    if has_other_width and breaks_type:
        return True
    is_full = bool((body[:, named] != BLANK).mean() >= 0.9) and not (body[:, ~named] != BLANK).any()
    return has_other_width and is_full and above.is_full and len(body) >= 2


def _value_columns(body: npt.NDArray[np.uint8]) -> Mask:
    """Which columns hold numbers, days and the like in four of five filled cells."""
    filled = (body != BLANK).sum(axis=0)
    values = (body > TEXT).sum(axis=0)
    return np.asarray((filled > 0) & (values * 5 >= filled * 4), dtype=bool)


def _extent(row: npt.NDArray[np.uint8]) -> tuple[int, int]:
    columns = np.flatnonzero(row != BLANK)
    return (int(columns[0]), int(columns[-1])) if len(columns) else (0, -1)
