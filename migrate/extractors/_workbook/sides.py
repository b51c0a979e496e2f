"""Are two blocks of a sheet with empty columns between them one table or two?

Two tables beside each other that end on the same row look like one with empty columns. What tells
is how wide the band between them is, and whether the block on the right has a key of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from migrate.extractors._workbook.areas import Area, cut, letters_of
from migrate.extractors._workbook.grid import BLANK, TEXT, Grid
from migrate.extractors._workbook.sheet import find_header_rows, head_of

Cells = npt.NDArray[np.uint8]  # the kind of each cell, by row and column
_JUDGED_ROWS = 3_000
_LISTED = """
id ids uuid ref key code codes no nr num number kod kód kódy kľúč kluc č číslo cislo ičo ico numer
klucz szám azonosító nummer schlüssel numéro código clave número codice chiave chave код номер ключ
ид κωδικός αριθμός 编号 代码 號 コード
"""
_KEY_WORDS = frozenset(_LISTED.split())


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows (positions in the grid) and neighbouring columns."""

    rows: npt.NDArray[np.intp]
    first: int
    stop: int


@dataclass(frozen=True)
class Divide:
    """Two blocks with an empty band between them: whether they were cut apart, and why.

    ``is_told`` says that a person should look at it, whichever way it was decided.
    """

    first: Area
    second: Area
    is_cut: bool
    why: str
    is_told: bool = False


def part_area(grid: Grid, part: Part) -> Area:
    """Give a part's rectangle on the sheet."""
    return Area(
        int(grid.rows[part.rows[0]]),
        grid.left + part.first,
        int(grid.rows[part.rows[-1]]),
        grid.left + part.stop - 1,
    )


def trimmed(kinds: Cells, rows: npt.NDArray[np.intp], first: int, stop: int) -> Part:
    """Take the empty rows and columns off the edges."""
    inside = kinds[rows, first:stop] != BLANK
    columns = np.flatnonzero(inside.any(axis=0))
    return Part(rows[inside.any(axis=1)], first + int(columns[0]), first + int(columns[-1]) + 1)


def header_of(grid: Grid, part: Part) -> tuple[int, list[str]]:
    """Give the last header row's number, 0 where there is none, and the texts of it."""
    sub = cut(grid, part_area(grid, replace(part, rows=part.rows[:100])))
    head = head_of(sub, 60)
    rows = find_header_rows(head, sub.merges, sub.left)
    by_number = dict(head)
    texts = [str(c).casefold() for c in by_number.get(rows[-1], []) if c != ""] if rows else []
    return (rows[-1] if rows else 0), texts


def beside(grid: Grid, kinds: Cells, part: Part, divides: list[Divide]) -> list[Part]:
    """Cut at empty columns, where the right side is a table or a note of its own.

    What was decided at each empty band is added to ``divides``.
    """
    filled = (kinds[part.rows, part.first : part.stop] != BLANK).any(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], filled, [False]]).astype(int)))
    runs = [(part.first + int(a), part.first + int(b)) for a, b in edges.reshape(-1, 2)]
    if len(runs) == 1:
        return [part]
    result = [trimmed(kinds, part.rows, *runs[0])]
    for run in runs[1:]:
        right = trimmed(kinds, part.rows, *run)
        divide = _judged(grid, kinds, result[-1], right)
        divides.append(divide)
        if divide.is_cut:
            result.append(right)
        else:
            result[-1] = trimmed(kinds, part.rows, result[-1].first, run[1])
    return result


def _judged(grid: Grid, kinds: Cells, left: Part, right: Part) -> Divide:
    heads = header_of(grid, left), header_of(grid, right)
    names = [set(texts) for _, texts in heads]
    areas = part_area(grid, left), part_area(grid, right)
    band = right.first - left.stop
    are_headed = all(number for number, _ in heads)

    def cut_for(why: str, *, is_told: bool = False) -> Divide:
        return Divide(*areas, is_cut=True, why=why, is_told=is_told)

    def kept_for(why: str, *, is_told: bool) -> Divide:
        return Divide(*areas, is_cut=False, why=why, is_told=is_told)

    is_level = left.rows[-1] == right.rows[-1] and heads[0][0] == heads[1][0]
    keys = _key_texts(grid, left, heads[0][0]), _key_texts(grid, right, heads[1][0])
    if is_level and are_headed and band == 1 and keys[0] and keys[0] == keys[1]:
        return kept_for("one empty column, and the same keys on both sides", is_told=True)
    if len(names[0] & names[1]) * 2 >= max(len(names[1]), 2) or (names[1] and names[1] <= names[0]):
        return cut_for("the same header begins again")
    if heads[0][0] != heads[1][0]:
        return cut_for("their headers are on different rows")
    widths = left.stop - left.first, right.stop - right.first
    if 1 in widths:
        return kept_for("a column alone is no table", is_told=are_headed and band > 1)
    if all(
        _has_own_title(kinds, p, grid, head[0])
        for p, head in zip((left, right), heads, strict=True)
    ):
        return cut_for("each has a title of its own")
    if not is_level:
        if all(_is_dense(kinds, p) for p in (left, right)):
            return cut_for("they end on different rows")
        return kept_for("rows with gaps, which end on different rows", is_told=are_headed)
    if not are_headed:
        return kept_for("they have no headers of their own", is_told=False)
    if _is_spanned(grid, left, right):
        return kept_for("a merged cell reaches over both", is_told=True)
    is_own = all(
        _is_own_table(grid, kinds, p, h) for p, h in zip((left, right), heads, strict=True)
    )
    has_keys = all(texts and len(set(texts)) == len(texts) for texts in keys)
    if not (is_own and has_keys):
        return kept_for("one of them has no key of its own", is_told=True)
    if band > 1:
        return cut_for(f"{band} empty columns, and a header and a key on each side", is_told=True)
    if all(_names_key(grid, p, head[0]) for p, head in zip((left, right), heads, strict=True)):
        return cut_for("an empty column, and a key on each side", is_told=True)
    return kept_for("only one empty column, and both end on the same row", is_told=True)


def _key_texts(grid: Grid, part: Part, header_row: int) -> list[str]:
    """The texts of a part's first column below its header; empty where one is missing."""
    below = part.rows[grid.rows[part.rows] > header_row][:_JUDGED_ROWS]
    texts = [grid.text(int(row), part.first) for row in below]
    return texts if all(texts) and len(texts) > 1 else []


def _is_own_table(grid: Grid, kinds: Cells, part: Part, head: tuple[int, list[str]]) -> bool:
    """Tell whether all filled columns are named, and texts are among the values."""
    inside = kinds[part.rows, part.first : part.stop]
    filled = (inside != BLANK).any(axis=0)
    below = inside[grid.rows[part.rows] > head[0]]
    has_texts = (below == TEXT).sum(axis=0) * 2 > (below != BLANK).sum(axis=0)
    return bool(len(head[1]) >= int(filled.sum()) and has_texts.any())


def _names_key(grid: Grid, part: Part, header_row: int) -> bool:
    """Tell whether the header's first text is what keys are called."""
    place = int(np.searchsorted(grid.rows, header_row))
    words = re.findall(r"[^\W\d_]+", grid.text(place, part.first).casefold())
    return bool(words) and len(words) <= 3 and (words[0] in _KEY_WORDS or words[-1] in _KEY_WORDS)


def _is_spanned(grid: Grid, left: Part, right: Part) -> bool:
    last, first = grid.left + left.stop - 1, grid.left + right.first
    top = int(grid.rows[min(left.rows[0], right.rows[0])])
    bottom = int(grid.rows[max(left.rows[-1], right.rows[-1])])
    return any(
        m[0][1] <= last and first <= m[1][1] and top <= m[0][0] <= bottom for m in grid.merges
    )


def _has_own_title(kinds: Cells, part: Part, grid: Grid, header_row: int) -> bool:
    """Tell whether one text stands above the header, at the part's first column."""
    place = int(np.searchsorted(grid.rows, header_row)) - 1
    if place < 0 or place not in part.rows:
        return False
    filled = np.flatnonzero(kinds[place, part.first : part.stop] != BLANK)
    return filled.tolist() == [0] and kinds[place, part.first] == TEXT


def _is_dense(kinds: Cells, part: Part) -> bool:
    """Tell whether nearly every row between the part's first and last holds something in it."""
    return bool(len(part.rows) * 10 >= (part.rows[-1] - part.rows[0] + 1) * 9)


def said_of_band(divide: Divide) -> str:
    """Name the empty columns between the two blocks.

    >>> said_of_band(Divide(Area(1, 1, 4, 2), Area(1, 5, 4, 6), True, ""))
    'C:D'
    """
    first, last = letters_of(divide.first.right + 1), letters_of(divide.second.left - 1)
    return first if first == last else f"{first}:{last}"
