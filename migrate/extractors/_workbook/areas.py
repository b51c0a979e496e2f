"""What is a rectangle on a sheet: how is it written, and which cells does it hold?"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from migrate.extractors._workbook.grid import BLANK, Grid

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


def hull(one: Area, other: Area) -> Area:
    """Give the smallest rectangle that holds two closed ones."""
    return Area(
        min(one.top, other.top),
        min(one.left, other.left),
        max(one.bottom, other.bottom),
        max(one.right, other.right),
    )


def is_inside(inner: Area, outer: Area) -> bool:
    """Tell whether a closed rectangle lies in another one."""
    return (
        outer.top <= inner.top
        and outer.left <= inner.left
        and inner.bottom <= outer.bottom
        and inner.right <= outer.right
    )
