"""How does a rectangle of a sheet become a table: names, rows, and what is said beside them?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from migrate.errors import SourceError, UsageError
from migrate.extractors._sheet import find_header_rows, head_of, header_names
from migrate.extractors._sheet_asides import Aside, find_asides, row_text
from migrate.extractors._sheet_grid import BLANK, Grid, Numbers, shifted
from migrate.extractors._sheet_issues import aside_issues, capped, mark_issues, value_issues
from migrate.extractors._sheet_marks import (
    MARK_COLUMNS,
    Marks,
    told_by_cells,
    told_by_colour,
    told_by_comments,
)
from migrate.extractors._sheet_regions import Area, area_of, cut
from migrate.extractors._sheet_totals import Totals, find_totals
from migrate.extractors._text import Text, checked_names
from migrate.values import SOURCE_ROW, Column, Issue, Table

TABLE_OPTIONS = (
    "sheet", "range", "header_rows", "totals_label", "hidden_rows", "hidden_columns", "marks",
    "date_system",
)  # fmt: skip
_READ_OR_SKIP = ("read", "skip")


@dataclass(frozen=True)
class Sheet:
    """One sheet of a file: ``load`` gives its cells, now and again later."""

    path: Path
    name: str
    load: Callable[[], Grid] = field(repr=False)
    marks: Marks = Marks()
    date_system: str = "1900"
    count_rows: Callable[[Area, frozenset[int]], int | None] = lambda _area, _left_out: None

    @property
    def place(self) -> str:
        return f"{self.path.name}!{self.name}"


@dataclass(frozen=True)
class _Layout:
    """A table's rectangle, its header, and which rows (positions in it) are records."""

    area: Area
    header_rows: tuple[int, ...]
    names: tuple[str, ...]  # by column of the rectangle, "" where not read
    data: Numbers = field(repr=False)
    left_out: frozenset[int] = frozenset()  # rows below the header that are no records
    totals: Totals = Totals()
    asides: tuple[Aside, ...] = ()
    titles: tuple[tuple[int, str], ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    merged: Mapping[int, tuple[Numbers, tuple[str, ...]]] = field(default_factory=dict)
    told: Mapping[str, Mapping[int, str]] = field(default_factory=dict)


def table_of(
    sheet: Sheet,
    name: str,
    area: Area,
    own: Mapping[str, Any],
    *,
    is_last: bool = True,
    first: Sequence[Issue] = (),
) -> Table:
    """Give the table in an area; ``is_last`` says that nothing stands below it on the sheet.

    Raises SourceError where the header rows given are not there.
    """
    grid = cut(sheet.load(), area)
    layout = _lay_out(grid, sheet, area, own)
    texts = [text for text in layout.names if text]
    given = own.get("header_rows") is not None
    described = _described(sheet, layout)
    closed = Area(area.top, area.left, int(grid.rows[-1]) if len(grid.rows) else area.top, area.right)
    reading: dict[str, Any] = {
        "sheet": sheet.name,
        "range": str(own.get("range") or Area(area.top, area.left, 0 if is_last else area.bottom, area.right)),
        "header_rows": list(layout.header_rows),
        "hidden_rows": own.get("hidden_rows", "read"),
        "hidden_columns": own.get("hidden_columns", "read"),
        "date_system": str(own.get("date_system") or sheet.date_system),
        "marks": list(layout.told),
        **({"totals_label": own["totals_label"]} if own.get("totals_label") else {}),
        "evidence": {
            "range": f"given; filled: {closed}" if own.get("range") else f"filled: {closed}",
            "header_rows": _why_header(layout, is_given=given),
            "totals_rows": sorted(layout.totals.rows),
            "rows_left_out": [aside.row for aside in layout.asides],
            "date_system": "given" if own.get("date_system") else "the workbook's own flag",
            "marks": {
                mark: _legend(told) if mark == "_fill" else len(told)
                for mark, told in layout.told.items()
            },
        },
    }  # fmt: skip
    if described:
        reading["columns"] = described
    issues = (*first, *_issues(sheet, grid, name, layout, own, reading))
    return Table(
        name=name,
        columns=tuple(Column(text) for text in (*texts, *layout.told)),
        origin=f"{sheet.path}!{sheet.name}",
        read=partial(_batches, sheet, layout, own),
        count=lru_cache(maxsize=1)(partial(_count, sheet, layout)),
        reading=reading,
        issues=lambda: issues,
        control_totals={
            layout.names[index]: text
            for index, text in layout.totals.figures.items()
            if layout.names[index]
        },
    )


def _lay_out(grid: Grid, sheet: Sheet, area: Area, own: Mapping[str, Any]) -> _Layout:
    place, marks = sheet.place, sheet.marks
    _check(own, place)
    head = head_of(grid)
    by_number = dict(head)
    given = own.get("header_rows")
    if given is None:
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
    asides = find_asides(grid, header_rows, start)
    left_out = totals.rows | {aside.row for aside in asides}
    if own.get("hidden_rows") == "skip":
        left_out |= marks.hidden_rows
    is_data = np.arange(len(grid.rows)) >= start
    if left_out:
        is_data &= ~np.isin(grid.rows, list(left_out))
    data = np.flatnonzero(is_data).astype(np.int64)
    stop = int(np.searchsorted(grid.rows, min(header_rows))) if header_rows else 0
    titles = tuple((int(grid.rows[i]), row_text(grid, i)) for i in range(stop))
    return _Layout(
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


def _near(grid: Grid, header_rows: Sequence[int]) -> list[Any]:
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
    hidden = {row: "true" for row in sorted(marks.hidden_rows & own_rows)}
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


def _described(sheet: Sheet, layout: _Layout) -> dict[str, dict[str, Any]]:
    """What the file says of columns: the values that a drop-down allows, and hidden ones."""
    described: dict[str, dict[str, Any]] = {}
    for index, name in enumerate(layout.names):
        number = layout.area.left + index
        if not name:
            continue
        for picklist in sheet.marks.picklists:
            if any(a.left <= number <= a.right and _meets(a, layout) for a in picklist.areas):
                described.setdefault(name, {})["picklist"] = list(picklist.values)
                if picklist.source:
                    described[name]["picklist_from"] = picklist.source
        if number in sheet.marks.hidden_columns:
            described.setdefault(name, {})["is_hidden"] = True
    return described


def _meets(area: Area, layout: _Layout) -> bool:
    bottom = layout.area.bottom or area.top
    return area.top <= bottom and (area.bottom or layout.area.top) >= layout.area.top


def _why_header(layout: _Layout, *, is_given: bool) -> str:
    if is_given:
        return "given"
    if not layout.header_rows:
        return "none: the first row holds values like the rows below"
    return "first rows of texts as wide as the table"


def _legend(told: Mapping[int, str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for text in told.values():
        counts[text] = counts.get(text, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1])[:50])


def _issues(
    sheet: Sheet,
    grid: Grid,
    table: str,
    layout: _Layout,
    own: Mapping[str, Any],
    reading: Mapping[str, Any],
) -> Iterator[Issue]:
    place = sheet.place
    make = partial(Issue, entity=table)
    if layout.titles:
        text = "\n".join(text for _, text in layout.titles)
        yield make("title_rows", "info", place=f"{place}:{layout.titles[0][0]}", value=text,
                   message=f"{len(layout.titles)} filled rows above the header are not rows")  # fmt: skip
    if not layout.header_rows and len(layout.data):
        yield make("no_header", "warning", "the table has no header row; its columns are numbered",
                   place=place, hint="give `header_rows` if one of its rows is the header")  # fmt: skip
    for name, free in layout.renamed:
        yield make("column_renamed", "warning", f'a second column "{name}" is called "{free}"',
                   column=free, place=place, hint="look which of them is meant")  # fmt: skip
    for number in sorted(layout.totals.rows):
        yield make("totals_row", "info", "the row states totals and is not read as data",
                   place=f"{place}:{number}", hint="kept as control totals",
                   value=row_text(grid, int(np.searchsorted(grid.rows, number))))  # fmt: skip
    yield from capped([
        make("totals_doubtful", "warning", place=f"{place}:{number}",
             message="the row is labelled like a total but does not add up; read as data",
             hint="give `totals_label` if it is a totals row")
        for number in layout.totals.doubtful
    ])  # fmt: skip
    yield from aside_issues(layout.asides, table=table, place=place)
    names = {grid.left + index: text for index, text in enumerate(layout.names) if text}
    skips = own.get("hidden_rows") == "skip"
    records = grid.rows[layout.data]
    if skips:
        hidden = np.array(sorted(sheet.marks.hidden_rows), np.int64)
        records = np.concatenate([records, hidden[np.isin(hidden, grid.rows)]])
    unseen = [cell[0] for cell in sheet.marks.formulas]  # rows of nothing but such formulas
    beside = [n for n in unseen if area_has(layout, n) and n not in layout.totals.rows]
    if beside:
        records = np.union1d(records, np.array(beside, np.int64))
    yield from mark_issues(
        sheet.marks, table=table, place=place, names=names, rows=records, skips=skips
    )
    if layout.merged:
        count = sum(len(rows) for rows, _ in layout.merged.values())
        yield make("merged_cells_filled", "info", place=place,
                   message=f"cells merged over several rows count for each of them ({count} filled)")  # fmt: skip
    for mark, told in layout.told.items():
        legend = _legend(told) if mark == "_fill" else {}
        says = "; ".join(f"{colour}: {count}" for colour, count in legend.items())
        yield make("marks_read", "info", column=mark, place=place, value=says,
                   message=f"{len(told)} rows are told apart by {mark.strip('_')}: read as the"
                   f" column {mark}", hint="map it, or give `marks: false`")  # fmt: skip
    yield from value_issues(
        grid, layout.data, layout.names, table=table, place=place,
        date_system=str(reading["date_system"]),
    )  # fmt: skip


def area_has(layout: _Layout, number: int) -> bool:
    """Tell whether a row lies below the header of a table."""
    top = max(layout.header_rows, default=layout.area.top - 1)
    return top < number <= (layout.area.bottom or number)


# -- rows -------------------------------------------------------------------------------------


def _batches(
    sheet: Sheet, layout: _Layout, own: Mapping[str, Any], rows: int
) -> Iterator[pd.DataFrame]:
    grid = cut(sheet.load(), layout.area)
    shift = _days_to_shift(sheet, own)
    if shift:
        grid = shifted(grid, shift)
    for begin in range(0, max(len(layout.data), 1), rows):
        picks = layout.data[begin : begin + rows]
        numbers = grid.rows[picks]
        series: dict[str, pd.Series] = {}
        for index, name in enumerate(layout.names):
            if name:
                texts = _picked(grid.columns[index], picks)
                if index in layout.merged:
                    texts = _filled_in(texts, numbers, *layout.merged[index])
                series[name] = pd.Series(pd.array(texts, dtype=Text))
        for mark, told in layout.told.items():
            texts = pa.array([told.get(n) for n in numbers.tolist()], pa.large_string())
            series[mark] = pd.Series(pd.array(texts, dtype=Text))
        series[SOURCE_ROW] = pd.Series(numbers, dtype="int64")
        yield pd.DataFrame(series)


def _picked(column: pa.Array, picks: Numbers) -> pa.Array:
    if len(picks) and int(picks[-1] - picks[0]) + 1 == len(picks):
        return column.slice(int(picks[0]), len(picks))
    return column.take(pa.array(picks))


def _filled_in(
    texts: pa.Array, numbers: Numbers, rows: Numbers, values: Sequence[str]
) -> pa.Array:
    by_row = dict(zip(rows.tolist(), values, strict=True))
    filled = [
        by_row.get(number, text)
        for number, text in zip(numbers.tolist(), texts.to_pylist(), strict=True)
    ]
    return pa.array(filled, pa.large_string())


def _days_to_shift(sheet: Sheet, own: Mapping[str, Any]) -> int:
    """How far days move where a person says that the workbook's flag is wrong."""
    wanted = str(own.get("date_system") or sheet.date_system)
    if wanted == sheet.date_system:
        return 0
    return 1462 if wanted == "1904" else -1462


def _count(sheet: Sheet, layout: _Layout) -> int:
    """Count the records another way than the batches do, where the format allows it."""
    top = max(layout.header_rows, default=layout.area.top - 1) + 1
    below = replace(layout.area, top=top)
    counted = sheet.count_rows(below, layout.left_out)
    return len(layout.data) if counted is None else counted
