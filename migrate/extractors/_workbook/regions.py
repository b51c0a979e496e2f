"""Which tables are on a sheet? Rectangles of filled cells, with the notes around them.

A sheet is cut where whole columns or rows are empty *and* what follows is a table of its own: it
has its own header. An empty row inside a table, or an empty column under one header, cuts nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from migrate.extractors._workbook.grid import BLANK, TEXT, Grid, Mask
from migrate.extractors._workbook.sheet import find_header_rows, head_of

_MOST_PARTS = 50
_JUDGED_ROWS = 3_000
_RANGE = re.compile(
    r"\$?([A-Z]{1,3})\$?([1-9]\d*):\$?([A-Z]{1,3})(?:\$?([1-9]\d*))?", re.IGNORECASE
)


@dataclass(frozen=True)
class Area:
    """A rectangle on a sheet, rows and columns counted from 1; ``bottom`` 0 is open to below."""

    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        below = self.bottom or ""
        return f"{letters_of(self.left)}{self.top}:{letters_of(self.right)}{below}"


@dataclass(frozen=True)
class Regions:
    """The tables' rectangles, in reading order, and the cells (row, column) that are only notes."""

    areas: tuple[Area, ...]
    notes: tuple[tuple[int, int, str], ...] = ()


def letters_of(number: int) -> str:
    """Name a column as spreadsheets do.

    >>> [letters_of(n) for n in (1, 26, 27, 703)]
    ['A', 'Z', 'AA', 'AAA']
    """
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def number_of(letters: str) -> int:
    """Give a column's number: the inverse of letters_of.

    >>> number_of("AAA")
    703
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def area_of(text: str) -> Area | None:
    """Read a range; None where it is none. Without a last row it is open to below.

    >>> print(area_of("B3:F20"), area_of("$b$3:$F"), area_of("B3"))
    B3:F20 B3:F None
    """
    found = _RANGE.fullmatch(text.strip())
    if not found:
        return None
    first, top, last, bottom = found.groups()
    area = Area(int(top), number_of(first), int(bottom or 0), number_of(last))
    is_upright = area.left <= area.right and (not area.bottom or area.top <= area.bottom)
    return area if is_upright else None


def cut(grid: Grid, area: Area) -> Grid:
    """Give the part of a grid that lies in an area: its rows that hold something there."""
    first = max(area.left - grid.left, 0)
    stop = min(area.right - grid.left + 1, grid.width)
    columns, kinds = grid.columns[first:stop], grid.kinds[first:stop]
    inside = grid.rows >= area.top
    if area.bottom:
        inside &= grid.rows <= area.bottom
    if kinds:
        inside &= np.any([kind != BLANK for kind in kinds], axis=0)
    merges = tuple(
        m
        for m in grid.merges
        if m[0][0] >= area.top
        and (not area.bottom or m[0][0] <= area.bottom)
        and area.left <= m[0][1] <= area.right
    )
    if inside.all():
        return replace(grid, columns=columns, kinds=kinds, left=grid.left + first, merges=merges)
    places = np.flatnonzero(inside)
    if len(places) and places[-1] - places[0] + 1 == len(places):
        begin, size = int(places[0]), len(places)
        texts = tuple(column.slice(begin, size) for column in columns)
    else:
        texts = tuple(column.take(places) for column in columns)
    return Grid(
        grid.rows[places],
        texts,
        tuple(kind[places] for kind in kinds),
        grid.left + first,
        merges,
    )


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
    parts = _parts(grid, kinds, np.arange(len(grid.rows)), 0, grid.width)
    if len(parts) > _MOST_PARTS:  # confetti, not tables
        parts = [_Part(np.arange(len(grid.rows)), 0, grid.width)]
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
    areas = sorted((_area(grid, part) for part in tables), key=lambda area: (area.top, area.left))
    return Regions(tuple(areas), tuple(sorted(notes)))


@dataclass(frozen=True, eq=False)
class _Part:
    """Some rows (positions in the grid) and neighbouring columns."""

    rows: npt.NDArray[np.intp]
    first: int
    stop: int


def _area(grid: Grid, part: _Part) -> Area:
    return Area(
        int(grid.rows[part.rows[0]]),
        grid.left + part.first,
        int(grid.rows[part.rows[-1]]),
        grid.left + part.stop - 1,
    )


def _size(kinds: npt.NDArray[np.uint8], part: _Part) -> int:
    return int((kinds[part.rows, part.first : part.stop] != BLANK).sum())


def _is_table(kinds: npt.NDArray[np.uint8], part: _Part) -> bool:
    inside = kinds[part.rows, part.first : part.stop] != BLANK
    rows, columns = inside.shape
    if columns == 1:
        return bool(rows >= 5)
    return bool(rows >= 2 and (inside.sum(axis=1) >= 2).sum() >= 2)


def _parts(
    grid: Grid, kinds: npt.NDArray[np.uint8], rows: npt.NDArray[np.intp], first: int, stop: int
) -> list[_Part]:
    part = _trimmed(kinds, rows, first, stop)
    beside = _beside(grid, kinds, part)
    if len(beside) > 1:
        return [p for b in beside for p in _parts(grid, kinds, b.rows, b.first, b.stop)]
    stacked = _stacked(grid, kinds, part)
    if len(stacked) > 1:
        return [p for s in stacked for p in _parts(grid, kinds, s.rows, s.first, s.stop)]
    return [part]


def _trimmed(
    kinds: npt.NDArray[np.uint8], rows: npt.NDArray[np.intp], first: int, stop: int
) -> _Part:
    inside = kinds[rows, first:stop] != BLANK
    columns = np.flatnonzero(inside.any(axis=0))
    return _Part(rows[inside.any(axis=1)], first + int(columns[0]), first + int(columns[-1]) + 1)


# -- side by side -----------------------------------------------------------------------------


def _beside(grid: Grid, kinds: npt.NDArray[np.uint8], part: _Part) -> list[_Part]:
    """Cut at empty columns, where the right side is a table or a note of its own."""
    filled = (kinds[part.rows, part.first : part.stop] != BLANK).any(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], filled, [False]]).astype(int)))
    runs = [(part.first + int(a), part.first + int(b)) for a, b in edges.reshape(-1, 2)]
    if len(runs) == 1:
        return [part]
    result = [_trimmed(kinds, part.rows, *runs[0])]
    for run in runs[1:]:
        right = _trimmed(kinds, part.rows, *run)
        if _is_apart(grid, kinds, result[-1], right):
            result.append(right)
        else:
            result[-1] = _trimmed(kinds, part.rows, result[-1].first, run[1])
    return result


def _is_apart(grid: Grid, kinds: npt.NDArray[np.uint8], left: _Part, right: _Part) -> bool:
    heads = _header(grid, left), _header(grid, right)
    names = [set(texts) for _, texts in heads]
    if len(names[0] & names[1]) * 2 >= max(len(names[1]), 2) or (names[1] and names[1] <= names[0]):
        return True
    widths = left.stop - left.first, right.stop - right.first
    if heads[0][0] != heads[1][0]:
        return True
    if 1 in widths:
        return False
    if all(
        _has_own_title(kinds, p, grid, head[0])
        for p, head in zip((left, right), heads, strict=True)
    ):
        return True
    if left.rows[-1] == right.rows[-1]:
        return False
    return all(_is_dense(kinds, p) for p in (left, right))


def _has_own_title(kinds: npt.NDArray[np.uint8], part: _Part, grid: Grid, header_row: int) -> bool:
    """Tell whether one text stands above the header, at the part's first column."""
    place = int(np.searchsorted(grid.rows, header_row)) - 1
    if place < 0 or place not in part.rows:
        return False
    filled = np.flatnonzero(kinds[place, part.first : part.stop] != BLANK)
    return filled.tolist() == [0] and kinds[place, part.first] == TEXT


def _is_dense(kinds: npt.NDArray[np.uint8], part: _Part) -> bool:
    """Tell whether nearly every row between the part's first and last holds something in it."""
    return bool(len(part.rows) * 10 >= (part.rows[-1] - part.rows[0] + 1) * 9)


def _header(grid: Grid, part: _Part) -> tuple[int, list[str]]:
    """The last header row's number, and the texts of it."""
    sub = cut(grid, _area(grid, replace(part, rows=part.rows[:100])))
    head = head_of(sub, 60)
    rows = find_header_rows(head, sub.merges, sub.left)
    by_number = dict(head)
    texts = [str(c).casefold() for c in by_number.get(rows[-1], []) if c != ""] if rows else []
    return (rows[-1] if rows else 0), texts


# -- stacked ----------------------------------------------------------------------------------


def _stacked(grid: Grid, kinds: npt.NDArray[np.uint8], part: _Part) -> list[_Part]:
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
    return [_Part(np.concatenate(group), part.first, part.stop) for group in groups]


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
    grid: Grid, inside: npt.NDArray[np.uint8], part: _Part, rows: npt.NDArray[np.intp]
) -> _Above:
    number, _ = _header(grid, _Part(rows, part.first, part.stop))
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
    grid: Grid, inside: npt.NDArray[np.uint8], part: _Part, segment: npt.NDArray[np.intp]
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


def cells_of(notes: Sequence[tuple[int, int, str]]) -> list[str]:
    """Name the cells of notes, for a message.

    >>> cells_of([(3, 8, "note")])
    ['H3']
    """
    return [f"{letters_of(column)}{row}" for row, column, _ in notes]
