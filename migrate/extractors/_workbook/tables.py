"""How does a rectangle of a sheet become a table: names, rows, and what is said beside them?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from migrate.extractors._text import Text
from migrate.extractors._workbook.areas import Area, cut
from migrate.extractors._workbook.asides import row_text
from migrate.extractors._workbook.evidence import evidence_of, legend_of
from migrate.extractors._workbook.grid import Grid, Numbers, shifted
from migrate.extractors._workbook.groups import (
    Groups,
    Guess,
    grouped_texts,
    groups_of,
    guess_groups,
    joined_marks,
)
from migrate.extractors._workbook.issues import aside_issues, capped, mark_issues, value_issues
from migrate.extractors._workbook.layout import Layout, Sheet, lay_out
from migrate.values import SOURCE_ROW, Column, Issue, Table

TABLE_OPTIONS = (
    "sheet", "range", "header_rows", "totals_label", "hidden_rows", "hidden_columns", "marks",
    "date_system", "group_by", "group_rows",
)  # fmt: skip


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
    layout = lay_out(grid, sheet, area, own)
    groups = groups_of(grid, layout, own, sheet.place)
    guess = None if groups else guess_groups(grid, layout)
    texts = groups.names if groups else [text for text in layout.names if text]
    described = _described(sheet, layout)
    reading: dict[str, Any] = {
        "sheet": sheet.name,
        "range": str(own.get("range") or Area(area.top, area.left, 0 if is_last else area.bottom, area.right)),
        "header_rows": list(layout.header_rows),
        "hidden_rows": own.get("hidden_rows", "read"),
        "hidden_columns": own.get("hidden_columns", "read"),
        "date_system": str(own.get("date_system") or sheet.date_system),
        "marks": list(layout.told),
        **{o: own[o] for o in ("totals_label", "group_by", "group_rows") if own.get(o)},
        "evidence": evidence_of(sheet, grid, layout, own, groups, guess),
    }  # fmt: skip
    if described:
        reading["columns"] = described
    issues = (
        *first,
        *_issues(sheet, grid, name, layout, own, reading),
        *_group_issues(layout, groups, guess, table=name, place=sheet.place),
    )
    return Table(
        name=name,
        columns=tuple(Column(text) for text in (*texts, *layout.told)),
        origin=f"{sheet.path}!{sheet.name}",
        read=partial(_records, sheet, layout, own, groups)
        if groups
        else partial(_batches, sheet, layout, own),
        count=lru_cache(maxsize=1)(partial(_count, sheet, layout, groups)),
        reading=reading,
        issues=lambda: issues,
        control_totals={
            layout.names[index]: text
            for index, text in layout.totals.figures.items()
            if layout.names[index] and not _is_spread(groups, index)
        },
    )


def _is_spread(groups: Groups | None, index: int) -> bool:
    """Tell whether a column became several, which a total cannot be held against."""
    return groups is not None and sum(column.index == index for column in groups.columns) > 1


def _group_issues(
    layout: Layout, groups: Groups | None, guess: Guess | None, *, table: str, place: str
) -> Iterator[Issue]:
    if groups:
        yield Issue("rows_grouped", "info", entity=table, place=place,
                    message=f"{len(layout.data)} rows make {len(groups.starts)} records")  # fmt: skip
    elif guess:
        yield Issue("record_over_rows", "warning", entity=table, column=guess.name, place=place,
                    message=f"{guess}: one record may take several rows; each is read as a row",
                    value=guess.first, hint=f"give `{guess.option}` to make one record of each, or"
                    f" `group_rows: {guess.step or 'N'}`; fill the column in the workbook if the"
                    " rows are records under a heading")  # fmt: skip


def _described(sheet: Sheet, layout: Layout) -> dict[str, dict[str, Any]]:
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


def _meets(area: Area, layout: Layout) -> bool:
    bottom = layout.area.bottom or area.top
    return area.top <= bottom and (area.bottom or layout.area.top) >= layout.area.top


def _issues(
    sheet: Sheet,
    grid: Grid,
    table: str,
    layout: Layout,
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
    beside = [n for n in unseen if _has(layout, n) and n not in layout.totals.rows]
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
        legend = legend_of(told) if mark == "_fill" else {}
        says = "; ".join(f"{colour}: {count}" for colour, count in legend.items())
        yield make("marks_read", "info", column=mark, place=place, value=says,
                   message=f"{len(told)} rows are told apart by {mark.strip('_')}: read as the"
                   f" column {mark}", hint="map it, or give `marks: false`")  # fmt: skip
    yield from value_issues(
        grid, layout.data, layout.names, table=table, place=place,
        date_system=str(reading["date_system"]),
    )  # fmt: skip


def _has(layout: Layout, number: int) -> bool:
    """Tell whether a row lies below the header of a table."""
    top = max(layout.header_rows, default=layout.area.top - 1)
    return top < number <= (layout.area.bottom or number)


# -- rows -------------------------------------------------------------------------------------


def _loaded(sheet: Sheet, layout: Layout, own: Mapping[str, Any]) -> Grid:
    grid = cut(sheet.load(), layout.area)
    shift = _days_to_shift(sheet, own)
    return shifted(grid, shift) if shift else grid


def _batches(
    sheet: Sheet, layout: Layout, own: Mapping[str, Any], rows: int
) -> Iterator[pd.DataFrame]:
    grid = _loaded(sheet, layout, own)
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


def _records(
    sheet: Sheet, layout: Layout, own: Mapping[str, Any], groups: Groups, rows: int
) -> Iterator[pd.DataFrame]:
    """The records of several rows each: what stands below each other becomes columns."""
    grid = _loaded(sheet, layout, own)
    numbers = grid.rows[layout.data]
    for begin in range(0, max(len(groups.starts), 1), rows):
        stop = min(begin + rows, len(groups.starts))
        first_rows = numbers[groups.starts[begin:stop]]
        series: dict[str, pd.Series] = {}
        for column in groups.columns:
            texts = grouped_texts(
                grid.columns[column.index], layout.data, groups, column.line, begin, stop
            )
            if column.index in layout.merged and not column.line:
                texts = _filled_in(texts, first_rows, *layout.merged[column.index])
            series[column.name] = pd.Series(pd.array(texts, dtype=Text))
        own_rows = np.split(numbers, groups.starts[1:])[begin:stop] if layout.told else []
        for mark, told in layout.told.items():
            marked = pa.array(joined_marks(told, [n.tolist() for n in own_rows]), pa.large_string())
            series[mark] = pd.Series(pd.array(marked, dtype=Text))
        series[SOURCE_ROW] = pd.Series(first_rows, dtype="int64")
        yield pd.DataFrame(series)


def _picked(column: pa.Array, picks: Numbers) -> pa.Array:
    if len(picks) and int(picks[-1] - picks[0]) + 1 == len(picks):
        return column.slice(int(picks[0]), len(picks))
    return column.take(pa.array(picks))


def _filled_in(texts: pa.Array, numbers: Numbers, rows: Numbers, values: Sequence[str]) -> pa.Array:
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


def _count(sheet: Sheet, layout: Layout, groups: Groups | None) -> int:
    """Count the records another way than the batches do, where the format allows it."""
    top = max(layout.header_rows, default=layout.area.top - 1) + 1
    below = replace(layout.area, top=top)
    if groups is None:
        counted = sheet.count_rows(below, layout.left_out)
        return len(layout.data) if counted is None else counted
    if groups.key < 0:
        return len(groups.starts)
    key = layout.area.left + groups.key
    counted = sheet.count_rows(replace(below, left=key, right=key), layout.left_out)
    return len(groups.starts) if counted is None else counted + groups.is_headless
