"""What should a person know about how a sheet was read?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from migrate.extractors._sheet import Merge, Totals
from migrate.extractors._text import slug
from migrate.values import Issue


@dataclass(frozen=True)
class Marks:
    """What openpyxl adds for one sheet; cells are (row, column) counted from 1."""

    errors: Mapping[tuple[int, int], str] = field(default_factory=dict)
    zeros: Mapping[tuple[int, int], str] = field(default_factory=dict)
    formulas: Mapping[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: frozenset[int] = frozenset()

    @property
    def cells(self) -> Mapping[int, list[tuple[int, str]]]:
        """The texts that stand for what calamine gives, by row."""
        by_row: dict[int, list[tuple[int, str]]] = {}
        for (row, column), text in {**self.zeros, **self.errors}.items():
            by_row.setdefault(row, []).append((column, text))
        return by_row


@dataclass(frozen=True)
class Sheet:
    """One sheet, laid out: what is needed to read its rows."""

    path: Path
    name: str
    header_rows: tuple[int, ...]
    names: tuple[str, ...]
    totals: Totals
    marks: Marks
    merges: tuple[Merge, ...]


def column_letter(number: int) -> str:
    """Name a column as spreadsheets do.

    >>> [column_letter(n) for n in (1, 26, 27, 703)]
    ['A', 'Z', 'AA', 'AAA']
    """
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def skipped_sheet(path: Path, sheet: str) -> Issue:
    """Say that a hidden sheet was left out."""
    return Issue(
        code="hidden_sheet", severity="warning", place=f"{path.name}!{sheet}",
        message="the sheet is hidden and was not read",
        hint=f'name it in `tables` to read it: {slug(sheet)}: {{sheet: "{sheet}"}}',
    )  # fmt: skip


def sheet_issues(sheet: Sheet, table: str, place: str, before: int) -> Iterator[Issue]:
    """Yield what a person should know about how the sheet was read."""
    make: Callable[..., Issue] = partial(Issue, entity=table)
    bottom = max(sheet.header_rows)

    def name_of(column: int) -> str:
        return sheet.names[column - 1] if column <= len(sheet.names) else ""

    def at(cell: tuple[int, int]) -> str:
        return f"{place}!{column_letter(cell[1])}{cell[0]}"

    if before:
        yield make("title_rows", "info", f"{before} filled rows above the header are not rows",
                   place=f"{place}:{min(sheet.header_rows)}")  # fmt: skip
    for number in sorted(sheet.totals.rows):
        yield make("totals_row", "info", "the row states totals and is not read as data",
                   place=f"{place}:{number}", hint="kept as control totals")  # fmt: skip
    for number in sheet.totals.doubtful:
        yield make("totals_doubtful", "warning", place=f"{place}:{number}",
                   message="the row is labelled like a total but does not add up; read as data",
                   hint="give `totals_label` if it is a totals row")  # fmt: skip
    for cell, text in sheet.marks.errors.items():
        if cell[0] > bottom:
            yield make("cell_error", "warning", "the cell shows an error; its text was kept",
                       column=name_of(cell[1]), place=at(cell), value=text,
                       hint="correct the formula in the workbook")  # fmt: skip
    for cell, text in sheet.marks.formulas.items():
        yield make("formula_without_value", "error", "the formula was never calculated",
                   column=name_of(cell[1]), place=at(cell), value=text,
                   hint="open the workbook in a spreadsheet program and save it")  # fmt: skip
    zeros = [cell for cell in sheet.marks.zeros if cell[0] > bottom]
    for column in sorted({cell[1] for cell in zeros}):
        count = sum(cell[1] == column for cell in zeros)
        yield make("leading_zeros_restored", "info", column=name_of(column), place=place,
                   message=f"{count} numbers got the leading zeros that their format shows")  # fmt: skip
    hidden = [number for number in sheet.marks.hidden_rows if number > bottom]
    if hidden:
        yield make("hidden_rows", "info", f"{len(hidden)} hidden rows were read as rows",
                   place=place, hint="look whether they are deleted customers")  # fmt: skip
    tall = [m for m in sheet.merges if m[1][0] > m[0][0] >= bottom]
    if tall:
        yield make("merged_cells_filled", "info", place=place,
                   message=f"{len(tall)} cells merged over several rows count for each of them")  # fmt: skip
