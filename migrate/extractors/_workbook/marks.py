"""What does a sheet say beside its values? Hidden rows, colours, strikes, comments, drop-downs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from migrate.extractors._workbook.areas import Area
from migrate.extractors._workbook.grid import Numbers

Cell = tuple[int, int]  # row and column on the sheet, from 1
MARK_COLUMNS = ("_fill", "_strike", "_comment", "_hidden")


@dataclass(frozen=True)
class Picklist:
    """The values that a drop-down allows in some areas; ``source`` where it takes them from."""

    areas: tuple[Area, ...]
    values: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Marks:
    """What the file shows for one sheet beside the values."""

    errors: Mapping[Cell, str] = field(default_factory=dict)
    zeros: Mapping[int, tuple[Numbers, Numbers]] = field(default_factory=dict)
    formulas: Mapping[Cell, str] = field(default_factory=dict)  # never calculated
    lost_days: Mapping[Cell, str] = field(default_factory=dict)  # numbers that are no day
    durations: Mapping[Cell, str] = field(default_factory=dict)  # of a day and more
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    fills: Mapping[Cell, str] = field(default_factory=dict)
    strikes: frozenset[Cell] = frozenset()
    comments: Mapping[Cell, str] = field(default_factory=dict)
    picklists: tuple[Picklist, ...] = ()
    filtered: str = ""  # the range of a filter that is on

    @property
    def patches(self) -> Mapping[int, list[tuple[int, str]]]:
        """The texts that stand for what the fast reader leaves out, by row."""
        by_row: dict[int, list[tuple[int, str]]] = {}
        for (row, column), text in {**self.durations, **self.errors, **self.lost_days}.items():
            by_row.setdefault(row, []).append((column, text))
        return by_row


def told_by_colour(
    fills: Mapping[Cell, str], columns: Mapping[int, str], rows: Sequence[int]
) -> dict[int, str]:
    """Give each row's colour, where colours tell rows apart; empty where they only decorate.

    A colour that a whole column has, or every second row, says nothing. A row of one colour is
    named by it, else by its coloured cells.

    >>> fills = {(2, 1): "FFFF00", (2, 2): "FFFF00", (4, 2): "FF0000"}
    >>> told_by_colour(fills, {1: "name", 2: "city"}, [2, 3, 4])
    {2: 'FFFF00', 4: 'city: FF0000'}
    """
    wanted = set(rows)
    seen: dict[int, Counter[str]] = {column: Counter() for column in columns}
    for (row, column), colour in fills.items():
        if column in seen and row in wanted:
            seen[column][colour] += 1
    usual: dict[int, str] = {}
    for column, counts in seen.items():
        colour, count = next(iter(counts.most_common(1)), ("", 0))
        usual[column] = colour if count * 2 > len(rows) else ""
    odd: dict[int, dict[int, str]] = {}
    for (row, column), colour in sorted(fills.items()):
        if column in seen and row in wanted and colour != usual[column]:
            odd.setdefault(row, {})[column] = colour
    told: dict[int, str] = {}
    for row, cells in odd.items():
        if len(set(cells.values())) == 1 and len(cells) * 2 > len(columns):
            told[row] = next(iter(cells.values()))
        else:
            told[row] = "; ".join(f"{columns[c]}: {colour}" for c, colour in cells.items())
    return {} if _is_banded(told, rows) else told


def _is_banded(told: Mapping[int, str], rows: Sequence[int]) -> bool:
    """Tell stripes, which only help the eye: one colour on every second row."""
    if len(rows) < 4 or len(set(told.values())) > 2:
        return False
    for first in (0, 1):
        striped, plain = rows[first::2], rows[1 - first :: 2]
        colours = {told.get(row, "") for row in striped}
        if len(colours) == 1 and "" not in colours and not any(row in told for row in plain):
            return True
    return False


def told_by_cells(
    cells: Iterable[Cell], columns: Mapping[int, str], rows: Sequence[int]
) -> dict[int, str]:
    """Name the struck columns of each row, "true" where all filled ones are.

    >>> told_by_cells([(2, 1), (2, 2), (3, 2)], {1: "name", 2: "city"}, [2, 3, 4])
    {2: 'true', 3: 'city'}
    """
    by_row: dict[int, list[int]] = {}
    for row, column in sorted(cells):
        if column in columns:
            by_row.setdefault(row, []).append(column)
    return {
        row: "true" if len(by_row[row]) == len(columns) else "; ".join(columns[c] for c in by_row[row])
        for row in rows
        if row in by_row
    }  # fmt: skip


def told_by_comments(
    comments: Mapping[Cell, str], columns: Mapping[int, str], rows: Sequence[int]
) -> dict[int, str]:
    """Give the comments of each row, with the column's name before each.

    >>> told_by_comments({(2, 1): "call him"}, {1: "name"}, [2])
    {2: 'name: call him'}
    """
    wanted = set(rows)
    told: dict[int, list[str]] = {}
    for (row, column), text in sorted(comments.items()):
        if row in wanted and column in columns:
            told.setdefault(row, []).append(f"{columns[column]}: {text}")
    return {row: "\n".join(texts) for row, texts in told.items()}
