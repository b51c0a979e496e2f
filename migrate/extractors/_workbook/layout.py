"""How is a rectangle of a sheet laid out: header, names, records, and rows that are none?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from migrate.errors import SourceError, UsageError
from migrate.extractors._text import checked_names
from migrate.extractors._workbook.areas import Area
from migrate.extractors._workbook.asides import Aside, find_asides, row_text
from migrate.extractors._workbook.grid import BLANK, Grid, Merge, Numbers
from migrate.extractors._workbook.marks import (
    MARK_COLUMNS,
    Marks,
    told_by_cells,
    told_by_colour,
    told_by_comments,
)
from migrate.extractors._workbook.sheet import find_header_rows, head_of, header_names
from migrate.extractors._workbook.totals import Totals, find_totals

_READ_OR_SKIP = ("read", "skip")


@dataclass(frozen=True)
class Sheet:
    """One sheet of a file: ``load`` gives its cells, now and again later."""

    path: Path
    name: str
    load: Callable[[], Grid] = field(repr=False)
    marks: Marks = field(default_factory=Marks)
    date_system: str = "1900"
    header_rows: tuple[int, ...] = ()  # where the file itself says which they are
    evidence: Mapping[str, str] = field(default_factory=dict)  # why this sheet, what came second
    count_rows: Callable[[Area, frozenset[int]], int | None] = lambda _area, _left_out: None

    @property
    def place(self) -> str:
        return f"{self.path.name}!{self.name}"


@dataclass(frozen=True)
class Layout:
    """A table's rectangle, its header, and which rows (positions in it) are records."""

    area: Area
    header_rows: tuple[int, ...]
    names: tuple[str, ...]  # by column of the rectangle, "" where not read
    data: Numbers = field(repr=False)
    left_out: frozenset[int] = frozenset()  # rows below the header that are no records
    totals: Totals = field(default_factory=Totals)
    asides: tuple[Aside, ...] = ()
    titles: tuple[tuple[int, str], ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    merged: Mapping[int, tuple[Numbers, tuple[str, ...]]] = field(default_factory=dict)
    told: Mapping[str, Mapping[int, str]] = field(default_factory=dict)


def lay_out(grid: Grid, sheet: Sheet, area: Area, own: Mapping[str, Any]) -> Layout:
    """Lay out the cells of an area (``grid``), as the options ``own`` say or as they look.

    Raises SourceError where the header rows given are not there, UsageError where an option's value
    is none of those allowed.
    """
    place, marks = sheet.place, sheet.marks
    _check(own, place)
    head = head_of(grid)
    by_number = dict(head)
    given = own.get("header_rows")
    if given is None and sheet.header_rows:
        header_rows = sheet.header_rows
    elif given is None:
        header_rows = find_header_rows(head, grid.merges, grid.left)
    else:
        header_rows = tuple(int(number) for number in given)
        missing = header_rows and not any(number in by_number for number in header_rows)
        if missing:
            raise SourceError(
                f"the sheet has no header row on {list(given)}; its first rows with something in"
                f" them are {', '.join(map(str, list(by_number)[:5])) or 'none'}",
                hint="correct `header_rows` (or give [] where the table has no header)",
                where=place,
            )
    start = int(np.searchsorted(grid.rows, max(header_rows), side="right")) if header_rows else 0
    names = header_names(by_number, header_rows, _near(grid, header_rows), grid.width, grid.left)
    hides = own.get("hidden_columns") == "skip"
    kept = []
    for index, text in enumerate(names):
        if hides and grid.left + index in marks.hidden_columns:
            kept.append("")
        elif not text and bool((grid.kinds[index][start:] != BLANK).any()):
            kept.append(f"column_{index + 1}")
        else:
            kept.append(text)
    numbered, renamed = _numbered(kept)
    checked_names([(i + 1, text) for i, text in enumerate(numbered) if text], place)
    totals = find_totals(
        grid, start=start, label=str(own.get("totals_label") or ""), formulas=marks.formulas
    )
    asides = find_asides(grid, header_rows, start, max(totals.rows, default=0))
    left_out = totals.rows | {aside.row for aside in asides}
    if own.get("hidden_rows") == "skip":
        left_out |= marks.hidden_rows
    is_data = np.arange(len(grid.rows)) >= start
    if left_out:
        is_data &= ~np.isin(grid.rows, list(left_out))
    data = np.flatnonzero(is_data).astype(np.int64)
    stop = int(np.searchsorted(grid.rows, min(header_rows))) if header_rows else 0
    titles = tuple((int(grid.rows[i]), row_text(grid, i)) for i in range(stop))
    return Layout(
        area, header_rows, tuple(numbered), data, frozenset(left_out), totals, tuple(asides), titles, renamed,
        _merged_below(grid, data),
        _told(sheet, grid, data, numbered, own),
    )  # fmt: skip


def _check(own: Mapping[str, Any], place: str) -> None:
    for option in ("hidden_rows", "hidden_columns"):
        if own.get(option, "read") not in _READ_OR_SKIP:
            raise UsageError(
                f'`{option}` is "{own[option]}"; allowed: read, skip',
                hint=f"write {option}: read",
                where=place,
            )
    if str(own.get("date_system") or "1900") not in ("1900", "1904"):
        raise UsageError(
            f'`date_system` is "{own["date_system"]}"; allowed: 1900, 1904',
            hint="leave it out: the workbook says which calendar it counts in",
            where=place,
        )
    wanted = own.get("marks")
    unknown = [m for m in wanted if m not in MARK_COLUMNS] if isinstance(wanted, list) else []
    if unknown or not (wanted is None or isinstance(wanted, (bool, list, tuple))):
        raise UsageError(
            f"`marks` is {unknown or wanted}; allowed: true, false, or some of"
            f" {', '.join(MARK_COLUMNS)}",
            hint="leave it out: marks that tell rows apart are read",
            where=place,
        )
    rows = own.get("header_rows")
    is_list = isinstance(rows, (list, tuple)) and all(
        isinstance(number, int) and not isinstance(number, bool) for number in rows
    )
    if rows is not None and not is_list:
        raise UsageError(
            "`header_rows` is no list of row numbers",
            hint="write header_rows: [3, 4], or [] where the table has no header",
            where=place,
        )


def _near(grid: Grid, header_rows: Sequence[int]) -> list[Merge]:
    if not header_rows:
        return []
    return [m for m in grid.merges if m[0][0] <= max(header_rows) and m[1][0] >= min(header_rows)]


def _numbered(names: Sequence[str]) -> tuple[list[str], tuple[tuple[str, str], ...]]:
    """Number the second and later use of a column's name.

    >>> _numbered(["mail", "mail", "", "mail_2", "mail"])
    (['mail', 'mail_3', '', 'mail_2', 'mail_4'], (('mail', 'mail_3'), ('mail', 'mail_4')))
    """
    taken = {name for name in names if name}
    seen: set[str] = set()
    result, renamed = [], []
    for name in names:
        free, number = name, 1
        if name in seen:
            while free in taken:
                number += 1
                free = f"{name}_{number}"
            renamed.append((name, free))
        if name:
            taken.add(free)
            seen.add(name)
        result.append(free)
    return result, tuple(renamed)


def _merged_below(grid: Grid, data: Numbers) -> dict[int, tuple[Numbers, tuple[str, ...]]]:
    """The cells below the first of one merged over several rows, by column: rows, texts."""
    found: dict[int, tuple[list[int], list[str]]] = {}
    records = set(grid.rows[data].tolist())
    for (top, left), (bottom, _) in grid.merges:
        column = left - grid.left
        if bottom <= top or top not in records or not 0 <= column < grid.width:
            continue
        text = grid.text(int(np.searchsorted(grid.rows, top)), column)
        rows, texts = found.setdefault(column, ([], []))
        below = [n for n in range(top + 1, bottom + 1) if n in records] if text else []
        rows += below
        texts += [text] * len(below)
    return {
        column: (np.array(rows, np.int64), tuple(texts))
        for column, (rows, texts) in found.items()
        if rows
    }


def _told(
    sheet: Sheet, grid: Grid, data: Numbers, names: Sequence[str], own: Mapping[str, Any]
) -> dict[str, dict[int, str]]:
    """The columns of marks: name -> row -> text. By default those that tell rows apart."""
    wanted = own.get("marks")
    marks = sheet.marks
    if wanted is False or (wanted is None and not (marks.fills or marks.strikes or marks.comments)):
        return {}
    columns = {grid.left + index: text for index, text in enumerate(names) if text}
    rows = grid.rows[data].tolist()
    own_rows = set(rows)
    hidden = dict.fromkeys(sorted(marks.hidden_rows & own_rows), "true")
    found = {
        "_fill": told_by_colour(marks.fills, columns, rows),
        "_strike": told_by_cells((c for c in marks.strikes if c[0] in own_rows), columns, rows),
        "_comment": told_by_comments(marks.comments, columns, rows),
        "_hidden": hidden,
    }
    if isinstance(wanted, (list, tuple)):
        return {mark: found[mark] for mark in MARK_COLUMNS if mark in wanted}
    told = {mark: texts for mark, texts in found.items() if texts}
    if wanted is None:
        told.pop("_hidden", None)
        is_all = len(rows) == len(told.get("_strike", {})) and rows
        if is_all and set(told["_strike"].values()) == {"true"}:
            told.pop("_strike")
    return {mark: texts for mark, texts in told.items() if mark not in columns.values()}
