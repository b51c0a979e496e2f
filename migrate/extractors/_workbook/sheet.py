"""Where on a sheet is the header, and what does it call the columns? Knows no file format."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_high

from migrate.extractors._text import text_of
from migrate.extractors._workbook.grid import BLANK, TEXT, Grid, Merge

_SCANNED_ROWS = 60
_MOST_HEADER_ROWS = 4
_NUMBER = re.compile(r"[-+(]?\s*\d[\d\s.,'\u00a0\u202f]*\)?\s*(%|[€$£₽]|[A-Z]{3}|Kč|Sk|zł|Ft)?-?")
# what a column is never called: an address, a link, a day, a long number
_VALUE = re.compile(
    r"\S+@\S+\.\w+|https?://|www\.\w|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d\d-\d\d|(\d[ /-]?){7}"
)


@dataclass(frozen=True)
class Shown:
    """A cell that holds no text but a number, a day or the like; ``text`` is how it is written."""

    text: str

    def __str__(self) -> str:
        return self.text


Row = tuple[int, list[object]]  # the row's number on the sheet, and its cells


def head_of(grid: Grid, rows: int = 100) -> list[Row]:
    """Give the first rows of a grid as people see them: texts, other values as Shown."""
    size = min(rows, len(grid.rows))
    columns = []
    for texts, kinds in zip(grid.columns, grid.kinds, strict=True):
        shown: list[object] = [
            "" if kind == BLANK else text if kind == TEXT else Shown(text)
            for text, kind in zip(texts.slice(0, size).to_pylist(), kinds[:size], strict=True)
        ]
        columns.append(shown)
    return [
        (int(number), [column[index] for column in columns])
        for index, number in enumerate(grid.rows[:size])
    ]


def is_blank(value: object) -> bool:
    """Tell whether a cell holds nothing a person would see."""
    return value is None or (isinstance(value, str) and (not value or value.isspace()))


def find_header_rows(
    rows: Sequence[Row], merges: Sequence[Merge] = (), left: int = 1
) -> tuple[int, ...]:
    """Find the rows that together name the columns; empty where the table has no header.

    Titles are narrower than the table, or one text merged over its width. ``left`` is the number
    of the first cell's column on the sheet.

    >>> find_header_rows([(1, ["Customers 2024", "", ""]), (3, ["id", "name", "city"]),
    ...                   (4, [Shown("1"), "Ján", "Žilina"])])
    (3,)
    >>> find_header_rows([(1, ["id", "Obrat", ""]), (2, ["", "Suma", "Mena"]),
    ...                   (3, [Shown("1"), Shown("2.5"), "EUR"])])
    (1, 2)
    >>> find_header_rows([(1, [Shown("1"), "Ján", "a@example.com"]),
    ...                   (2, [Shown("2"), "Eva", "b@example.com"])])
    ()
    """
    scanned = list(rows[:_SCANNED_ROWS])
    if not scanned:
        return ()
    by_number = dict(scanned)
    sizes = [_filled(cells) for _, cells in scanned]
    several = [size for size in sizes if size > 1]  # titles and page numbers stand alone
    usual = median_high(several if len(several) > 1 else sizes)
    width = max(_filled(cells) for _, cells in scanned)
    first = _first_header(scanned, by_number, merges, left, usual)
    if not first:
        return ()
    last = _reaches_down(first, by_number, merges, width, left)
    while first - 1 in by_number and last - first < _MOST_HEADER_ROWS - 1:
        above = [m for m in merges if m[0][0] == first - 1 and 0 < m[1][1] - m[0][1] < width - 1]
        if not above or not _has_texts_only(by_number[first - 1], years=True):
            break
        first -= 1
    return tuple(range(first, last + 1))


def second_header_rows(
    rows: Sequence[Row], found: Sequence[int], merges: Sequence[Merge] = (), left: int = 1
) -> tuple[int, ...]:
    """Give what would name the columns if ``found`` did not; empty where nothing else could.

    >>> second_header_rows([(1, ["name"]), (2, ["Ján"]), (3, ["Eva"])], [1])
    (2,)
    """
    if not found:
        return tuple(number for number, _ in rows[:1])
    if len(found) > 1:
        return tuple(found[:1])
    below = [row for row in rows if row[0] > found[-1]]
    return find_header_rows(below, [m for m in merges if m[0][0] > found[-1]], left)


def _first_header(
    scanned: Sequence[Row],
    rows: Mapping[int, list[object]],
    merges: Sequence[Merge],
    left: int,
    usual: int,
) -> int:
    """The first row that can name the columns; 0 where values come before any."""
    for position, row in enumerate(scanned):
        spread = _spread(row, rows, merges, left)
        if _can_name(spread, usual):
            return _partial_header(row, rows, usual) or row[0]
        has_groups = any(m[0][0] == row[0] and m[1][1] > m[0][1] for m in merges)
        if not has_groups and _filled(row[1]) * 5 >= usual * 3 and _filled(row[1]) > 1:
            # A row of values: only a perfect header may still follow a few of them.
            below = (i for i in range(position + 1, min(position + 4, len(scanned))))
            return next((scanned[i][0] for i in below if _is_perfect(scanned, i)), 0)
    return 0


def _partial_header(row: Row, rows: Mapping[int, list[object]], usual: int) -> int:
    """The row above a candidate, where that names fewer columns and the candidate holds values."""
    number, cells = row
    above = rows.get(number - 1, [])
    names = [str(cell).strip() for cell in above if not is_blank(cell)]
    has_values = any(
        not is_blank(cell) and not isinstance(cell, str) and not _is_year(cell) for cell in cells
    )
    is_named = len(names) > 1 and len(names) * 2 >= usual and _has_texts_only(above)
    is_plain = not any(name.endswith(":") or _VALUE.search(name) for name in names)
    return number - 1 if has_values and is_named and is_plain else 0


def _is_perfect(scanned: Sequence[Row], position: int) -> bool:
    """Tell a row that names every column, above rows that hold values in one of them."""
    cells = scanned[position][1]
    below = [row for _, row in scanned[position + 1 :]]
    names = [str(cell) for cell in cells]
    if not below or not _has_texts_only(cells) or any(map(is_blank, cells)):
        return False
    if len(set(names)) < len(names) or any(
        _VALUE.search(name) or _NUMBER.fullmatch(name.strip()) for name in names
    ):
        return False
    return any(
        sum(not is_blank(row[i]) and not isinstance(row[i], str) for row in below) * 2 > len(below)
        for i in range(len(cells))
    )


def _reaches_down(
    first: int, rows: Mapping[int, list[object]], merges: Sequence[Merge], width: int, left: int
) -> int:
    """The last header row: a merged cell reaches lower, or a group has texts below it."""
    last = first
    for _ in range(_MOST_HEADER_ROWS - 1):
        reach = last
        below = rows.get(last + 1, [])
        for (top, start), (bottom, end) in merges:
            if not first <= top <= last or end - start + 1 >= width:
                continue
            if bottom > top:
                reach = max(reach, bottom)
            elif top == last and end > start and _filled(below) and _has_texts_only(below):
                reach = max(reach, last + 1)
        if reach == last and last == first and _completes(rows, first, merges):
            reach = last + 1
        if reach == last or reach - first >= _MOST_HEADER_ROWS:
            break
        last = reach
    return last


def _completes(rows: Mapping[int, list[object]], number: int, merges: Sequence[Merge]) -> bool:
    """Tell whether the next row names the columns that this one left out (groups, not merged)."""
    upper, lower, under = (rows.get(number + step, []) for step in range(3))
    if not lower or not under or any(number <= m[0][0] <= number + 1 for m in merges):
        return False
    if not _has_texts_only(lower) or not _filled(lower):
        return False
    pairs = list(zip(upper, lower, under, strict=True))
    fills_gap = any(is_blank(u) and not is_blank(low) for u, low, _ in pairs)
    leaves_gap = any(not is_blank(u) and is_blank(low) for u, low, _ in pairs)
    has_other_kind = any(
        not is_blank(low) and not is_blank(below) and not isinstance(below, str)
        for _, low, below in pairs
    )
    begins = next((i for i, (u, _, _) in enumerate(pairs) if not is_blank(u)), 0)
    none_before = not any(not is_blank(low) for _, low, _ in pairs[:begins])
    return fills_gap and leaves_gap and has_other_kind and none_before


def header_names(
    rows: Mapping[int, list[object]],
    header_rows: Sequence[int],
    merges: Sequence[Merge],
    width: int,
    left: int = 1,
) -> list[str]:
    """Join the header rows into one name for each column; "" where they say nothing.

    >>> header_names({1: ["id", "Obrat", ""], 2: ["", "Suma", "Mena"]}, [1, 2],
    ...              [((1, 1), (2, 1)), ((1, 2), (1, 3))], 3)
    ['id', 'Obrat / Suma', 'Obrat / Mena']
    """
    parts: list[list[str]] = [[] for _ in range(width)]
    lines = [_spread((n, rows.get(n, [])), rows, merges, left) for n in header_rows]
    if lines and not any(m[0][0] in header_rows and m[1][1] > m[0][1] for m in merges):
        lines = _with_groups(lines, width)
    for cells in lines:
        for index, cell in enumerate(cells[:width]):
            text = " ".join((text_of(cell) or "").split())
            if text and text not in parts[index][-1:]:
                parts[index].append(text)
    return [" / ".join(texts) for texts in parts]


def _with_groups(lines: list[list[object]], width: int) -> list[list[object]]:
    """Carry a group's name to the right, over the columns that the line below names."""
    lines = [[*cells, *[""] * (width - len(cells))] for cells in lines]
    for upper, lower in pairwise(lines):
        for index in range(1, width):
            has_both = not is_blank(lower[index]) and not is_blank(lower[index - 1])
            if is_blank(upper[index]) and has_both:
                upper[index] = upper[index - 1]
    return lines


def _filled(cells: Sequence[object]) -> int:
    return sum(not is_blank(cell) for cell in cells)


def _has_texts_only(cells: Sequence[object], *, years: bool = False) -> bool:
    return all(
        isinstance(cell, str) or (years and _is_year(cell)) for cell in cells if not is_blank(cell)
    )


def _is_year(cell: object) -> bool:
    text = str(cell).strip()
    return len(text) == 4 and text.isdigit() and 1900 <= int(text) <= 2100


def _can_name(cells: Sequence[object], usual: int) -> bool:
    filled = [cell for cell in cells if not is_blank(cell)]
    years = [int(str(cell)) for cell in filled if _is_year(cell)]
    is_series = len(years) > 1 and all(b - a == 1 for a, b in pairwise(years))
    texts = [
        cell
        for cell in filled
        if (is_series and _is_year(cell))
        or (isinstance(cell, str) and not _NUMBER.fullmatch(cell.strip()))
    ]
    if len(filled) * 5 < usual * 3 or len(texts) * 10 < len(filled) * 7:
        return False
    if any(isinstance(cell, str) and _VALUE.search(cell) for cell in filled):
        return False
    if len(filled) < usual and str(filled[0]).rstrip().endswith(":"):
        return False  # a label and its value
    return len(filled) == 1 or len(set(map(str, filled))) > 1


def _spread(
    row: Row, rows: Mapping[int, list[object]], merges: Sequence[Merge], left: int
) -> list[object]:
    """Give the row's cells with the value of each merged range in all of its cells."""
    number, cells = row
    spread = list(cells)
    for (top, start), (bottom, end) in merges:
        origin, index = rows.get(top, []), start - left
        if top <= number <= bottom and 0 <= index < len(origin) and not is_blank(origin[index]):
            stop = min(end - left + 1, len(spread))
            spread[index:stop] = [origin[index]] * (stop - index)
    return spread
