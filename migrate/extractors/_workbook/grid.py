"""What does a sheet hold, column by column? The texts of its cells and the kind of each.

A sheet is kept as Arrow columns, not as rows of objects: the questions about it (where are the
tables, the totals, the repeated headers) are then answered for all of its rows at once.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from migrate.extractors._text import text_of

BLANK, TEXT, NUMBER, TRUTH, DAY, CLOCK = range(6)
Numbers = npt.NDArray[np.int64]
Kinds = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Merge = tuple[tuple[int, int], tuple[int, int]]  # first and last cell (row, column), from 1
RawRow = tuple[int, Sequence[object]]  # the row's number on the sheet, its cells from ``left`` on

_TEXTS = pa.large_string()
_NO_TEXT = pa.scalar(None, _TEXTS)
_NO_LETTERS = np.zeros(1, np.uint8)
_MAY_BE_SPACE = np.isin(np.arange(256), [*range(33), 0x85, 0xA0, 0xC2, 0xE1, 0xE2, 0xE3])
_CHUNK_ROWS = 5_000  # small enough for the processor's cache
_EXACT = 2.0**53
_NO_NUMBER = "NaN"  # what some libraries write for a number that is none


@dataclass(frozen=True)
class Grid:
    """The filled rows of a sheet: ``rows`` are their numbers on it, ``left`` its first column."""

    rows: Numbers
    columns: tuple[pa.Array, ...] = field(repr=False)
    kinds: tuple[Kinds, ...] = field(repr=False)
    left: int = 1
    merges: tuple[Merge, ...] = ()

    @property
    def width(self) -> int:
        return len(self.columns)

    @property
    def nbytes(self) -> int:
        return sum(column.nbytes + len(column) for column in self.columns)

    def text(self, row: int, column: int) -> str:
        """The text of a cell by its position in the grid; "" where it is blank."""
        return self.columns[column][row].as_py() or ""


@dataclass(frozen=True)
class Patches:
    """What stands in the file in place of what the fast reader gives; cells are (row, column)."""

    texts: Mapping[tuple[int, int], str] = field(default_factory=dict)
    zeros: Mapping[int, tuple[Numbers, Numbers]] = field(default_factory=dict)  # rows, digits


def grid_of(
    rows: Iterable[RawRow],
    *,
    width: int,
    left: int = 1,
    merges: Sequence[Merge] = (),
) -> Grid:
    """Turn rows of cells into columns; rows without a text are left out.

    >>> grid = grid_of([(2, ["id", "", "PSČ"]), (3, ["", " ", ""]), (5, [7.0, True, 811.5])], width=3)
    >>> grid.rows.tolist(), grid.columns[2].to_pylist(), grid.kinds[0].tolist()
    ([2, 5], ['PSČ', '811.5'], [1, 2])
    """
    # Millions of cells are made and dropped; none of them is in a cycle that needs collecting.
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        return _grid(rows, width, left, merges)
    finally:
        if is_collecting:
            gc.enable()


def _grid(rows: Iterable[RawRow], width: int, left: int, merges: Sequence[Merge]) -> Grid:
    numbers: list[Numbers] = []
    texts: list[list[pa.Array]] = [[] for _ in range(width)]
    kinds: list[list[Kinds]] = [[] for _ in range(width)]
    for chunk in _chunks(rows):
        counted, cells = zip(*chunk, strict=True)
        made = [column_of(values) for values in zip(*cells, strict=True)]
        filled = np.zeros(len(chunk), dtype=bool)
        for _, kind in made:
            filled |= kind != BLANK
        keeps_all = bool(filled.all())
        number = np.array(counted, np.int64)
        numbers.append(number if keeps_all else number[filled])
        mask = None if keeps_all else pa.array(filled)
        for index, (array, kind) in enumerate(made):
            texts[index].append(array if mask is None else array.filter(mask))
            kinds[index].append(kind if mask is None else kind[filled])
    return Grid(
        np.concatenate(numbers) if numbers else np.zeros(0, np.int64),
        tuple(pa.concat_arrays(parts) if parts else pa.array([], _TEXTS) for parts in texts),
        tuple(np.concatenate(parts) if parts else np.zeros(0, np.uint8) for parts in kinds),
        left,
        tuple(merges),
    )


def _chunks(rows: Iterable[RawRow]) -> Iterator[list[RawRow]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, _CHUNK_ROWS)):
        yield chunk


def column_of(values: Sequence[object]) -> tuple[pa.Array, Kinds]:
    """Give the texts of a column's cells, blank as null, and their kinds.

    >>> texts, kinds = column_of([1001.0, "", 12.5, " ", "x", True, 1e-07])
    >>> texts.to_pylist(), kinds.tolist()
    (['1001', None, '12.5', None, 'x', 'true', '0.0000001'], [2, 0, 2, 0, 1, 3, 2])
    """
    types = set(map(type, values))
    if types == {str}:
        return _strings(values)
    if len(types) == 1:
        (only,) = types
        texts = _converter(only)(values)
        kind = np.full(len(values), _KIND.get(only, TEXT), np.uint8)
        return (texts, kind) if only is not type(None) else (texts, np.zeros(len(values), np.uint8))
    cells = np.empty(len(values), object)
    cells[:] = values
    found = np.fromiter(map(type, values), object, len(values))
    result: pa.Array | None = None
    kind = np.zeros(len(values), np.uint8)
    for one in types - {type(None)}:
        is_one = np.asarray(found == one, dtype=bool)
        if one is str:
            texts, kind_of_texts = _strings(cells[is_one])
            kind[is_one] = kind_of_texts
        else:
            texts = _converter(one)(cells[is_one])
            kind[is_one] = _KIND.get(one, TEXT)
        places = np.cumsum(is_one) - 1
        spread = texts.take(pa.array(places, mask=~is_one))
        result = spread if result is None else pc.coalesce(result, spread)
    return (pa.nulls(len(values), _TEXTS) if result is None else result), kind


def _strings(values: Sequence[object]) -> tuple[pa.Array, Kinds]:
    try:
        array = pa.array(values, _TEXTS)
    except UnicodeEncodeError:  # a lone half of a surrogate pair: a damaged emoji
        array = pa.array([str(v).encode("utf-8", "replace").decode() for v in values], _TEXTS)
    kind = np.full(len(array), TEXT, np.uint8)
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int64)[: len(array) + 1]
    is_blank = ends[1:] == ends[:-1]
    letters = np.frombuffer(data, np.uint8) if data is not None and data.size else _NO_LETTERS
    first = letters[np.minimum(ends[:-1], len(letters) - 1)]
    suspects = np.flatnonzero(_MAY_BE_SPACE[first] & ~is_blank)
    if len(suspects):
        shown = pc.utf8_ltrim_whitespace(array.take(pa.array(suspects)))
        is_blank[suspects] = pc.equal(pc.binary_length(shown), 0).to_numpy(zero_copy_only=False)
    if is_blank.any():
        kind[is_blank] = BLANK
        array = pc.if_else(pa.array(is_blank), _NO_TEXT, array)
    return array, kind


def _floats(values: Sequence[object]) -> pa.Array:
    numbers = np.array(values, dtype=np.float64)
    is_whole = (numbers == np.floor(numbers)) & (np.abs(numbers) < _EXACT)
    if is_whole.all():
        return pc.cast(pa.array(numbers.astype(np.int64)), _TEXTS)
    texts = pc.cast(pa.array(numbers), _TEXTS)
    if is_whole.any():
        whole = pc.cast(pa.array(np.where(is_whole, numbers, 0).astype(np.int64)), _TEXTS)
        texts = pc.if_else(pa.array(is_whole), whole, texts)
    is_plain = pc.match_substring_regex(texts, r"^-?[0-9]+(\.[0-9]+)?$")
    if not pc.all(is_plain).as_py():
        odd = np.flatnonzero(~is_plain.to_numpy(zero_copy_only=False))
        shown = dict.fromkeys(odd.tolist())
        texts = pa.array(
            [
                (text_of(float(numbers[i])) or _NO_NUMBER) if i in shown else t
                for i, t in enumerate(texts.to_pylist())
            ],
            _TEXTS,
        )  # fmt: skip
    return texts


def _days(values: Sequence[object]) -> pa.Array:
    return pc.cast(pa.array(values, pa.date32()), _TEXTS)


def _moments(values: Sequence[object]) -> pa.Array:
    moments = pa.array(values, pa.timestamp("us"))
    since = moments.cast(pa.int64()).to_numpy()
    if (since % 1_000_000).any():
        return _one_by_one(values)
    texts = pc.cast(moments.cast(pa.timestamp("s")), _TEXTS)
    is_day = since % 86_400_000_000 == 0
    texts = pc.binary_replace_slice(texts, 10, 11, "T")
    if is_day.any():
        texts = pc.if_else(pa.array(is_day), pc.utf8_slice_codeunits(texts, 0, 10), texts)
    return texts


def _one_by_one(values: Sequence[object]) -> pa.Array:
    known: dict[object, str | None] = {value: text_of(value) for value in set(values)}
    return pa.array([known[value] for value in values], _TEXTS)


_KIND: Mapping[type, int] = {
    str: TEXT, float: NUMBER, int: NUMBER, bool: TRUTH, date: DAY, datetime: DAY,
    time: CLOCK, timedelta: CLOCK,
}  # fmt: skip
_CONVERTERS: Mapping[type, Callable[[Sequence[Any]], pa.Array]] = {
    float: _floats, date: _days, datetime: _moments,
}  # fmt: skip


def _converter(kind: type) -> Callable[[Sequence[Any]], pa.Array]:
    return _CONVERTERS.get(kind, _one_by_one)


def with_zeros(grid: Grid, zeros: Mapping[int, tuple[Numbers, Numbers]]) -> Grid:
    """Show whole numbers with the leading zeros of their format; ``zeros`` is by sheet column.

    >>> grid = grid_of([(1, ["PSČ"]), (2, [1001.0]), (3, [82105.0])], width=1)
    >>> with_zeros(grid, {1: (np.array([2, 3]), np.array([5, 5]))}).columns[0].to_pylist()
    ['PSČ', '01001', '82105']
    """
    columns = list(grid.columns)
    for column, (rows, digits) in zeros.items():
        index = column - grid.left
        if not 0 <= index < grid.width:
            continue
        places = np.searchsorted(grid.rows, rows)
        is_there = places < len(grid.rows)
        is_there[is_there] = grid.rows[places[is_there]] == rows[is_there]
        wanted = np.zeros(len(grid.rows), np.int64)
        wanted[places[is_there]] = digits[is_there]
        is_number = grid.kinds[index] == NUMBER
        is_whole = pc.match_substring_regex(columns[index], "^[0-9]+$").fill_null(False)
        for size in np.unique(wanted[wanted > 0]).tolist():
            here = pc.and_(is_whole, pa.array((wanted == size) & is_number))
            padded = pc.utf8_lpad(columns[index], size, "0")
            columns[index] = pc.if_else(here, padded, columns[index])
    return replace(grid, columns=tuple(columns))


def shifted(grid: Grid, days: int) -> Grid:
    """Move every day of a grid: the workbook counts from another year than it says.

    >>> shifted(grid_of([(1, [date(2019, 3, 1)])], width=1), 1462).columns[0].to_pylist()
    ['2023-03-02']
    """
    columns = list(grid.columns)
    for index, (texts, kinds) in enumerate(zip(grid.columns, grid.kinds, strict=True)):
        if not (kinds == DAY).any():
            continue
        moved = [
            (date.fromisoformat(text[:10]) + timedelta(days=days)).isoformat() + text[10:]
            if kind == DAY
            else text
            for text, kind in zip(texts.to_pylist(), kinds.tolist(), strict=True)
        ]
        columns[index] = pa.array(moved, _TEXTS)
    return replace(grid, columns=tuple(columns))
