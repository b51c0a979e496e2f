"""Which rows of a table together make one record, and which columns do their cells become?

On many lists a client takes several rows: the name on the first, the lines of the address below
each other. Nothing is put together unless a person says so; that it looks so is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from migrate.errors import UsageError
from migrate.extractors._text import nearest
from migrate.extractors._workbook.grid import BLANK, Grid, Mask, Numbers
from migrate.extractors._workbook.layout import Layout

_MOST_LINES = 100
_FEWEST_RECORDS = 3
_KEY_CANDIDATES = 3  # the first columns
_JUDGED_ROWS = 20_000


@dataclass(frozen=True)
class GroupColumn:
    """A column made of one line of each record: the rectangle's column, the line, the name."""

    index: int
    line: int
    name: str


@dataclass(frozen=True)
class Groups:
    """Records of several rows: ``starts`` are their first rows' places among the table's rows.

    ``lines`` tells for each row which line of its record it is, from 0.
    """

    starts: Numbers = field(repr=False)
    lines: Numbers = field(repr=False)
    columns: tuple[GroupColumn, ...]
    key: int = -1  # the column of the rectangle that begins a record; -1 where rows are counted
    is_headless: bool = False  # the first record has no key

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True)
class Guess:
    """A column that is filled only where a record seems to begin."""

    name: str
    step: int  # rows from one record to the next, 0 where that differs
    records: int
    rows: int
    first: str  # what the rows of the first record say

    @property
    def option(self) -> str:
        return f"group_by: {self.name}"

    def __str__(self) -> str:
        often = f"on every {self.step} rows once" if self.step else "on some rows"
        return f'"{self.name}" is filled only {often} ({self.records} of {self.rows})'


def groups_of(grid: Grid, layout: Layout, own: Mapping[str, Any], place: str) -> Groups | None:
    """Put rows together as the options ``group_by`` and ``group_rows`` say; None without them.

    Raises UsageError where an option's value is none that is allowed.
    """
    size, by = own.get("group_rows"), own.get("group_by")
    if size is None and by is None:
        return None
    _check(size, by, layout, place)
    ordinals = _ordinals(grid, layout)
    key = -1
    is_headless = False
    if by is not None:
        key = layout.names.index(str(by))
        is_first = grid.kinds[key][layout.data] != BLANK
        is_headless = bool(len(is_first) and not is_first[0])
        is_first[:1] = True
        lines = _since(ordinals, is_first)
    else:
        number = ordinals // int(size or 1)
        is_first = np.ones(len(number), dtype=bool)
        is_first[1:] = number[1:] != number[:-1]
        lines = ordinals % int(size or 1)
    if len(lines) and int(lines.max()) >= _MOST_LINES:
        raise UsageError(
            f"`group_by: {by}` makes records of up to {int(lines.max()) + 1} rows",
            hint=f"choose a column that is filled on the first row of each record; at most"
            f" {_MOST_LINES} rows make one",
            where=place,
        )
    starts = np.flatnonzero(is_first).astype(np.int64)
    columns = tuple(_columns(grid, layout, lines))
    return Groups(starts, lines, columns, key, is_headless)


def _check(size: Any, by: Any, layout: Layout, place: str) -> None:
    if size is not None and by is not None:
        raise UsageError(
            "`group_rows` and `group_by` are both given",
            hint="keep `group_by` where a column is filled on the first row of each record",
            where=place,
        )
    is_number = isinstance(size, int) and not isinstance(size, bool)
    if size is not None and not (is_number and 2 <= size <= _MOST_LINES):
        raise UsageError(
            f'`group_rows` is "{size}"; allowed: a number from 2 to {_MOST_LINES}',
            hint="write how many rows of the sheet one record takes, empty ones counted",
            where=place,
        )
    names = [name for name in layout.names if name]
    if by is not None and str(by) not in names:
        near = nearest(str(by), names)
        raise UsageError(
            f'`group_by` is "{by}", which is no column; there are: {", ".join(names)}',
            hint=f'did you mean "{near}"?' if near else "name the column that begins a record",
            where=place,
        )


def _ordinals(grid: Grid, layout: Layout) -> Numbers:
    """Each row's distance from the first one on the sheet, rows that are no records not counted."""
    numbers = grid.rows[layout.data]
    if not len(numbers):
        return numbers
    gone = np.array(sorted(layout.left_out), np.int64)
    distances = numbers - np.searchsorted(gone, numbers)
    return np.asarray(distances - distances[0], np.int64)


def _since(ordinals: Numbers, is_first: Mask) -> Numbers:
    """Count from the last row that begins a record."""
    if not len(ordinals):
        return ordinals
    begun = np.maximum.accumulate(np.where(is_first, np.arange(len(ordinals)), 0))
    return np.asarray(ordinals - ordinals[begun], np.int64)


def _columns(grid: Grid, layout: Layout, lines: Numbers) -> Iterator[GroupColumn]:
    """A column for each line on which it is filled: "address", "address_2", "address_3"."""
    taken = {name for name in layout.names if name} | set(layout.told)
    for index, name in enumerate(layout.names):
        if not name:
            continue
        filled = grid.kinds[index][layout.data] != BLANK
        first, *others = np.unique(lines[filled]).tolist() or [0]
        yield GroupColumn(index, first, name)
        number = 2
        for line in others:
            while f"{name}_{number}" in taken:
                number += 1
            taken.add(f"{name}_{number}")
            yield GroupColumn(index, line, f"{name}_{number}")


def grouped_texts(
    column: pa.Array, data: Numbers, groups: Groups, line: int, first: int, stop: int
) -> pa.Array:
    """Give what stands on a line of the records ``first`` to ``stop``; null where nothing does."""
    begin = int(groups.starts[first]) if first < len(groups.starts) else len(data)
    end = int(groups.starts[stop]) if stop < len(groups.starts) else len(data)
    rows = np.arange(begin, end)[groups.lines[begin:end] == line]
    record = np.searchsorted(groups.starts, rows, side="right") - 1 - first
    picks = np.full(min(stop, len(groups.starts)) - first, -1, np.int64)
    picks[record] = data[rows]
    return column.take(pa.array(picks, mask=picks < 0))


def joined_marks(told: Mapping[int, str], numbers: Sequence[Sequence[int]]) -> list[str | None]:
    """Join what the rows of each record are marked with.

    >>> joined_marks({2: "FF0000", 3: "FF0000", 4: "FFFF00"}, [[2, 3, 4], [5]])
    ['FF0000; FFFF00', None]
    """
    return [
        "; ".join(dict.fromkeys(told[n] for n in rows if n in told)) or None for rows in numbers
    ]


# -- nothing told -----------------------------------------------------------------------------


def guess_groups(grid: Grid, layout: Layout) -> Guess | None:
    """Find the column that is filled only where a record begins: on every n-th row, or where the
    rows below it leave most other columns empty."""
    data = layout.data[:_JUDGED_ROWS]
    named = [index for index, name in enumerate(layout.names) if name]
    if not layout.header_rows or len(data) < 2 * _FEWEST_RECORDS or len(named) < 2:
        return None
    filled = {index: grid.kinds[index][data] != BLANK for index in named}
    ordinals = _ordinals(grid, layout)[: len(data)]
    for index in named[:_KEY_CANDIDATES]:
        is_first = filled[index]
        count = int(is_first.sum())
        if not is_first[0] or count < _FEWEST_RECORDS or count * 5 > len(data) * 4:
            continue
        others = [mask for other, mask in filled.items() if other != index]
        step = _step(ordinals[is_first])
        if not step and not _leaves_empty(is_first, others):
            continue
        texts = (
            grid.text(int(data[row]), column)
            for row in range(int(np.flatnonzero(is_first)[1]))
            for column in named
        )
        said = " | ".join(text for text in texts if text)
        return Guess(layout.names[index], step, count, len(data), said)
    return None


def _step(ordinals: Numbers) -> int:
    """The distance between most records, where it is more than one row; else 0."""
    step, count = Counter(np.diff(ordinals).tolist()).most_common(1)[0]
    return int(step) if step > 1 and count * 10 >= (len(ordinals) - 1) * 9 else 0


def _leaves_empty(is_first: Mask, others: Sequence[Mask]) -> bool:
    """Tell whether rows without a key fill few of the columns that rows with one fill."""
    heads, below = int(is_first.sum()), int((~is_first).sum())
    full = [mask for mask in others if int(mask[is_first].sum()) * 2 > heads]
    empty = [mask for mask in full if int(mask[~is_first].sum()) * 20 <= below]
    is_said = any(int(mask[~is_first].sum()) * 2 > below for mask in others)
    has_below = int((is_first[:-1] & ~is_first[1:]).sum()) * 5 >= heads * 4
    return len(empty) > 0 and len(empty) * 2 >= len(full) and is_said and has_below
