"""Why was a table of a sheet read as it was, and what came second?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from migrate.extractors._workbook.areas import Area
from migrate.extractors._workbook.grid import Grid
from migrate.extractors._workbook.groups import Groups, Guess
from migrate.extractors._workbook.layout import Layout, Sheet
from migrate.extractors._workbook.sheet import head_of, second_header_rows

_MOST_MARKS = 50


def evidence_of(
    sheet: Sheet,
    grid: Grid,
    layout: Layout,
    own: Mapping[str, Any],
    groups: Groups | None,
    guess: Guess | None,
) -> dict[str, Any]:
    """Give the evidence of a table's reading, by the option that each is for."""
    found: dict[str, Any] = {
        **_of_sheet(sheet, own),
        **_of_range(sheet, grid, layout.area, own),
        **_of_header(grid, layout, is_given=own.get("header_rows") is not None),
        "totals_rows": sorted(layout.totals.rows),
        "rows_left_out": [aside.row for aside in layout.asides],
        **_of_hidden(sheet, grid, layout, own),
        "date_system": "given" if own.get("date_system") else "the workbook's own flag",
        "marks": {
            mark: legend_of(told) if mark == "_fill" else len(told)
            for mark, told in layout.told.items()
        },
    }
    if groups:
        option = "group_by" if groups.key >= 0 else "group_rows"
        found[option] = f"given; {len(layout.data)} rows make {len(groups.starts)} records"
    elif guess:
        found["group_by_runner_up"] = f"{guess.name}: {guess}"
    return found


def legend_of(told: Mapping[int, str]) -> dict[str, int]:
    """Count what rows are marked with, the most frequent first.

    >>> legend_of({2: "FF0000", 3: "FFFF00", 4: "FFFF00"})
    {'FFFF00': 2, 'FF0000': 1}
    """
    counts: dict[str, int] = {}
    for text in told.values():
        counts[text] = counts.get(text, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1])[:_MOST_MARKS])


def _of_sheet(sheet: Sheet, own: Mapping[str, Any]) -> dict[str, str]:
    second = sheet.evidence.get("sheet_runner_up", "")
    why = "given" if own.get("sheet") else sheet.evidence.get("sheet", "it holds cells")
    return {"sheet": why, **({"sheet_runner_up": second} if second else {})}


def _of_range(sheet: Sheet, grid: Grid, area: Area, own: Mapping[str, Any]) -> dict[str, str]:
    bottom = int(grid.rows[-1]) if len(grid.rows) else area.top
    closed = Area(area.top, area.left, bottom, area.right)
    if own.get("range"):
        return {"range": f"given; filled: {closed}"}
    second = sheet.evidence.get("range_runner_up", "")
    return {"range": f"filled: {closed}", **({"range_runner_up": second} if second else {})}


def _of_header(grid: Grid, layout: Layout, *, is_given: bool) -> dict[str, Any]:
    if is_given:
        return {"header_rows": "given"}
    second = second_header_rows(head_of(grid), layout.header_rows, grid.merges, grid.left)
    why = (
        "first rows of texts as wide as the table"
        if layout.header_rows
        else "none: the first row holds values like the rows below"
    )
    return {"header_rows": why, "header_rows_runner_up": list(second)}


def _of_hidden(sheet: Sheet, grid: Grid, layout: Layout, own: Mapping[str, Any]) -> dict[str, str]:
    marks = sheet.marks
    columns = range(layout.area.left, layout.area.right + 1)
    counts = {
        "hidden_rows": int(np.isin(grid.rows, list(marks.hidden_rows)).sum()),
        "hidden_columns": len(marks.hidden_columns.intersection(columns)),
    }
    found: dict[str, str] = {}
    for option, count in counts.items():
        given = "given; " if own.get(option) else ""
        found[option] = f"{given}{count or 'none'} hidden"
        if count and not given:
            found[f"{option}_runner_up"] = "skip"
    return found
